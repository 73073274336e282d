// Are voxels where they should be, forwards and backwards, and do steps stop at layers?
import { expect, test } from 'vitest';
import type { Vector } from '../model/geometry';
import { axisAlong, clamped, middleOf, stepAlong, stepped, toIndex, toPlace, type Grid } from './grid';

// A sagittal block: rows run to the back, columns to the feet, slices to the right.
const GRID: Grid = { dimensions: [10, 20, 5], spacing: [0.5, 0.8, 3], origin: [12, -4, 30], axes: [[0, 1, 0], [0, 0, -1], [-1, 0, 0]] };
const near = (a: Vector | undefined, b: Vector): void => b.forEach((v, i) => expect(a?.[i]).toBeCloseTo(v, 9));

test('coordinates of voxels and places in the patient are each other\'s inverse', () => {
  near(toPlace(GRID, [2, 5, 1]), [9, -3, 26]);
  near(toIndex(GRID, [9, -3, 26]), [2, 5, 1]);
});

test('the middle is the middle of a voxel, and nothing leaves the grid', () => {
  near(toIndex(GRID, middleOf(GRID)), [5, 10, 2]);
  near(toIndex(GRID, clamped(GRID, [1000, -1000, 1000])), [0, 0, 0]);
});

test('steps along an axis stop at the middles of layers, whatever their direction', () => {
  expect(axisAlong(GRID, [1, 0, 0])).toBe(2);
  near(toIndex(GRID, stepped(GRID, toPlace(GRID, [2, 5, 1.4]), [1, 0, 0], 1)), [2, 5, 0]);
  near(toIndex(GRID, stepped(GRID, toPlace(GRID, [2, 5, 1.4]), [-1, 0, 0], 2)), [2, 5, 3]);
  near(toIndex(GRID, stepped(GRID, toPlace(GRID, [2, 5, 1]), [-1, 0, 0], 99)), [2, 5, 4]);
});

test('an oblique step is as long as the voxels are apart that way', () => {
  expect(stepAlong(GRID, [1, 0, 0])).toBeCloseTo(3, 9);
  expect(axisAlong(GRID, [0, Math.SQRT1_2, Math.SQRT1_2])).toBeUndefined();
  const step = stepAlong(GRID, [0, Math.SQRT1_2, Math.SQRT1_2]);
  expect(step).toBeGreaterThan(0.5);
  expect(step).toBeLessThan(0.8);
});
