// The words of the frame around every page.
import en from './en/shell';
import { translator } from './translate';
import zh from './zh/shell';

export const t = translator({ en, zh });
