// Is the dose between the points of a grid, on oblique slices and in every way of writing offsets what it should be?
import { expect, test } from 'vitest';
import { readInstance, type Instance } from '../../model/instance';
import { doseAt, dosesOf, greatestDose, readDose, sampleDose, type DoseGrid } from './dose';
import { washOf } from './wash';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });

function grid(offsets: number[], z = 0): DoseGrid {
  const instance = readInstance({
    '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', '3'), '00280010': one('US', 3), '00280011': one('US', 4), '00280008': one('IS', offsets.length),
    '00200037': one('DS', 1, 0, 0, 0, 1, 0), '00200032': one('DS', 10, 20, z), '00280030': one('DS', 2, 3), '3004000C': one('DS', ...offsets), '3004000E': one('DS', 0.5),
    '30040002': one('CS', 'GY'), '00280100': one('US', 16), '00200052': one('UI', '1.2'),
  }) as Instance;
  return readDose(instance) as DoseGrid;
}
/** Stored values column + 10 row + 100 frame, scaled by one half. */
const doses = (nFrames: number): (Float32Array | undefined)[] => [undefined, ...Array.from({ length: nFrames }, (_, frame) => dosesOf(grid([0, 5]), new Uint8Array(new Uint16Array(Array.from({ length: 12 }, (__, i) => (i % 4) + 10 * Math.floor(i / 4) + 100 * frame)).buffer)))];

test('points of the grid and places between them', () => {
  const g = grid([0, 5]);
  expect(doseAt(g, doses(2), [10, 20, 0])).toBe(0);
  expect(doseAt(g, doses(2), [16, 22, 5])).toBe((2 + 10 + 100) / 2);
  expect(doseAt(g, doses(2), [11.5, 21, 2.5])).toBeCloseTo((0.5 + 5 + 50) / 2, 5);
  for (const place of [[9, 20, 0], [20, 20, 0], [10, 25, 0], [10, 20, -1], [10, 20, 6]] as const) expect(doseAt(g, doses(2), place)).toBeNaN();
});

test('offsets may fall, or be coordinates of the patient', () => {
  expect(doseAt(grid([0, -5]), doses(2), [10, 20, -5])).toBe(50);
  expect(doseAt(grid([40, 45], 40), doses(2), [10, 20, 45])).toBe(50);
});

test('a sagittal slice goes through all planes', () => {
  const slice = { plane: { row: [0, 1, 0], column: [0, 0, 1], position: [13, 20, 0] }, rows: 6, columns: 5, spacing: [1, 1], thickness: 1, frameOfReference: '1.2', uid: '9', frameNumber: 1 } as const;
  const sampled = sampleDose(grid([0, 5]), doses(2), slice);
  expect(sampled?.values[0]).toBeCloseTo(0.5, 5);
  expect(sampled?.values[5 * 5 + 4]).toBeCloseTo((1 + 20 + 100) / 2, 5);
});

test('the greatest dose and its place', () => {
  expect(greatestDose(grid([0, 5]), doses(2))).toEqual({ value: (3 + 20 + 100) / 2, place: [19, 24, 5] });
});


test('colours are those of the levels, mixed between them, nothing below', () => {
  const wash = washOf(new Float32Array([0, 10, 15, 20, 99, Number.NaN]), [{ dose: 20, rgb: [200, 0, 0] }, { dose: 10, rgb: [0, 100, 0] }]);
  expect([...wash]).toEqual([0, 0, 0, 0, 0, 100, 0, 255, 100, 50, 0, 255, 200, 0, 0, 255, 200, 0, 0, 255, 0, 0, 0, 0]);
});
