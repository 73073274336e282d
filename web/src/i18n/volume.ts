// The words of volumes: planes, slabs, models, fusion.
import en from './en/volume';
import { translator } from './translate';
import zh from './zh/volume';

export const t = translator({ en, zh });
