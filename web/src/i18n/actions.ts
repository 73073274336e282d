// The words of exports, anonymised copies, splitting and merging.
import en from './en/actions';
import { translator } from './translate';
import zh from './zh/actions';

export const t = translator({ en, zh });
