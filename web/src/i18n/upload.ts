// The words of uploads.
import en from './en/upload';
import { translator } from './translate';
import zh from './zh/upload';

export const t = translator({ en, zh });
