// The words of the page of devices.
import en from './en/peers';
import { translator } from './translate';
import zh from './zh/peers';

export const t = translator({ en, zh });
