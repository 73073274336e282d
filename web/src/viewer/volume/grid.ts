// Where do the voxels of a volume lie in the patient? A regular grid, right-handed: rows, columns, slices along their normal (PS3.3 C.7.6.2).
import { add, dot, scale, subtract, type Vector } from '../model/geometry';

export interface Grid {
  /** Columns, rows, slices. */
  readonly dimensions: readonly [number, number, number];
  /** Between columns, rows and slices, in mm. */
  readonly spacing: Vector;
  /** The middle of the first voxel, in mm. */
  readonly origin: Vector;
  /** Unit vectors along a row, down a column, and through the slices. */
  readonly axes: readonly [Vector, Vector, Vector];
}

/** Return the voxel coordinates of a place in the patient; whole numbers are the middles of voxels. */
export function toIndex({ origin, axes, spacing }: Grid, place: Vector): Vector {
  const from = subtract(place, origin);
  return [dot(from, axes[0]) / spacing[0], dot(from, axes[1]) / spacing[1], dot(from, axes[2]) / spacing[2]];
}

/** Return the place in the patient of voxel coordinates. */
export function toPlace({ origin, axes, spacing }: Grid, index: Vector): Vector {
  return axes.reduce<Vector>((place, axis, i) => add(place, scale(axis, (index[i] ?? 0) * (spacing[i] ?? 0))), origin);
}

const inside = (at: number, count: number): number => Math.min(Math.max(at, 0), count - 1);

/** Return the place inside the grid that is nearest along each axis. */
export function clamped(grid: Grid, place: Vector): Vector {
  const [i, j, k] = toIndex(grid, place);
  const [columns, rows, slices] = grid.dimensions;
  return toPlace(grid, [inside(i, columns), inside(j, rows), inside(k, slices)]);
}

/** Return the middle of the voxel in the middle of the grid. */
export const middleOf = (grid: Grid): Vector => toPlace(grid, grid.dimensions.map((n) => Math.floor(n / 2)) as unknown as Vector);

/** Return the axis to which a direction is parallel, within a twentieth of a degree. */
export function axisAlong(grid: Grid, direction: Vector): 0 | 1 | 2 | undefined {
  return ([0, 1, 2] as const).find((axis) => Math.abs(dot(grid.axes[axis], direction)) > 1 - 4e-7);
}

/** Return how far apart layers of voxels are along a direction, in mm. */
export const stepAlong = ({ axes, spacing }: Grid, direction: Vector): number => 1 / Math.hypot(...axes.map((axis, i) => dot(axis, direction) / (spacing[i] ?? 1)));

/** Return the place `steps` layers further along a direction; along an axis of the grid it is the middle of a layer of voxels. */
export function stepped(grid: Grid, from: Vector, direction: Vector, steps: number): Vector {
  const axis = axisAlong(grid, direction);
  if (axis === undefined) return clamped(grid, add(from, scale(direction, steps * stepAlong(grid, direction))));
  const sign = dot(grid.axes[axis], direction) > 0 ? 1 : -1;
  const at = [...toIndex(grid, from)] as [number, number, number];
  at[axis] = inside(Math.round(at[axis]) + sign * steps, grid.dimensions[axis]);
  return toPlace(grid, at);
}
