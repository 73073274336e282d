// The words of printing: films, printers, the dialog of the viewer.
import en from './en/printing';
import { translator } from './translate';
import zh from './zh/printing';

export const t = translator({ en, zh });
