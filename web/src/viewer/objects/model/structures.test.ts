// Are contours found in the slices they lie in, and cut where they stand on one?
import { expect, test } from 'vitest';
import type { Attributes } from '../../../dicom/names';
import { readInstance, type Instance } from '../../model/instance';
import { areaOf, drawnOn, largestOf, readStructures, type Region } from './structures';
import type { Slice } from './slice';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
const contour = (points: number[], kind = 'CLOSED_PLANAR', source = ''): Attributes => ({ '30060042': one('CS', kind), '30060050': one('DS', ...points), ...(source ? { '30060016': one('SQ', { '00081155': one('UI', source) }) } : {}) });
const square = (z: number, side = 10): number[] => [0, 0, z, side, 0, z, side, side, z, 0, side, z];

function region(...contours: Attributes[]): Region {
  const instance = readInstance({
    '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', '3'),
    '30060020': one('SQ', { '30060022': one('IS', 7), '30060026': one('LO', 'A'), '30060024': one('UI', '1.2') }),
    '30060039': one('SQ', { '30060084': one('IS', 7), '3006002A': one('IS', 1, 2, 3), '30060040': one('SQ', ...contours) }),
  }) as Instance;
  return readStructures(instance)?.regions[0] as Region;
}

const axial = (z: number, more: Partial<Slice> = {}): Slice => ({ plane: { row: [1, 0, 0], column: [0, 1, 0], position: [-5, -5, z] }, rows: 40, columns: 40, spacing: [0.5, 0.5], thickness: 3, frameOfReference: '1.2', uid: '9', frameNumber: 1, ...more });

test('in its own plane a contour keeps its shape, in pixels', () => {
  const { polygons } = drawnOn(region(contour(square(0)), contour(square(3, 8))), axial(0));
  expect(polygons).toEqual([{ isClosed: true, points: [[10, 10], [30, 10], [30, 30], [10, 30]] }]);
});

test('between two planes the nearer one counts, far away none', () => {
  const seven = region(contour(square(0)), contour(square(3, 8)));
  expect(drawnOn(seven, axial(2)).polygons[0]?.points[1]).toEqual([26, 10]);
  expect(drawnOn(seven, axial(5)).polygons).toEqual([]);
});

test('in another frame of reference only the image it was drawn on shows it', () => {
  const seven = region(contour(square(0), 'CLOSED_PLANAR', '9'));
  expect(drawnOn(seven, axial(0, { frameOfReference: '8' })).polygons).toHaveLength(1);
  expect(drawnOn(seven, axial(0, { frameOfReference: '8', uid: '10' })).polygons).toEqual([]);
});

test('a slice across cuts contours into the parts inside', () => {
  const sagittal: Slice = { ...axial(0), plane: { row: [0, 1, 0], column: [0, 0, -1], position: [5, 0, 10] }, spacing: [1, 1] };
  const { strokes, gap } = drawnOn(region(contour(square(0)), contour(square(3))), sagittal);
  expect(strokes.map((piece) => [...piece].sort((a, b) => a - b))).toEqual([[0, 10, 10, 10], [0, 7, 7, 10]]);
  expect(gap).toBe(3);
});

test('points and the largest outline', () => {
  const seven = region(contour([1, 1, 0], 'POINT'), contour(square(0)), contour(square(3, 20)), contour([1, 2], 'POINT'));
  expect(seven.contours).toHaveLength(3);
  expect(drawnOn(seven, axial(0)).points).toEqual([[12, 12]]);
  expect(areaOf(seven.contours[2] as Region['contours'][number])).toBe(400);
  expect(largestOf(seven)?.place).toEqual([10, 10, 3]);
});
