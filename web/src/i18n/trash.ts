// The words of the trash.
import en from './en/trash';
import { translator } from './translate';
import zh from './zh/trash';

export const t = translator({ en, zh });
