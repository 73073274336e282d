// What does an RT Structure Set hold, and where do its contours lie in a slice? PS3.3 C.8.8.5, C.8.8.6.
import { itemsOf, numberOf, numbersOf, stringOf } from '../../../dicom/values';
import { dot, subtract, type Vector } from '../../model/geometry';
import type { Instance } from '../../model/instance';
import { ownColor, type Rgb } from './color';
import type { Piece } from './outline';
import { heightOver, pixelAt, type Pixel, type Slice } from './slice';

export interface Contour {
  readonly kind: string;
  /** x, y, z of each point in mm, one after the other. */
  readonly points: Float64Array;
  readonly sourceUid: string;
  readonly sourceFrame: number | undefined;
}

export interface Region {
  readonly number: number;
  readonly name: string;
  readonly rgb: Rgb;
  readonly details: string;
  readonly frameOfReference: string;
  readonly contours: readonly Contour[];
}

export interface Structures { readonly label: string; readonly regions: readonly Region[]; readonly seriesUids: readonly string[] }

const MOST_POINTS = 20_000_000;

/** Read a structure set; undefined when it names no region. */
export function readStructures({ attributes: set }: Instance): Structures | undefined {
  const contoursOf = new Map(itemsOf(set, '30060039').map((item) => [numberOf(item, '30060084'), item]));
  const typeOf = new Map(itemsOf(set, '30060080').map((item) => [numberOf(item, '30060084'), stringOf(item, '300600A4')]));
  let left = MOST_POINTS;
  const regions = itemsOf(set, '30060020').flatMap((item, index): Region[] => {
    const number = numberOf(item, '30060022');
    if (number === undefined) return [];
    const drawn = contoursOf.get(number);
    const color = drawn ? numbersOf(drawn, '3006002A') : [];
    const contours = (drawn ? itemsOf(drawn, '30060040') : []).flatMap((contour) => {
      const points = Float64Array.from(numbersOf(contour, '30060050'));
      left -= points.length / 3;
      if (points.length < 3 || points.length % 3 || left < 0) return [];
      const [source] = itemsOf(contour, '30060016');
      return [{ kind: stringOf(contour, '30060042'), points, sourceUid: source ? stringOf(source, '00081155') : '', sourceFrame: source ? numberOf(source, '00081160') : undefined }];
    });
    const volume = numberOf(item, '3006002C');
    const details = [typeOf.get(number) ?? '', volume === undefined ? '' : `${Number(volume.toFixed(1))} cm³`].filter(Boolean).join(' · ');
    return [{ number, name: stringOf(item, '30060026') || String(number), rgb: color.length === 3 ? (color as unknown as Rgb) : ownColor(index), details, frameOfReference: stringOf(item, '30060024'), contours }];
  });
  const seriesUids = itemsOf(set, '30060010').flatMap((frame) => itemsOf(frame, '30060012')).flatMap((study) => itemsOf(study, '30060014')).map((series) => stringOf(series, '0020000E'));
  return regions.length ? { label: stringOf(set, '30060002') || stringOf(set, '0008103E'), regions, seriesUids } : undefined;
}

export interface Polygon { readonly points: readonly Pixel[]; readonly isClosed: boolean }
/** What a region has in a slice: outlines that lie in it, strokes where outlines cut it, and single points. */
export interface Drawn { readonly polygons: readonly Polygon[]; readonly strokes: readonly Piece[]; readonly points: readonly Pixel[]; readonly gap: number }

const FLAT_MM = 0.5;
const pointAt = ({ points }: Contour, index: number): Vector => [points[3 * index] ?? 0, points[3 * index + 1] ?? 0, points[3 * index + 2] ?? 0];
const countOf = ({ points }: Contour): number => points.length / 3;

/** Return what of a region lies in a slice: by place in the same frame of reference, else by the image it was drawn on. */
export function drawnOn(region: Region, slice: Slice): Drawn {
  const { plane } = slice;
  if (!plane) return { polygons: [], strokes: [], points: [], gap: 0 };
  const own = region.contours.filter(({ sourceUid, sourceFrame }) => sourceUid === slice.uid && (sourceFrame ?? slice.frameNumber) === slice.frameNumber);
  if (region.frameOfReference !== slice.frameOfReference) return laid(own, slice, 0);
  const flat: { contour: Contour; height: number }[] = [];
  const standing: Contour[] = [];
  for (const contour of region.contours) {
    const [low, high] = reachOf(contour, slice);
    if (high - low <= FLAT_MM) flat.push({ contour, height: (low + high) / 2 });
    else if (low <= 0 && high >= 0) standing.push(contour);
  }
  const gap = gapOf(flat.map(({ height }) => height)) || slice.thickness || 1;
  const least = Math.min(...flat.map(({ height }) => Math.abs(height)));
  const near = least <= gap / 2 + 1e-3 ? flat.filter(({ height }) => Math.abs(Math.abs(height) - least) < 0.01).map(({ contour }) => contour) : [];
  const drawn = laid([...new Set([...own, ...near])], slice, gap);
  return { ...drawn, strokes: standing.flatMap((contour) => cut(contour, slice)), gap: standing.length ? gapBetween(standing, slice) : gap };
}

function reachOf(contour: Contour, slice: Slice): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < countOf(contour); i += 1) {
    const height = slice.plane ? heightOver(slice.plane, pointAt(contour, i)) : 0;
    low = Math.min(low, height);
    high = Math.max(high, height);
  }
  return [low, high];
}

function gapOf(heights: readonly number[]): number {
  const sorted = [...new Set(heights.map((height) => Math.round(height * 100) / 100))].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((height, i) => height - (sorted[i] ?? 0)).filter((gap) => gap > 0.05);
  return gaps.length ? Math.min(...gaps) : 0;
}

function laid(contours: readonly Contour[], slice: Slice, gap: number): Drawn {
  const polygons: Polygon[] = [];
  const points: Pixel[] = [];
  for (const contour of contours) {
    const pixels = Array.from({ length: countOf(contour) }, (_, i): Pixel => (slice.plane ? pixelAt(slice.plane, slice.spacing, pointAt(contour, i)) : [0, 0]));
    if (contour.kind === 'POINT') points.push(...pixels);
    else polygons.push({ points: pixels, isClosed: contour.kind.startsWith('CLOSED') });
  }
  return { polygons, points, strokes: [], gap };
}

/** Cut a closed outline with a slice: the parts of the line of the cut that lie inside. */
function cut(contour: Contour, slice: Slice): Piece[] {
  const { plane } = slice;
  const count = countOf(contour);
  if (!plane || !contour.kind.startsWith('CLOSED')) return [];
  const hits: Vector[] = [];
  for (let i = 0; i < count; i += 1) {
    const [from, to] = [pointAt(contour, i), pointAt(contour, (i + 1) % count)];
    const [a, b] = [heightOver(plane, from), heightOver(plane, to)];
    if ((a < 0) === (b < 0)) continue;
    const part = a / (a - b);
    hits.push([from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1]), from[2] + part * (to[2] - from[2])]);
  }
  const [first, second] = hits;
  if (!first || !second) return [];
  const way = subtract(second, first);
  const sorted = hits.toSorted((a, b) => dot(subtract(a, first), way) - dot(subtract(b, first), way)).map((hit) => pixelAt(plane, slice.spacing, hit));
  const pieces: Piece[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) pieces.push([...(sorted[i] as Pixel), ...(sorted[i + 1] as Pixel)]);
  return pieces;
}

/** Return how far apart outlines are that stand on a slice, along their own normal, in mm. */
function gapBetween(contours: readonly Contour[], slice: Slice): number {
  const [first] = contours;
  if (!first) return slice.thickness ?? 1;
  const [a, b, c] = [pointAt(first, 0), pointAt(first, Math.floor(countOf(first) / 3)), pointAt(first, Math.floor((countOf(first) * 2) / 3))];
  const [u, v] = [subtract(b, a), subtract(c, a)];
  const normal: Vector = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const length = Math.hypot(...normal);
  return (length > 0 && gapOf(contours.map((contour) => dot(pointAt(contour, 0), normal) / length))) || slice.thickness || 1;
}

/** Return the middle of the largest outline of a region, and the image it was drawn on. */
export function largestOf(region: Region): { place: Vector; uid: string; frame: number } | undefined {
  let [best, most] = [undefined as Contour | undefined, -1];
  for (const contour of region.contours) {
    const size = areaOf(contour);
    if (size > most) [best, most] = [contour, size];
  }
  if (!best) return undefined;
  const count = countOf(best);
  const sum: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < count; i += 1) pointAt(best, i).forEach((v, axis) => { sum[axis as 0 | 1 | 2] += v; });
  return { place: [sum[0] / count, sum[1] / count, sum[2] / count], uid: best.sourceUid, frame: best.sourceFrame ?? 1 };
}

/** Return the area inside an outline in mm², by Newell's sum. */
export function areaOf(contour: Contour): number {
  const sum: [number, number, number] = [0, 0, 0];
  const count = countOf(contour);
  for (let i = 0; i < count; i += 1) {
    const [p, q] = [pointAt(contour, i), pointAt(contour, (i + 1) % count)];
    sum[0] += p[1] * q[2] - p[2] * q[1];
    sum[1] += p[2] * q[0] - p[0] * q[2];
    sum[2] += p[0] * q[1] - p[1] * q[0];
  }
  return Math.hypot(...sum) / 2;
}
