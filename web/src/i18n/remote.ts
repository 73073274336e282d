// The words of the page of other archives.
import en from './en/remote';
import { translator } from './translate';
import zh from './zh/remote';

export const t = translator({ en, zh });
