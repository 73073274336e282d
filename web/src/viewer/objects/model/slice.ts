// Where does an image lie, for something that is to be laid over it? Its plane, its pixels, and ways between pixels and the patient.
import { stringOf } from '../../../dicom/values';
import { add, cross, dot, isParallel, scale, subtract, type Plane, type Vector } from '../../model/geometry';
import { planeOf, spacingOf, thicknessOf, type Frame } from '../../model/instance';

/** A grid of pixels; a pixel is meant by column and row of its middle, counted from 0. */
export interface Slice {
  /** Missing when the header does not place the image in the patient. */
  readonly plane: Plane | undefined;
  readonly rows: number;
  readonly columns: number;
  /** Between rows and between columns, in mm. */
  readonly spacing: readonly [number, number];
  readonly thickness: number | undefined;
  readonly frameOfReference: string;
  readonly uid: string;
  readonly frameNumber: number;
}

export type Pixel = readonly [column: number, row: number];

const known = new WeakMap<Frame, Slice>();

/** Return the slice of a frame. */
export function sliceOf(frame: Frame): Slice {
  let slice = known.get(frame);
  if (!slice) {
    const { instance, number } = frame;
    slice = {
      plane: planeOf(frame), rows: instance.rows, columns: instance.columns, spacing: spacingOf(frame).spacing, thickness: thicknessOf(frame),
      frameOfReference: stringOf(instance.attributes, '00200052'), uid: instance.uid, frameNumber: number,
    };
    known.set(frame, slice);
  }
  return slice;
}

export const normalOf = (plane: Plane): Vector => cross(plane.row, plane.column);

/** Return where the middle of a pixel lies in the patient. */
export function placeOf(plane: Plane, [vertical, horizontal]: readonly [number, number], [column, row]: Pixel): Vector {
  return add(plane.position, add(scale(plane.row, column * horizontal), scale(plane.column, row * vertical)));
}

/** Return the pixel at a place, as if the place lay in the plane. */
export function pixelAt(plane: Plane, [vertical, horizontal]: readonly [number, number], place: Vector): Pixel {
  const from = subtract(place, plane.position);
  return [dot(from, plane.row) / horizontal, dot(from, plane.column) / vertical];
}

/** Return how far a place is from a plane, in mm, along its normal. */
export const heightOver = (plane: Plane, place: Vector): number => dot(subtract(place, plane.position), normalOf(plane));

/** Say whether two planes are the same within `tolerance` mm. */
export const isSamePlane = (a: Plane, b: Plane, tolerance: number): boolean => isParallel(a, b) && Math.abs(heightOver(a, b.position)) <= tolerance;

/** An affine way from pixels to the screen, as canvas has it: x = a·column + c·row + e, y = b·column + d·row + f. */
export interface Affine { readonly a: number; readonly b: number; readonly c: number; readonly d: number; readonly e: number; readonly f: number }

/** Make an affine way out of where three pixels of a grid go to: 0,0 then 1,0 then 0,1. */
export function affineFrom(origin: Pixel, right: Pixel, down: Pixel): Affine {
  return { a: right[0] - origin[0], b: right[1] - origin[1], c: down[0] - origin[0], d: down[1] - origin[1], e: origin[0], f: origin[1] };
}

/** Go through `first`, then through `then`. */
export function chained(first: Affine, then: Affine): Affine {
  return {
    a: then.a * first.a + then.c * first.b, b: then.b * first.a + then.d * first.b,
    c: then.a * first.c + then.c * first.d, d: then.b * first.c + then.d * first.d,
    e: then.a * first.e + then.c * first.f + then.e, f: then.b * first.e + then.d * first.f + then.f,
  };
}

/** Return the way from the pixels of one grid to those of a parallel one. */
export function between(from: { plane: Plane; spacing: readonly [number, number] }, to: { plane: Plane; spacing: readonly [number, number] }): Affine {
  const at = (pixel: Pixel): Pixel => pixelAt(to.plane, to.spacing, placeOf(from.plane, from.spacing, pixel));
  return affineFrom(at([0, 0]), at([1, 0]), at([0, 1]));
}

export const SAME: Affine = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };
