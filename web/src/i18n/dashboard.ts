// The words of the dashboard.
import en from './en/dashboard';
import { translator } from './translate';
import zh from './zh/dashboard';

export const t = translator({ en, zh });
