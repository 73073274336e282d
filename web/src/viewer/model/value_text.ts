// How is a value called and written, in the reader's language?
import { t } from '../../i18n/viewer';
import { digits, type Shape, type Value, type ValueName } from './measurements';

const NAMES: Readonly<Record<ValueName, () => string>> = {
  length: () => t('length'),
  width: () => t('width'),
  angle: () => t('angle'),
  area: () => t('area'),
  perimeter: () => t('perimeter'),
  mean: () => t('mean'),
  sd: () => t('deviation'),
  min: () => t('minimum'),
  max: () => t('maximum'),
  value: () => t('pixelValue'),
};
const SHAPE_NAMES: Readonly<Record<Shape, () => string>> = {
  length: () => t('length'),
  bidirectional: () => t('bidirectional'),
  angle: () => t('angle'),
  cobb: () => t('cobb'),
  ellipse: () => t('ellipse'),
  rectangle: () => t('rectangle'),
  freehand: () => t('freehand'),
  arrow: () => t('arrow'),
  probe: () => t('probe'),
};

export const shapeName = (shape: Shape): string => SHAPE_NAMES[shape]();
export const valueName = (name: ValueName): string => NAMES[name]();

/** Write a value; a single length or angle needs no name. */
export function valueText({ name, value, unit }: Value): string {
  const written = `${digits(value)}${unit === '°' ? '°' : unit ? ` ${unit}` : ''}`;
  return name === 'length' || name === 'angle' || name === 'value' ? written : `${NAMES[name]()} ${written}`;
}

/** Return all names, for a table. */
export const allNames = (): Record<string, string> => Object.fromEntries([...Object.entries(NAMES), ...Object.entries(SHAPE_NAMES)].map(([key, name]) => [key, name()]));
