// The words of signing in, of one's own account and of users.
import type { Role } from '../api/session';
import en from './en/access';
import { translator } from './translate';
import zh from './zh/access';

export const t = translator({ en, zh });

/** Return what a role is called. */
export const roleName = (role: Role): string => t(`role_${role}`);
