// Does the slice of a plane lie in it, cover the volume, and stay small?
import { expect, test } from 'vitest';
import { dot, subtract, type Vector } from '../model/geometry';
import { heightOver, placeOf } from '../objects/model/slice';
import { toPlace, type Grid } from './grid';
import { planeSlice } from './plane_slice';
import { STRAIGHT, turnedIn } from './planes';

const GRID: Grid = { dimensions: [100, 80, 40], spacing: [0.5, 0.8, 2], origin: [-25, -30, 10], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] };
const CENTRE: Vector = [3, 4, 50];

test.each([['straight', STRAIGHT], ['oblique', turnedIn(turnedIn(STRAIGHT, 'axial', 0.4), 'coronal', 0.7)]])('%s', (_, looks) => {
  for (const look of Object.values(looks)) {
    const { plane, spacing, rows, columns, ...slice } = planeSlice(GRID, look, CENTRE, '1.2');
    if (!plane) throw new Error('no plane');
    expect(slice.frameOfReference).toBe('1.2');
    expect(heightOver(plane, CENTRE)).toBeCloseTo(0, 9);
    // Seen from the reader: the plane's rows run to the right, its columns downwards.
    expect(dot(plane.column, look.up)).toBeCloseTo(-1, 9);
    const last = placeOf(plane, spacing, [columns - 1, rows - 1]);
    for (const index of [[0, 0, 0], [99, 79, 39], [99, 0, 39], [0, 79, 0]] as const) {
      const corner = toPlace(GRID, index);
      for (const way of [plane.row, plane.column]) {
        expect(dot(subtract(corner, plane.position), way)).toBeGreaterThan(-1e-6);
        expect(dot(subtract(last, corner), way)).toBeGreaterThan(-1e-6);
      }
    }
  }
});

test('a large volume is sampled more coarsely', () => {
  const { rows, columns } = planeSlice({ ...GRID, dimensions: [2000, 2000, 900] }, STRAIGHT.coronal, CENTRE, '');
  expect(Math.max(rows, columns)).toBeLessThanOrEqual(515);
});
