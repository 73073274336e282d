// What does the viewer need to know of one instance and one of its frames? PS3.3 C.7.6, C.11, and functional groups C.7.6.16.
import type { Attributes } from '../../dicom/names';
import { itemsOf, numberOf, numbersOf, stringOf, values } from '../../dicom/values';
import type { Plane, Vector } from './geometry';
import { suvFactor } from './suv';
import { voiFunction, type VoiFunction } from './voi';

/** One stored object, its header as the metadata resource gave it. */
export interface Instance {
  readonly attributes: Attributes;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly uid: string;
  readonly sopClass: string;
  readonly modality: string;
  readonly number: number | undefined;
  readonly transferSyntax: string;
  readonly nFrames: number;
  readonly rows: number;
  readonly columns: number;
}

/** One frame of an instance: its number counts from 1. */
export interface Frame { readonly instance: Instance; readonly number: number }

export interface Window { readonly center: number; readonly width: number; readonly name: string }
export type SpacingSource = 'pixel' | 'imager' | 'estimated' | 'none';

/** Read one object of a metadata answer; undefined when it names no instance. */
export function readInstance(attributes: Attributes): Instance | undefined {
  const [studyUid, seriesUid, uid] = ['0020000D', '0020000E', '00080018'].map((tag) => stringOf(attributes, tag));
  if (!studyUid || !seriesUid || !uid) return undefined;
  return {
    attributes, studyUid, seriesUid, uid,
    sopClass: stringOf(attributes, '00080016'),
    modality: stringOf(attributes, '00080060'),
    number: numberOf(attributes, '00200013'),
    transferSyntax: stringOf(attributes, '00083002') || stringOf(attributes, '00020010'),
    nFrames: Math.max(1, Math.trunc(numberOf(attributes, '00280008') ?? 1)),
    rows: numberOf(attributes, '00280010') ?? 0,
    columns: numberOf(attributes, '00280011') ?? 0,
  };
}

/** Find the item of a functional group for a frame: its own, then the shared one, then the header itself. */
function group(frame: Frame, sequence: string): Attributes[] {
  const set = frame.instance.attributes;
  const own = values(set, '52009230')[frame.number - 1];
  const shared = itemsOf(set, '52009229')[0];
  return [
    ...(typeof own === 'object' && own !== null ? itemsOf(own as Attributes, sequence) : []).slice(0, 1),
    ...(shared ? itemsOf(shared, sequence) : []).slice(0, 1),
    set,
  ];
}

/** Return the numbers of an attribute of a functional group, or of the header itself when the group does not hold it. */
export function numbersIn(frame: Frame, sequence: string, tag: string, count: number): number[] | undefined {
  for (const set of group(frame, sequence)) {
    const numbers = numbersOf(set, tag);
    if (numbers.length >= count) return numbers;
  }
  return undefined;
}

/** Return the plane of a frame, or undefined when the header does not place it in the patient. */
export function planeOf(frame: Frame): Plane | undefined {
  const cosines = numbersIn(frame, '00209116', '00200037', 6) ?? detector(frame, '00200037', 6);
  const position = numbersIn(frame, '00209113', '00200032', 3) ?? detector(frame, '00200032', 3);
  if (!cosines || !position) return undefined;
  const [row, column] = [cosines.slice(0, 3), cosines.slice(3, 6)] as unknown as [Vector, Vector];
  const length = (v: Vector): number => Math.hypot(...v);
  if (Math.abs(length(row) - 1) > 0.01 || Math.abs(length(column) - 1) > 0.01) return undefined;
  return { row, column, position: position.slice(0, 3) as unknown as Vector };
}

// Nuclear medicine multi-frames place themselves in the Detector Information Sequence (PS3.3 C.8.4.11).
function detector(frame: Frame, tag: string, count: number): number[] | undefined {
  const item = frame.instance.nFrames === 1 ? itemsOf(frame.instance.attributes, '00540022')[0] : undefined;
  const numbers = item ? numbersOf(item, tag) : [];
  return numbers.length >= count ? numbers : undefined;
}

/** Return the size of a pixel as [between rows, between columns] in mm, and where the number comes from. */
export function spacingOf(frame: Frame): { spacing: [number, number]; source: SpacingSource } {
  const set = frame.instance.attributes;
  const pixel = positivePair(numbersIn(frame, '00289110', '00280030', 2));
  if (pixel) return { spacing: pixel, source: 'pixel' };
  const imager = positivePair(numbersOf(set, '00181164')) ?? positivePair(numbersOf(set, '00182010'));
  if (imager) return { spacing: imager, source: 'imager' };
  const [vertical, horizontal] = numbersOf(set, '00280034');
  if (vertical && horizontal && vertical > 0 && horizontal > 0 && vertical !== horizontal) return { spacing: [vertical / horizontal, 1], source: 'none' };
  return { spacing: [1, 1], source: 'none' };
}

function positivePair(numbers: number[] | undefined): [number, number] | undefined {
  const [a, b] = numbers ?? [];
  return a !== undefined && b !== undefined && a > 0 && b > 0 ? [a, b] : undefined;
}

/** Return slope and intercept of the modality transformation (PS3.3 C.11.1) and the unit it leads to. */
export function rescaleOf(frame: Frame): { slope: number; intercept: number; unit: string } {
  for (const set of group(frame, '00289145')) {
    const slope = numberOf(set, '00281053');
    if (slope !== undefined && slope !== 0) return { slope, intercept: numberOf(set, '00281052') ?? 0, unit: stringOf(set, '00281054') };
  }
  return { slope: 1, intercept: 0, unit: '' };
}

/** Return the windows of the header with their explanations (PS3.3 C.11.2), in the values that are shown: those of PET become SUV. */
export function windowsOf(frame: Frame): Window[] {
  const factor = suvFactor(frame.instance) ?? 1;
  for (const set of group(frame, '00289132')) {
    const [centers, widths] = [numbersOf(set, '00281050'), numbersOf(set, '00281051')];
    const found = centers.flatMap((center, index) => {
      const width = widths[index];
      return width !== undefined && width >= 1 ? [{ center: center * factor, width: width * factor, name: stringOf(set, '00281055', index) }] : [];
    });
    if (found.length) return found;
  }
  return [];
}

/** Return by which function its windows are meant (PS3.3 C.11.2.1.3). */
export function voiFunctionOf(frame: Frame): VoiFunction {
  // Of SUV, which are no whole numbers, the one between two neighbours would be missed.
  if ((suvFactor(frame.instance) ?? 1) !== 1) return 'LINEAR_EXACT';
  const name = group(frame, '00289132').map((set) => stringOf(set, '00281056')).find(Boolean);
  return voiFunction(name ?? '');
}

/** Return slice thickness in mm. */
export function thicknessOf(frame: Frame): number | undefined {
  return numbersIn(frame, '00289110', '00180050', 1)?.[0];
}

/** Return the duration of a frame in ms: cine rate, frame time or time vector (PS3.3 C.7.6.5). */
export function frameTimeMs(instance: Instance): number | undefined {
  const set = instance.attributes;
  const rate = numberOf(set, '00082144') ?? numberOf(set, '00180040');
  if (rate && rate > 0) return 1000 / rate;
  const time = numberOf(set, '00181063');
  if (time && time > 0) return time;
  const vector = numbersOf(set, '00181065').slice(1).filter((ms) => ms > 0);
  return vector.length ? vector.reduce((sum, ms) => sum + ms, 0) / vector.length : undefined;
}
