// The words of the editor of hanging protocols.
import en from './en/hanging';
import { translator } from './translate';
import zh from './zh/hanging';

export const t = translator({ en, zh });
