// The words of the list of other archives.
import en from './en/remotes';
import { translator } from './translate';
import zh from './zh/remotes';

export const t = translator({ en, zh });
