// What is a role called?
import type { Role } from '../api/session';
import { t } from '../i18n/access';

const NAMES: Record<Role, () => string> = { viewer: () => t('viewer'), operator: () => t('operator'), administrator: () => t('administrator') };

/** Return the name of a role in the language that is chosen. */
export const roleName = (role: Role): string => NAMES[role]();
