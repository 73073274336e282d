// The words of the worklist and of performed steps.
import en from './en/workflow';
import { translator } from './translate';
import zh from './zh/workflow';

export const t = translator({ en, zh });
