// What does a Segmentation hold? Its segments, and which frame shows which of them where: PS3.3 A.51, C.8.20.
import type { Attributes } from '../../../dicom/names';
import { itemsOf, numberOf, numbersOf, stringOf, values } from '../../../dicom/values';
import { isParallel, type Plane } from '../../model/geometry';
import { planeOf, spacingOf, type Instance } from '../../model/instance';
import { ownColor, rgbOfLab, type Rgb } from './color';
import { heightOver, isSamePlane, normalOf, placeOf, type Slice } from './slice';

export type SegmentationKind = 'BINARY' | 'FRACTIONAL' | 'LABELMAP';

export interface Segment {
  readonly number: number;
  readonly label: string;
  readonly rgb: Rgb;
  /** What it is and who drew it, in the header's own words. */
  readonly details: string;
}

/** One frame: of one segment, or of all of them in a label map (`segment` is 0 then). */
export interface SegmentFrame {
  readonly number: number;
  readonly segment: number;
  readonly plane: Plane | undefined;
  /** The images it was drawn on, as "UID" and "UID#frame". */
  readonly sources: readonly string[];
}

export interface Segmentation {
  readonly kind: SegmentationKind;
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly spacing: readonly [number, number];
  readonly maximum: number;
  readonly segments: readonly Segment[];
  readonly frames: readonly SegmentFrame[];
  readonly frameOfReference: string;
  readonly seriesUids: readonly string[];
  /** How far apart its planes are, in mm. */
  readonly gap: number;
}

const meaning = (set: Attributes, sequence: string): string => { const [code] = itemsOf(set, sequence); return code ? stringOf(code, '00080104') : ''; };
const item = (set: Attributes | undefined, sequence: string): Attributes | undefined => (set ? itemsOf(set, sequence)[0] : undefined);

/** Read a Segmentation; undefined when it has no frame or no segment. */
export function readSegmentation(instance: Instance): Segmentation | undefined {
  const set = instance.attributes;
  const named = stringOf(set, '00620001');
  const kind: SegmentationKind = named === 'LABELMAP' || instance.sopClass.endsWith('.66.7') ? 'LABELMAP' : named === 'FRACTIONAL' ? 'FRACTIONAL' : 'BINARY';
  const segments = itemsOf(set, '00620002').map(readSegment).filter((one) => one !== undefined && !(kind === 'LABELMAP' && one.number === 0)) as Segment[];
  const frames = Array.from({ length: instance.nFrames }, (_, index) => readFrame(instance, index + 1, kind, segments)).filter((one) => one !== undefined);
  if (!segments.length || !frames.length || !instance.rows || !instance.columns) return undefined;
  return {
    kind, segments, frames, rows: instance.rows, columns: instance.columns,
    bits: numberOf(set, '00280100') ?? 1,
    spacing: spacingOf({ instance, number: 1 }).spacing,
    maximum: numberOf(set, '0062000E') ?? 255,
    frameOfReference: stringOf(set, '00200052'),
    seriesUids: itemsOf(set, '00081115').map((series) => stringOf(series, '0020000E')),
    gap: gapOf(frames),
  };
}

function readSegment(set: Attributes, index: number): Segment | undefined {
  const number = numberOf(set, '00620004');
  if (number === undefined) return undefined;
  const type = meaning(set, '0062000F');
  const maker = [stringOf(set, '00620008'), stringOf(set, '00620009')].filter(Boolean).join(' ');
  return { number, label: stringOf(set, '00620005') || type || String(number), rgb: rgbOfLab(numbersOf(set, '0062000D')) ?? ownColor(index), details: [meaning(set, '00620003'), type, maker].filter(Boolean).join(' · ') };
}

function readFrame(instance: Instance, number: number, kind: SegmentationKind, segments: readonly Segment[]): SegmentFrame | undefined {
  const set = instance.attributes;
  const own = values(set, '52009230')[number - 1] as Attributes | undefined;
  const shared = item(set, '52009229');
  const identified = item(own, '0062000A') ?? item(shared, '0062000A');
  const segment = kind === 'LABELMAP' ? 0 : (identified && numberOf(identified, '0062000B')) ?? (segments.length === 1 ? segments[0]?.number : undefined);
  if (segment === undefined) return undefined;
  const derived = [...(own ? itemsOf(own, '00089124') : []), ...(shared ? itemsOf(shared, '00089124') : [])];
  const sources = derived.flatMap((one) => itemsOf(one, '00082112')).flatMap((source) => {
    const uid = stringOf(source, '00081155');
    const numbers = numbersOf(source, '00081160');
    return numbers.length ? numbers.map((frame) => `${uid}#${frame}`) : [uid];
  });
  return { number, segment, plane: planeOf({ instance, number }), sources };
}

function gapOf(frames: readonly SegmentFrame[]): number {
  const first = frames.find(({ plane }) => plane)?.plane;
  if (!first) return 0;
  const heights = [...new Set(frames.flatMap(({ plane }) => (plane && isParallel(first, plane) ? [Math.round(heightOver(first, plane.position) * 1000) / 1000] : [])))].sort((a, b) => a - b);
  const gaps = heights.slice(1).map((height, i) => height - (heights[i] ?? 0)).filter((gap) => gap > 0.005);
  return gaps.length ? Math.min(...gaps) : 0;
}

/** Say whether the segmentation and a slice speak of the same coordinates. */
const hasCommonSpace = (segmentation: Segmentation, slice: Slice): boolean => !!segmentation.frameOfReference && segmentation.frameOfReference === slice.frameOfReference;

/** Find the frames that lie in a slice: by place where both have one, else by the image they were drawn on. */
export function framesOn(segmentation: Segmentation, slice: Slice): readonly SegmentFrame[] {
  const { plane } = slice;
  if (plane && hasCommonSpace(segmentation, slice)) {
    // Nearest plane of each segment within half a gap: a slice between two planes belongs to the nearer one.
    const reach = Math.max(0.1, segmentation.gap / 2 + 1e-3);
    const nearest = new Map<number, { frame: SegmentFrame; away: number }>();
    for (const frame of segmentation.frames) {
      if (!frame.plane || !isSamePlane(plane, frame.plane, reach)) continue;
      const away = Math.abs(heightOver(plane, frame.plane.position));
      const before = nearest.get(frame.segment);
      if (!before || away < before.away) nearest.set(frame.segment, { frame, away });
    }
    if (nearest.size) return [...nearest.values()].map(({ frame }) => frame);
  }
  return segmentation.frames.filter(({ sources }) => sources.includes(slice.uid) ? slice.frameNumber === 1 || !sources.some((one) => one.startsWith(`${slice.uid}#`)) : sources.includes(`${slice.uid}#${slice.frameNumber}`));
}

/** Say whether the planes of the segmentation cut the slice at an angle: it must be sampled then. */
export function isAcross(segmentation: Segmentation, slice: Slice): boolean {
  const first = segmentation.frames.find(({ plane }) => plane)?.plane;
  return !!first && !!slice.plane && hasCommonSpace(segmentation, slice) && !isParallel(first, slice.plane);
}

/** Sample a segmentation on a slice that cuts its planes: for each pixel the frame of a segment and the pixel in it, nearest first. */
export function sampleAcross(segmentation: Segmentation, slice: Slice, segment: number, valueAt: (frame: SegmentFrame, column: number, row: number) => number): Uint8Array | undefined {
  const frames = segmentation.frames.filter((frame) => frame.plane && (frame.segment === segment || frame.segment === 0));
  const first = frames[0]?.plane;
  if (!first || !slice.plane) return undefined;
  const normal = normalOf(first);
  const reach = Math.max(0.1, (segmentation.gap || slice.thickness || 1) / 2 + 1e-3);
  const heights = frames.map((frame) => heightOver(first, (frame.plane as Plane).position));
  const order = heights.map((_, index) => index).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  const out = new Uint8Array(slice.rows * slice.columns);
  const nearest = nearestIn(order.map((index) => heights[index] ?? 0));
  for (let row = 0; row < slice.rows; row += 1) {
    for (let column = 0; column < slice.columns; column += 1) {
      const place = placeOf(slice.plane, slice.spacing, [column, row]);
      const height = (place[0] - first.position[0]) * normal[0] + (place[1] - first.position[1]) * normal[1] + (place[2] - first.position[2]) * normal[2];
      const index = order[nearest(height)] ?? -1;
      const frame = frames[index];
      if (!frame?.plane || Math.abs((heights[index] ?? 0) - height) > reach) continue;
      const { row: along, column: down, position } = frame.plane;
      const [dx, dy, dz] = [place[0] - position[0], place[1] - position[1], place[2] - position[2]];
      const x = Math.round((dx * along[0] + dy * along[1] + dz * along[2]) / segmentation.spacing[1]);
      const y = Math.round((dx * down[0] + dy * down[1] + dz * down[2]) / segmentation.spacing[0]);
      if (x >= 0 && y >= 0 && x < segmentation.columns && y < segmentation.rows) out[row * slice.columns + column] = valueAt(frame, x, y);
    }
  }
  return out;
}

/** Return a search for the index of the nearest of sorted numbers. */
function nearestIn(sorted: readonly number[]): (value: number) => number {
  return (value) => {
    let [low, high] = [0, sorted.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low > 0 && value - (sorted[low - 1] ?? 0) < (sorted[low] ?? 0) - value ? low - 1 : low;
  };
}

/** Return how strongly a segment covers each pixel of a frame, 0 to 255, out of its stored bytes. */
export function coverage({ kind, bits, rows, columns, maximum }: Segmentation, segment: number, bytes: Uint8Array): Uint8Array {
  const count = rows * columns;
  const out = new Uint8Array(count);
  if (bits === 1) {
    for (let i = 0; i < count; i += 1) out[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1 ? 255 : 0;
  } else if (kind === 'FRACTIONAL') {
    for (let i = 0; i < count; i += 1) out[i] = Math.min(255, Math.round(((bytes[i] ?? 0) * 255) / Math.max(1, maximum)));
  } else {
    const at = bits === 16 ? (i: number): number => (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8) : (i: number): number => bytes[i] ?? 0;
    for (let i = 0; i < count; i += 1) out[i] = (kind === 'LABELMAP' ? at(i) === segment : at(i) > 0) ? 255 : 0;
  }
  return out;
}
