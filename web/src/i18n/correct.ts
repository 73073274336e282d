// The words of corrections.
import en from './en/correct';
import { translator } from './translate';
import zh from './zh/correct';

export const t = translator({ en, zh });
