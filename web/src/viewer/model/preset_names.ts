// How is a window called? By the header's own explanation, or by the usual name in the reader's language.
import { t } from '../../i18n/viewer';
import type { Preset } from './presets';

const NAMES: Readonly<Record<string, () => string>> = {
  softTissue: () => t('softTissue'),
  lung: () => t('lung'),
  bone: () => t('bone'),
  brain: () => t('brain'),
  liver: () => t('liver'),
  abdomen: () => t('abdomen'),
  mediastinum: () => t('mediastinum'),
  angio: () => t('angio'),
};

/** Name a preset; `index` counts from 0. */
export function presetName(preset: Preset, index: number): string {
  if (!preset.isOwn) return NAMES[preset.name]?.() ?? preset.name;
  return preset.name.slice(0, 60) || t('ownWindow', { n: index + 1 });
}
