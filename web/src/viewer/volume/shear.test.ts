// Does a moved slice keep its values, and lie between pixels in proportion?
import { expect, test } from 'vitest';
import { moved } from './shear';

const SLICE = Int16Array.from([10, 20, 30, 40, 50, 60]);

test('whole steps copy, the rest is filled', () => {
  expect([...moved(SLICE, [3, 2], [4, 4], [1, 1], -1)]).toEqual([-1, -1, -1, -1, -1, 10, 20, 30, -1, 40, 50, 60, -1, -1, -1, -1]);
});

test('parts of a pixel mix two neighbours by their distance', () => {
  // A quarter to the right: each pixel takes three quarters of its own and a quarter of its left neighbour.
  expect([...moved(Float32Array.from([0, 8, 0]), [3, 1], [4, 1], [0.25, 0], -1)]).toEqual([0, 6, 2, 0]);
  expect([...moved(Float32Array.from([0, 8, 0]), [1, 3], [1, 4], [0, 0.25], -1)]).toEqual([0, 6, 2, 0]);
});

test('kinds of cells stay', () => {
  expect(moved(Uint8Array.from([255, 0]), [2, 1], [2, 1], [0, 0], 0)).toBeInstanceOf(Uint8Array);
});
