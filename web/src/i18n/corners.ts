// The words of the editor of corner texts.
import en from './en/corners';
import { translator } from './translate';
import zh from './zh/corners';

export const t = translator({ en, zh });
