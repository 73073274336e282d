// The words of objects over and beside images.
import en from './en/objects';
import { translator } from './translate';
import zh from './zh/objects';

export const t = translator({ en, zh });
