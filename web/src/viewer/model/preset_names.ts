// How is a window called? By the header's own explanation, or by the usual name in the reader's language.
import { t } from '../../i18n/viewer';
import { t as stack } from '../../i18n/stack';
import type { ColorMap } from './color_maps';
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
  if (preset.table !== undefined) return preset.name || stack('ownTable', { n: preset.table + 1 });
  return preset.name.slice(0, 60) || t('ownWindow', { n: index + 1 });
}

const COLORS: Readonly<Record<ColorMap, () => string>> = {
  grey: () => stack('grey'), hotIron: () => stack('hotIron'), rainbow: () => stack('rainbow'), viridis: () => stack('viridis'), inferno: () => stack('inferno'), cool: () => stack('cool'),
};
export const colorName = (name: ColorMap): string => COLORS[name]();
