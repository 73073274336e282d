// Can these frames be read as a volume, and on which grid? If not, why not, in figures that a reader can check (PS3.3 C.7.6.2).
import { add, cross, dot, scale, subtract, type Plane, type Vector } from '../model/geometry';
import { planeOf, spacingOf, type Frame } from '../model/instance';
import type { Grid } from './grid';

/** Why a series is no volume; the numbers are those that the sentence needs. */
export type Refusal =
  | { readonly why: 'tooFew' | 'noPlace' | 'noSize' | 'mixedDirections' | 'mixedSizes' | 'colour' | 'noWebGl' }
  | { readonly why: 'samePlace'; readonly n: number }
  | { readonly why: 'irregular'; readonly least: number; readonly most: number }
  | { readonly why: 'texture'; readonly side: number; readonly limit: number }
  | { readonly why: 'memory'; readonly needed: number; readonly limit: number };

export interface Plan {
  readonly grid: Grid;
  /** In the order of the slices. */
  readonly frames: readonly Frame[];
  /** How far each slice lies off the straight line through the first one, in columns and rows: the gantry was tilted. Undefined when none does. */
  readonly shifts: readonly (readonly [number, number])[] | undefined;
  /** The tilt of the gantry in degrees, 0 when the slices stand straight. */
  readonly tilt: number;
}

const LEAST_SLICES = 3;
// Headers round places to a tenth of a millimetre at worst.
const ROUNDING_MM = 0.1;
const SHIFT_VOXELS = 0.1;
/** A tilt may not make the grid more than twice as wide as its slices. */
const MOST_GROWTH = 2;

interface Placed { readonly frame: Frame; readonly plane: Plane; readonly at: number }

/** Plan a volume of the frames of one series. */
export function planVolume(frames: readonly Frame[]): Plan | Refusal {
  const [first] = frames;
  if (!first || frames.length < LEAST_SLICES) return { why: 'tooFew' };
  const own = planeOf(first);
  if (!own) return { why: 'noPlace' };
  const { spacing, source } = spacingOf(first);
  if (source === 'none') return { why: 'noSize' };
  if (frames.some(({ instance }) => isColour(instance.attributes))) return { why: 'colour' };
  const normal = unit(cross(own.row, own.column));
  const placed: Placed[] = [];
  for (const frame of frames) {
    const plane = planeOf(frame);
    if (!plane) return { why: 'noPlace' };
    // Directions may differ by what rounding to six digits does, not by more.
    if (dot(plane.row, own.row) < 0.99999 || dot(plane.column, own.column) < 0.99999) return { why: 'mixedDirections' };
    if (!isSameSize(frame, first, spacing)) return { why: 'mixedSizes' };
    placed.push({ frame, plane, at: dot(plane.position, normal) });
  }
  placed.sort((a, b) => a.at - b.at);
  const step = evenStep(placed);
  if (typeof step !== 'number') return step;
  return planned(placed, { row: own.row, column: own.column, normal, spacing: [spacing[1], spacing[0], step] });
}

const isColour = (set: Frame['instance']['attributes']): boolean => Number(set['00280002']?.Value?.[0] ?? 1) > 1 || set['00280004']?.Value?.[0] === 'PALETTE COLOR';

function isSameSize(frame: Frame, first: Frame, spacing: readonly [number, number]): boolean {
  const own = spacingOf(frame).spacing;
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3 * b;
  return frame.instance.rows === first.instance.rows && frame.instance.columns === first.instance.columns && near(own[0], spacing[0]) && near(own[1], spacing[1]);
}

/** Return the distance of the slices, or why there is no single one. */
function evenStep(placed: readonly Placed[]): number | Refusal {
  const gaps = placed.slice(1).map(({ at }, index) => at - (placed[index]?.at ?? 0));
  const same = gaps.filter((gap) => gap < 0.01).length;
  if (same) return { why: 'samePlace', n: same + 1 };
  const start = placed[0]?.at ?? 0;
  const step = ((placed.at(-1)?.at ?? 0) - start) / gaps.length;
  const isEven = placed.every(({ at }, index) => Math.abs(at - start - index * step) <= ROUNDING_MM + 0.01 * step);
  // Slices may follow each other more evenly than the sum of all rounding: only a gap that is really another one counts.
  const isSteady = gaps.every((gap) => Math.abs(gap - step) <= Math.max(0.02 * step, Math.min(ROUNDING_MM, 0.2 * step)));
  return isEven && isSteady ? step : { why: 'irregular', least: Math.min(...gaps), most: Math.max(...gaps) };
}

function planned(placed: readonly Placed[], given: { row: Vector; column: Vector; normal: Vector; spacing: Vector }): Plan | Refusal {
  const { row, normal, spacing } = given;
  const column = cross(normal, row);
  const start = (placed[0] as Placed).plane.position;
  const shifts = placed.map(({ plane }, index): [number, number] => {
    const off = subtract(plane.position, add(start, scale(normal, index * spacing[2])));
    return [dot(off, row) / spacing[0], dot(off, column) / spacing[1]];
  });
  const [columns, rows] = [(placed[0] as Placed).frame.instance.columns, (placed[0] as Placed).frame.instance.rows];
  const frames = placed.map(({ frame }) => frame);
  const axes = [row, column, normal] as const;
  if (shifts.every(([u, v]) => Math.abs(u) <= SHIFT_VOXELS && Math.abs(v) <= SHIFT_VOXELS)) {
    return { grid: { dimensions: [columns, rows, frames.length], spacing, origin: start, axes }, frames, shifts: undefined, tilt: 0 };
  }
  const ends = (axis: 0 | 1): [number, number] => [Math.floor(Math.min(...shifts.map((s) => s[axis]))), Math.ceil(Math.max(...shifts.map((s) => s[axis])))];
  const [[left, right], [top, bottom]] = [ends(0), ends(1)];
  const dimensions = [columns + right - left, rows + bottom - top, frames.length] as const;
  if (dimensions[0] > MOST_GROWTH * columns || dimensions[1] > MOST_GROWTH * rows) return { why: 'mixedDirections' };
  const origin = add(start, add(scale(row, left * spacing[0]), scale(column, top * spacing[1])));
  const last = shifts.at(-1) ?? [0, 0];
  const tilt = (Math.atan2(Math.hypot(last[0] * spacing[0], last[1] * spacing[1]), (frames.length - 1) * spacing[2]) * 180) / Math.PI;
  return { grid: { dimensions, spacing, origin, axes }, frames, shifts: shifts.map(([u, v]) => [u - left, v - top]), tilt };
}

const unit = (v: Vector): Vector => scale(v, 1 / Math.hypot(...v));
