// The words of the page of jobs.
import en from './en/jobs';
import { translator } from './translate';
import zh from './zh/jobs';

export const t = translator({ en, zh });
