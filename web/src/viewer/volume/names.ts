// How are planes, styles and values called, in the reader's language?
import { t } from '../../i18n/volume';
import { digits } from '../model/measurements';
import type { Blend } from './layer';
import type { ModelStyle } from './model_styles';
import type { Side } from './model_view';
import type { Palette } from './palettes';
import type { PlaneName } from './planes';
import type { Refusal } from './plan';

const PLANE_NAMES: Readonly<Record<PlaneName, () => string>> = { axial: () => t('axial'), sagittal: () => t('sagittal'), coronal: () => t('coronal') };
const BLEND_NAMES: Readonly<Record<Blend, () => string>> = { thin: () => t('thin'), maximum: () => t('maximum'), minimum: () => t('minimum'), average: () => t('average') };
const STYLE_NAMES: Readonly<Record<ModelStyle, () => string>> = {
  bone: () => t('bone'), vessels: () => t('vessels'), softTissue: () => t('softTissue'), lung: () => t('lung'), window: () => t('byWindow'), maximum: () => t('maximum'),
};
const SIDE_NAMES: Readonly<Record<Side, () => string>> = { front: () => t('front'), back: () => t('backSide'), left: () => t('leftSide'), right: () => t('rightSide'), head: () => t('headSide'), feet: () => t('feetSide') };
const PALETTE_NAMES: Readonly<Record<Palette, () => string>> = {
  'Hot Iron': () => t('hotIron'), 'Inferno (matplotlib)': () => t('inferno'), 'Rainbow Blended Black': () => t('rainbow'), jet: () => t('jet'), Grayscale: () => t('grey'),
};

export const planeName = (name: PlaneName): string => PLANE_NAMES[name]();
export const blendName = (blend: Blend): string => BLEND_NAMES[blend]();
export const styleName = (style: ModelStyle): string => STYLE_NAMES[style]();
export const sideName = (side: Side): string => SIDE_NAMES[side]();
export const paletteName = (palette: Palette): string => PALETTE_NAMES[palette]();

/** Write a coordinate or a window's value: one digit after the point where it matters. */
export const rounded = (value: number): string => (Math.abs(value) < 1000 ? String(Number(value.toFixed(1)) + 0) : String(Math.round(value)));

/** Write a value with its unit. */
export const valueText = ({ value, unit }: { value: number; unit: string }): string => (unit === 'SUV' ? `SUV ${value.toFixed(2)}` : `${digits(value)}${unit ? ` ${unit}` : ''}`);

const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);

/** Say why a series is no volume. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.why) {
    case 'samePlace': return t('samePlace', { n: refusal.n });
    case 'irregular': return t('irregular', { least: refusal.least.toFixed(2), most: refusal.most.toFixed(2) });
    case 'texture': return t('textureTooLarge', { side: refusal.side, limit: refusal.limit });
    case 'memory': return t('memoryTooLarge', { needed: gigabytes(refusal.needed), limit: gigabytes(refusal.limit) });
    case 'tooFew': return t('tooFew');
    case 'noPlace': return t('noPlace');
    case 'noSize': return t('noSize');
    case 'mixedDirections': return t('mixedDirections');
    case 'mixedSizes': return t('mixedSizes');
    case 'colour': return t('colour');
    case 'noWebGl': return t('noWebGl');
  }
}
