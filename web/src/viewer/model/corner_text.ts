// What stands in the four corners of an image? Lines of elements, chosen by modality; all but figures and units are the header's own words.
import { numberOf, stringOf } from '../../dicom/values';
import { spacingOf, thicknessOf, type Frame } from './instance';

/** Write a DICOM date (PS3.5 6.2, DA) as 2026-11-24; anything else as it is. */
export const dateText = (date: string): string => (/^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : date);

/** Write a DICOM time (TM) as 14:05:09. */
export const timeText = (time: string): string => (/^\d{4,}/.test(time) ? [time.slice(0, 2), time.slice(2, 4), time.slice(4, 6)].filter(Boolean).join(':') : time);

type Reader = (frame: Frame) => string;
const word = (tag: string): Reader => ({ instance }) => stringOf(instance.attributes, tag);
const date = (tag: string): Reader => ({ instance }) => dateText(stringOf(instance.attributes, tag));
const time = (tag: string): Reader => ({ instance }) => timeText(stringOf(instance.attributes, tag));
const figure = (tag: string, before: string, after: string): Reader => ({ instance }) => {
  const value = numberOf(instance.attributes, tag);
  return value === undefined ? '' : `${before}${Number(value.toFixed(2))}${after}`;
};

/** What the header says of an image, one line each; `image`, `zoom` and `window` are told by the view. */
const READERS = {
  patientName: word('00100010'), patientId: word('00100020'), birthDate: date('00100030'), sex: word('00100040'), age: word('00101010'),
  institution: word('00080080'), station: word('00081010'), manufacturer: word('00080070'), referring: word('00080090'), operator: word('00081070'),
  accession: word('00080050'), studyDate: date('00080020'), studyTime: time('00080030'), studyDescription: word('00081030'),
  seriesNumber: figure('00200011', '#', ''), seriesDescription: word('0008103E'), protocol: word('00181030'), bodyPart: word('00180015'),
  laterality: ({ instance: { attributes } }) => stringOf(attributes, '00200062') || stringOf(attributes, '00200060'), viewPosition: word('00185101'),
  acquisitionDate: date('00080022'), acquisitionTime: time('00080032'), contrast: word('00180010'),
  kv: figure('00180060', '', ' kV'), current: figure('00181151', '', ' mA'), exposure: figure('00181152', '', ' mAs'), kernel: word('00181210'),
  tr: figure('00180080', 'TR ', ''), te: figure('00180081', 'TE ', ''), ti: figure('00180082', 'TI ', ''), flip: figure('00181314', '', '°'), field: figure('00180087', '', ' T'),
  units: word('00541001'),
  thickness: (frame) => { const mm = thicknessOf(frame); return mm === undefined ? '' : `${Number(mm.toFixed(2))} mm`; },
  place: ({ instance }) => { const mm = numberOf(instance.attributes, '00201041'); return mm === undefined ? '' : `${Number(mm.toFixed(1))} mm`; },
  matrix: ({ instance: { rows, columns } }) => `${columns} × ${rows}`,
  spacing: (frame) => { const { spacing, source } = spacingOf(frame); return source === 'none' ? '' : `${Number(spacing[1].toFixed(3))} × ${Number(spacing[0].toFixed(3))} mm`; },
} as const satisfies Record<string, Reader>;

export type HeaderElement = keyof typeof READERS;
export const LIVE_ELEMENTS = ['image', 'zoom', 'window'] as const;
export type CornerElement = HeaderElement | (typeof LIVE_ELEMENTS)[number];
export const CORNER_ELEMENTS: readonly CornerElement[] = [...(Object.keys(READERS) as HeaderElement[]), ...LIVE_ELEMENTS];

/** One element; `joins` puts it on the line of the one before. */
export interface CornerItem { readonly element: CornerElement; readonly joins: boolean }
export const CORNERS = ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'] as const;
export type Corner = (typeof CORNERS)[number];
export type CornerChoice = Readonly<Record<Corner, readonly CornerItem[]>>;

/** Read a line-up such as "patientId+birthDate+sex seriesDescription": a blank begins a line, a plus goes on with it. */
const lined = (text: string): CornerItem[] => text.split(' ').flatMap((line) => line.split('+').map((element, n) => ({ element: element as CornerElement, joins: n > 0 })));

// A map, as everything that a header's own word is looked up in: an object knows "constructor", too.
const TECHNIQUE = new Map([['MR', 'tr+te+ti field'], ['PT', 'units'], ['NM', 'units']]);

/** Return what stands in the corners of a modality unless the reader chose otherwise. */
export function usualCorners(modality: string): CornerChoice {
  return {
    topLeft: lined('patientName patientId+birthDate+sex+age seriesDescription+bodyPart'),
    topRight: lined('institution studyDate+studyTime studyDescription accession'),
    bottomLeft: lined(`${TECHNIQUE.get(modality) ?? 'kv+current+exposure'} thickness+place laterality+viewPosition`),
    bottomRight: lined('image zoom window'),
  };
}

/** Say whether a value, as a browser kept it, is a choice of corners. */
export function isCornerChoice(value: unknown): value is CornerChoice {
  return typeof value === 'object' && value !== null && CORNERS.every((corner) => {
    const items = (value as Record<string, unknown>)[corner];
    return Array.isArray(items) && items.every((item: Partial<CornerItem> | null) => CORNER_ELEMENTS.includes(item?.element as CornerElement) && typeof item?.joins === 'boolean');
  });
}

export interface CornerPart { readonly element: CornerElement; readonly text: string }

/** Return the lines of one corner: what has no value is left out, and so is a line without any. */
export function cornerLines(items: readonly CornerItem[], frame: Frame, live: Readonly<Record<(typeof LIVE_ELEMENTS)[number], string>>): CornerPart[][] {
  const lines: CornerPart[][] = [];
  for (const { element, joins } of items) {
    if (!joins || !lines.length) lines.push([]);
    const text = element in live ? live[element as keyof typeof live] : READERS[element as HeaderElement](frame);
    if (text.trim()) lines.at(-1)?.push({ element, text: text.slice(0, 200) });
  }
  return lines.filter((line) => line.length);
}
