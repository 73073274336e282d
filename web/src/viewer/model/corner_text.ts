// What stands in the four corners of an image? Who, what, where and how it is shown; which lines by modality.
import type { Attributes } from '../../dicom/names';
import { numberOf, stringOf } from '../../dicom/values';
import { thicknessOf, type Frame } from './instance';

/** Lines of plain text; all but figures and units are the header's own words. */
export interface CornerText { readonly topLeft: string[]; readonly topRight: string[]; readonly bottomLeft: string[] }

/** Write a DICOM date (PS3.5 6.2, DA) as 2026-11-24; anything else as it is. */
export const dateText = (date: string): string => (/^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : date);

/** Write a DICOM time (TM) as 14:05:09. */
export const timeText = (time: string): string => (/^\d{4,}/.test(time) ? [time.slice(0, 2), time.slice(2, 4), time.slice(4, 6)].filter(Boolean).join(':') : time);

const joined = (...parts: string[]): string => parts.filter(Boolean).join(' · ');

function technique(set: Attributes, modality: string): string[] {
  const unit = (tag: string, name: string, after: string): string => {
    const value = numberOf(set, tag);
    return value === undefined ? '' : `${name}${Number(value.toFixed(2))}${after}`;
  };
  if (modality === 'MR') return [joined(unit('00180080', 'TR ', ''), unit('00180081', 'TE ', ''), unit('00180082', 'TI ', '')), unit('00180087', '', ' T')];
  if (modality === 'PT' || modality === 'NM') return [stringOf(set, '00541001')];
  return [joined(unit('00180060', '', ' kV'), unit('00181151', '', ' mA'), unit('00181152', '', ' mAs'))];
}

/** Return the lines of three corners; the fourth belongs to window and zoom. */
export function cornerText(frame: Frame): CornerText {
  const set = frame.instance.attributes;
  const of = (tag: string): string => stringOf(set, tag);
  const thickness = thicknessOf(frame);
  const place = numberOf(set, '00201041');
  return {
    topLeft: [of('00100010'), joined(of('00100020'), dateText(of('00100030')), of('00100040'), of('00101010')), joined(of('0008103E'), of('00180015'))],
    topRight: [of('00080080'), joined(dateText(of('00080020')), timeText(of('00080030'))), of('00081030'), of('00080050')],
    bottomLeft: [...technique(set, frame.instance.modality), joined(thickness === undefined ? '' : `${Number(thickness.toFixed(2))} mm`, place === undefined ? '' : `${Number(place.toFixed(1))} mm`), joined(of('00200062') || of('00200060'), of('00185101'))],
  };
}
