// What of a series can be shown, and as what? Images as stacks, other objects by their kind (PS3.4 B.5).
import { cross, distanceAlong, isParallel } from './geometry';
import { phasesOf, type PhaseKind } from '../objects/time/phases';
import { planeOf, type Frame, type Instance } from './instance';

export type Kind = 'stack' | 'video' | 'pdf' | 'report' | 'waveform' | 'segmentation' | 'structures' | 'presentation' | 'keys' | 'plan' | 'slide' | 'mesh' | 'letter' | 'other';

/** What a viewport or a document pane can show at once. */
export interface DisplaySet {
  readonly id: string;
  readonly kind: Kind;
  readonly seriesUid: string;
  readonly modality: string;
  readonly instances: readonly Instance[];
  readonly frames: readonly Frame[];
  /** Played as a movie: the frames of one instance follow each other in time. */
  readonly isCine: boolean;
  /** Which of several stacks at the same places this is: of times, b-values, echoes. */
  readonly phase?: Phase;
}

export interface Phase { readonly kind: PhaseKind; readonly index: number; readonly value: number; readonly siblings: readonly DisplaySet[] }

const VIDEO = /^1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?$/;
const SC = '1.2.840.10008.5.1.4.1.1';
const KINDS: readonly (readonly [prefix: string, kind: Kind])[] = [
  [`${SC}.104.2`, 'letter'],
  [`${SC}.104.3`, 'mesh'],
  [`${SC}.104.4`, 'mesh'],
  [`${SC}.104.5`, 'mesh'],
  [`${SC}.104.`, 'pdf'],
  [`${SC}.88.59`, 'keys'],
  [`${SC}.88.`, 'report'],
  [`${SC}.9.`, 'waveform'],
  [`${SC}.66.4`, 'segmentation'],
  [`${SC}.66.7`, 'segmentation'],
  [`${SC}.481.3`, 'structures'],
  [`${SC}.481.5`, 'plan'],
  [`${SC}.481.8`, 'plan'],
  [`${SC}.77.1.6`, 'slide'],
  [`${SC}.11.`, 'presentation'],
];

/** Say how an instance is shown. */
export function kindOf(instance: Instance): Kind {
  if (VIDEO.test(instance.transferSyntax)) return 'video';
  for (const [prefix, kind] of KINDS) if (instance.sopClass.startsWith(prefix)) return kind;
  return instance.rows > 0 && instance.columns > 0 && hasPixels(instance) ? 'stack' : 'other';
}

function hasPixels(instance: Instance): boolean {
  return ['7FE00010', '7FE00008', '7FE00009'].some((tag) => tag in instance.attributes);
}

/** Divide the instances of one series: single frames of one size form a stack, slides and models are one each, every other multi-frame and document stands alone. */
export function displaySets(instances: readonly Instance[]): DisplaySet[] {
  const stacks = new Map<string, Instance[]>();
  const sets: DisplaySet[] = [];
  for (const instance of [...instances].sort(byNumber)) {
    const kind = kindOf(instance);
    if ((kind === 'stack' && instance.nFrames === 1) || kind === 'slide' || kind === 'mesh') {
      // The levels of a slide and the parts of a model belong together, whatever their size.
      const key = kind === 'stack' ? `${instance.seriesUid} ${instance.rows}x${instance.columns}` : kind;
      const group = stacks.get(key);
      if (group) group.push(instance);
      else {
        const begun = [instance];
        stacks.set(key, begun);
        sets.push(made(kind, begun));
      }
    } else sets.push(made(kind, [instance]));
  }
  return sets.flatMap((set) => (set.kind === 'stack' ? withPhases(withFrames(set)) : [set]));
}

/** Make several stacks of one whose images lie several times at the same places. */
function withPhases(set: DisplaySet): DisplaySet[] {
  const phases = phasesOf(set.frames);
  if (!phases) return [set];
  const siblings: DisplaySet[] = [];
  phases.all.forEach(({ frames, value }, index) => siblings.push({ ...set, id: `${set.id}#${index + 1}`, frames, isCine: false, phase: { kind: phases.kind, index, value, siblings } }));
  return siblings;
}

function made(kind: Kind, instances: readonly Instance[]): DisplaySet {
  const [first] = instances as [Instance];
  return { id: `${first.seriesUid}/${first.uid}`, kind, seriesUid: first.seriesUid, modality: first.modality, instances, frames: [], isCine: false };
}

/** Look at an object's own frames as images, whatever else it is. */
export const asStack = (set: DisplaySet): DisplaySet => withFrames({ ...set, kind: 'stack' });

function withFrames(set: DisplaySet): DisplaySet {
  const frames = set.instances.flatMap((instance) => Array.from({ length: instance.nFrames }, (_, index) => ({ instance, number: index + 1 })));
  const [first] = set.instances;
  const isCine = (first?.nFrames ?? 1) > 1 && !isVolume(frames);
  return { ...set, frames: sortedByPlace(frames), isCine };
}

const byNumber = (a: Instance, b: Instance): number => (a.number ?? 1e9) - (b.number ?? 1e9) || (a.uid < b.uid ? -1 : 1);

/** Order frames along their normal when instance numbers do not order them: some senders number nothing. */
function sortedByPlace(frames: Frame[]): Frame[] {
  const numbers = new Set(frames.map((frame) => frame.instance.number));
  if (frames[0]?.instance.nFrames !== 1 || (numbers.size === frames.length && !numbers.has(undefined))) return frames;
  if (!isVolume(frames)) return frames;
  const plane = planeOf(frames[0]);
  if (!plane) return frames;
  const normal = cross(plane.row, plane.column);
  const place = new Map(frames.map((frame) => [frame, distanceAlong(planeOf(frame) ?? plane, normal)]));
  return [...frames].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
}

/** Say whether frames are parallel planes, each at its own place: they can be read as a volume. */
export function isVolume(frames: readonly Frame[]): boolean {
  const planes = frames.map(planeOf);
  const [first] = planes;
  if (!first || frames.length < 4) return false;
  const normal = cross(first.row, first.column);
  const places = new Set<number>();
  for (const plane of planes) {
    if (!plane || !isParallel(first, plane)) return false;
    places.add(Math.round(distanceAlong(plane, normal) * 100));
  }
  return places.size === frames.length;
}
