// The words of an empty archive.
import en from './en/welcome';
import { translator } from './translate';
import zh from './zh/welcome';

export const t = translator({ en, zh });
