// As which slice do the layers over images take a plane of a volume? A grid of pixels in the plane, as wide as the volume reaches.
import { add, dot, scale, subtract, type Vector } from '../model/geometry';
import type { Slice } from '../objects/model/slice';
import { toPlace, type Grid } from './grid';
import { rightOf, type Look } from './planes';

const MOST_SIDE = 512;

/** Return the slice of a plane through a place; its pixels are the volume's smallest, or larger where there would be too many. */
export function planeSlice(grid: Grid, look: Look, centre: Vector, frameOfReference: string): Slice {
  const [right, down] = [rightOf(look), scale(look.up, -1)];
  const [columns, rows, slices] = grid.dimensions;
  const corners = [-0.5, columns - 0.5].flatMap((i) => [-0.5, rows - 0.5].flatMap((j) => [-0.5, slices - 0.5].map((k) => subtract(toPlace(grid, [i, j, k]), centre))));
  const [across, along] = [right, down].map((way) => corners.map((corner) => dot(corner, way))) as [number[], number[]];
  const [left, top] = [Math.min(...across), Math.min(...along)];
  const [width, height] = [Math.max(...across) - left, Math.max(...along) - top];
  const step = Math.max(Math.min(...grid.spacing), Math.max(width, height) / MOST_SIDE);
  // The middle of a pixel lies on the centre: a plane along the voxels meets their middles.
  const [nLeft, nTop] = [Math.ceil(-left / step), Math.ceil(-top / step)];
  return {
    plane: { row: right, column: down, position: add(centre, add(scale(right, -nLeft * step), scale(down, -nTop * step))) },
    columns: nLeft + Math.ceil((left + width) / step) + 1, rows: nTop + Math.ceil((top + height) / step) + 1,
    spacing: [step, step], thickness: step, frameOfReference, uid: '', frameNumber: 1,
  };
}
