// Do borders follow the edges of pixels, and isolines the value between them?
import { expect, test } from 'vitest';
import { borderOf, isolines } from './outline';

test('the border of a rectangle is four straight pieces', () => {
  const covered = new Uint8Array(6 * 5);
  for (const y of [1, 2]) for (const x of [2, 3, 4]) covered[y * 6 + x] = 255;
  expect(new Set(borderOf(covered, 6, 5).map(String))).toEqual(new Set(['1.5,0.5,4.5,0.5', '1.5,2.5,4.5,2.5', '1.5,0.5,1.5,2.5', '4.5,0.5,4.5,2.5']));
});

test('what touches the edge of the image is closed there', () => expect(borderOf(new Uint8Array([255]), 1, 1)).toHaveLength(4));

test('an isoline of a cone is a circle', () => {
  const [size, middle] = [41, 20];
  const grid = Float32Array.from({ length: size * size }, (_, i) => 30 - Math.hypot((i % size) - middle, Math.floor(i / size) - middle));
  const pieces = isolines(grid, size, size, 20);
  expect(pieces.length).toBeGreaterThan(40);
  for (const [x0, y0, x1, y1] of pieces) for (const [x, y] of [[x0, y0], [x1, y1]] as const) expect(Math.abs(Math.hypot(x - middle, y - middle) - 10)).toBeLessThan(0.05);
});

test('a saddle is parted by its middle', () => {
  expect(isolines(new Float32Array([10, 0, 0, 10]), 2, 2, 4)).toEqual([[0, 0.6, 0.4, 1], [0.6, 0, 1, 0.4]]);
  expect(isolines(new Float32Array([10, 0, 0, 10]), 2, 2, 6)).toEqual([[0, 0.4, 0.4, 0], [1, 0.6, 0.6, 1]]);
});
