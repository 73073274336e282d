// Are there several images at every place of a stack? Then they are of several times, b-values or echoes, and each makes a stack of its own.
import { stringOf } from '../../../dicom/values';
import { cross, distanceAlong, isParallel, type Plane } from '../../model/geometry';
import { numbersIn, planeOf, type Frame } from '../../model/instance';

export type PhaseKind = 'position' | 'diffusion' | 'trigger' | 'cycle' | 'echo' | 'time' | 'order';

/** One of the stacks: its frames, and its value in the unit of its kind. */
export interface Phase { readonly frames: readonly Frame[]; readonly value: number }
export interface Phases { readonly kind: PhaseKind; readonly all: readonly Phase[] }

const of = (sequence: string, tag: string) => (frame: Frame): number | undefined => numbersIn(frame, sequence, tag, 1)?.[0];

/** What tells images at one place apart, the most telling first (PS3.3 C.7.6.16.2.2, C.8.13.5, C.7.6.18). */
const TELLING: readonly (readonly [kind: PhaseKind, valueOf: (frame: Frame) => number | undefined])[] = [
  ['position', of('00209111', '00209128')],
  ['position', of('', '00200100')],
  ['diffusion', of('00189117', '00189087')],
  ['trigger', of('00189118', '00209153')],
  ['trigger', of('', '00181060')],
  ['cycle', of('00189118', '00209241')],
  ['cycle', of('', '00209241')],
  ['echo', of('00189114', '00189082')],
  ['echo', of('', '00180081')],
  ['time', (frame) => seconds(stringOf(frame.instance.attributes, '00080032')) ?? seconds(stringOf(frame.instance.attributes, '00080033'))],
];

/** Read a DICOM time (PS3.5 6.2, TM) as seconds of the day. */
export function seconds(time: string): number | undefined {
  const parts = /^(\d\d)(\d\d)(\d\d(?:\.\d{1,6})?)/.exec(time);
  return parts ? Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]) : undefined;
}

/** Divide the frames of a stack; undefined when each place has one image, or not all have as many. */
export function phasesOf(frames: readonly Frame[]): Phases | undefined {
  const places = placesOf(frames);
  const [first] = places ?? [];
  const count = first?.length ?? 0;
  if (!places || places.length < 2 || count < 2 || places.some((place) => place.length !== count)) return undefined;
  for (const [kind, valueOf] of TELLING) {
    const sorted = places.map((place) => byValue(place, valueOf));
    if (sorted.every((place) => place !== undefined)) return divided(kind, sorted as Told[][], kind === 'time');
  }
  return divided('order', places.map((place) => place.map((frame, value) => ({ frame, value: value + 1 }))), false);
}

interface Told { readonly frame: Frame; readonly value: number }

/** Sort the images of a place by what tells them apart; undefined when it does not. */
function byValue(place: readonly Frame[], valueOf: (frame: Frame) => number | undefined): Told[] | undefined {
  const told = place.flatMap((frame) => { const value = valueOf(frame); return value === undefined ? [] : [{ frame, value }]; });
  if (told.length !== place.length || new Set(told.map(({ value }) => value)).size !== place.length) return undefined;
  return told.sort((a, b) => a.value - b.value);
}

/** Make one stack of all firsts, one of all seconds; times count from the first one. */
function divided(kind: PhaseKind, places: readonly (readonly Told[])[], isFromStart: boolean): Phases {
  const count = places[0]?.length ?? 0;
  const at = (phase: number): readonly Told[] => places.flatMap((place) => place[phase] ?? []);
  const begin = isFromStart ? Math.min(...at(0).map(({ value }) => value)) : 0;
  return { kind, all: Array.from({ length: count }, (_, phase) => ({ frames: at(phase).map(({ frame }) => frame), value: Math.min(...at(phase).map(({ value }) => value)) - begin })) };
}

/** Gather frames by their places along the normal, places and frames in the order in which they came; undefined when they are not parallel. */
function placesOf(frames: readonly Frame[]): Frame[][] | undefined {
  const first = frames[0] && planeOf(frames[0]);
  if (!first) return undefined;
  const normal = cross(first.row, first.column);
  const places = new Map<number, { frames: Frame[]; plane: Plane }>();
  for (const frame of frames) {
    const plane = planeOf(frame);
    if (!plane || !isParallel(first, plane)) return undefined;
    const key = Math.round(distanceAlong(plane, normal) * 100);
    const place = places.get(key);
    // Side by side at one height is no other time.
    if (place && Math.hypot(...plane.position.map((v, i) => v - (place.plane.position[i] ?? 0))) > 0.1) return undefined;
    if (place) place.frames.push(frame);
    else places.set(key, { frames: [frame], plane });
  }
  const heights = [...places.keys()];
  const isMixed = !heights.every((height, i) => i === 0 || height > (heights[i - 1] ?? 0)) && !heights.every((height, i) => i === 0 || height < (heights[i - 1] ?? 0));
  const ordered = isMixed ? [...places.entries()].sort(([a], [b]) => a - b).map(([, place]) => place) : [...places.values()];
  return ordered.map((place) => place.frames);
}
