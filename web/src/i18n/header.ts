// The words of the header view.
import en from './en/header';
import { translator } from './translate';
import zh from './zh/header';

export const t = translator({ en, zh });
