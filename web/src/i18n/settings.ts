// The words of the page of settings.
import en from './en/settings';
import { translator } from './translate';
import zh from './zh/settings';

export const t = translator({ en, zh });
