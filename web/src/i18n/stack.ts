// The words of the stack viewer's menus: colours, presentation states, export, key images, keys, hanging.
import en from './en/stack';
import { translator } from './translate';
import zh from './zh/stack';

export const t = translator({ en, zh });
