// The words of the study list.
import en from './en/studies';
import { translator } from './translate';
import zh from './zh/studies';

export const t = translator({ en, zh });
