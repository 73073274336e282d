// The words of signing in, of one's own account and of users.
import en from './en/access';
import { translator } from './translate';
import zh from './zh/access';

export const t = translator({ en, zh });
