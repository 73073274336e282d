// The words of the page of patients.
import en from './en/patients';
import { translator } from './translate';
import zh from './zh/patients';

export const t = translator({ en, zh });
