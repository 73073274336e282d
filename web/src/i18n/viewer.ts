// The words of the viewer.
import en from './en/viewer';
import { translator } from './translate';
import zh from './zh/viewer';

export const t = translator({ en, zh });
