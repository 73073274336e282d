// How does a presentation state want an image to be seen? Windows, tables, shutters, area, turning, graphics and words (PS3.3 A.33, C.10, C.11).
import type { Attributes } from '../../dicom/names';
import { itemsOf, numberOf, numbersOf, stringOf } from '../../dicom/values';
import { rescaleOf, type Frame, type Instance, type Window } from './instance';
import { lutItems, type LutItem } from './lut_items';
import { overlayPlanes, type OverlayPlane } from './overlays';
import { shuttersOf, type Shutters } from './shutters';
import { rangeOf, voiFunction, type Range, type VoiFunction } from './voi';

/** Points of a drawing: in pixels from the outer corner of the first one, or in parts of the displayed area. */
export interface Drawing { readonly kind: string; readonly isDisplay: boolean; readonly points: readonly (readonly [number, number])[]; readonly isFilled: boolean; readonly grey: number }
export interface Words { readonly lines: readonly string[]; readonly isDisplay: boolean; readonly at: readonly [number, number]; readonly anchor?: readonly [number, number]; readonly anchorIsDisplay: boolean; readonly grey: number }
/** Pixels from the outer corner of the first one. */
export interface Area { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

/** What a state says of one image. */
export interface Applied {
  readonly range?: Range;
  readonly voiFunction: VoiFunction;
  readonly voiLut?: LutItem;
  readonly presentationLut?: LutItem;
  readonly isInverse: boolean;
  readonly shutters?: Shutters;
  readonly area?: Area;
  readonly rotation: number;
  readonly isFlipped: boolean;
  readonly drawings: readonly Drawing[];
  readonly words: readonly Words[];
  /** Planes of the state itself, and the groups of the image's that it lets be seen. */
  readonly overlays: readonly OverlayPlane[];
  readonly activeGroups: ReadonlySet<string>;
}

const MAX_ITEMS = 2000;

/** Say which images a state is about. */
export function refersTo(state: Instance, frame: Frame): boolean {
  return itemsOf(state.attributes, '00081115').some((series) => names(series, frame, true));
}

/** Say whether an item names the frame; one that names nothing means all images of the state. */
function names(item: Attributes, { instance, number }: Frame, must = false): boolean {
  const images = itemsOf(item, '00081140');
  if (!images.length) return !must;
  return images.some((image) => {
    const frames = numbersOf(image, '00081160');
    return stringOf(image, '00081155') === instance.uid && (!frames.length || frames.includes(number));
  });
}

/** Name a state for a list. */
export const titleOf = ({ attributes }: Instance): string => stringOf(attributes, '00700081') || stringOf(attributes, '00700080') || stringOf(attributes, '0008103E');

/** Read what a state says of a frame; undefined when it does not speak of it. */
export function applied(state: Instance, frame: Frame): Applied | undefined {
  const set = state.attributes;
  if (!refersTo(state, frame)) return undefined;
  const isSigned = numberOf(frame.instance.attributes, '00280103') === 1;
  const softcopy = itemsOf(set, '00283110').find((item) => names(item, frame));
  const [voiLut] = softcopy ? lutItems(softcopy, '00283010', isSigned) : [];
  const [presentationLut] = lutItems(set, '20500010', false);
  const by = voiFunction(softcopy ? stringOf(softcopy, '00281056') : '');
  const window = softcopy ? windowIn(softcopy) : undefined;
  const shutters = shuttersOf(set);
  const area = itemsOf(set, '0070005A').find((item) => names(item, frame));
  const layers = new Map(itemsOf(set, '00700060').map((layer) => [stringOf(layer, '00700002'), numberOf(layer, '00700066')]));
  const annotations = itemsOf(set, '00700001').filter((item) => names(item, frame));
  const greyOf = (item: Attributes): number => Math.max(0.35, (layers.get(stringOf(item, '00700002')) ?? 65535) / 65535);
  return {
    ...(window ? { range: ownValues(rangeOf(window, by), set, frame) } : {}), voiFunction: by,
    ...(voiLut ? { voiLut } : {}), ...(presentationLut ? { presentationLut } : {}), ...(shutters ? { shutters } : {}),
    isInverse: stringOf(set, '20500020') === 'INVERSE',
    ...(area ? areaOf(area) : {}),
    rotation: (((numberOf(set, '00700042') ?? 0) % 360) + 360) % 360, isFlipped: stringOf(set, '00700041') === 'Y',
    drawings: annotations.flatMap((item) => itemsOf(item, '00700009').slice(0, MAX_ITEMS).flatMap((graphic) => drawingOf(graphic, greyOf(item)))),
    words: annotations.flatMap((item) => itemsOf(item, '00700008').slice(0, MAX_ITEMS).flatMap((text) => wordsOf(text, greyOf(item)))),
    overlays: overlayPlanes(set),
    activeGroups: new Set(Array.from({ length: 16 }, (_, i) => (0x6000 + 2 * i).toString(16)).filter((group) => `${group}1001` in set)),
  };
}

function windowIn(item: Attributes): Window | undefined {
  const [center, width] = [numberOf(item, '00281050'), numberOf(item, '00281051')];
  return center === undefined || width === undefined || width < 1e-6 ? undefined : { center, width, name: stringOf(item, '00281055') };
}

/** Turn a range of the state's modality values into ours: they differ when it rescales otherwise. One that says nothing means the image's own. */
function ownValues({ lower, upper }: Range, set: Attributes, frame: Frame): Range {
  const slope = numberOf(set, '00281053');
  if (!slope) return { lower, upper };
  const own = rescaleOf(frame);
  const turned = (value: number): number => ((value - (numberOf(set, '00281052') ?? 0)) / slope) * own.slope + own.intercept;
  return { lower: turned(lower), upper: turned(upper) };
}

function areaOf(item: Attributes): { area: Area } | undefined {
  const [left, top] = numbersOf(item, '00700052');
  const [right, bottom] = numbersOf(item, '00700053');
  if (left === undefined || top === undefined || right === undefined || bottom === undefined || right < left || bottom < top) return undefined;
  return { area: { left: left - 1, top: top - 1, right, bottom } };
}

/** Points of graphics count from the corner: the middle of the first pixel is 0.5, 0.5 (PS3.3 C.10.5.1.2). */
function drawingOf(graphic: Attributes, grey: number): Drawing[] {
  const data = numbersOf(graphic, '00700022');
  const points = Array.from({ length: Math.floor(data.length / 2) }, (_, i) => [data[2 * i] ?? 0, data[2 * i + 1] ?? 0] as const);
  return points.length ? [{ kind: stringOf(graphic, '00700023'), isDisplay: stringOf(graphic, '00700005') === 'DISPLAY', points, isFilled: stringOf(graphic, '00700024') === 'Y', grey }] : [];
}

function wordsOf(text: Attributes, grey: number): Words[] {
  const pair = (tag: string): readonly [number, number] | undefined => { const [x, y] = numbersOf(text, tag); return x === undefined || y === undefined ? undefined : [x, y]; };
  const [box, anchor] = [pair('00700010'), pair('00700014')];
  const at = box ?? anchor;
  const isDisplay = stringOf(text, box ? '00700003' : '00700004') === 'DISPLAY';
  const shown = anchor && stringOf(text, '00700015') === 'Y' && box ? { anchor } : {};
  return at ? [{ lines: stringOf(text, '00700006').slice(0, 1024).split(/\r\n|\r|\n/), isDisplay, at, ...shown, anchorIsDisplay: stringOf(text, '00700004') === 'DISPLAY', grey }] : [];
}
