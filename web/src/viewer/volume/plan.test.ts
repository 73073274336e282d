// Which series are volumes, on which grid, and why are the others none?
import { expect, test } from 'vitest';
import type { Attributes } from '../../dicom/names';
import { readInstance, type Frame } from '../model/instance';
import { planVolume, type Plan } from './plan';

interface Slice { at: readonly [number, number, number]; direction?: readonly number[]; spacing?: readonly number[]; rows?: number; samples?: number }

function frames(slices: readonly Slice[]): Frame[] {
  return slices.map(({ at, direction = [1, 0, 0, 0, 1, 0], spacing = [0.8, 0.5], rows = 40, samples = 1 }, index) => {
    const set: Attributes = {
      '0020000D': { vr: 'UI', Value: ['1'] }, '0020000E': { vr: 'UI', Value: ['2'] }, '00080018': { vr: 'UI', Value: [`3.${index}`] }, '00080060': { vr: 'CS', Value: ['CT'] },
      '00280010': { vr: 'US', Value: [rows] }, '00280011': { vr: 'US', Value: [60] }, '00280002': { vr: 'US', Value: [samples] },
      '00200032': { vr: 'DS', Value: [...at] }, '00200037': { vr: 'DS', Value: [...direction] }, ...(spacing.length ? { '00280030': { vr: 'DS', Value: [...spacing] } } : {}),
    };
    const instance = readInstance(set);
    if (!instance) throw new Error('no instance');
    return { instance, number: 1 };
  });
}
const axial = (zs: readonly number[], more: Partial<Slice> = {}): Frame[] => frames(zs.map((z) => ({ at: [-10, -20, z], ...more })));
const plan = (given: Frame[]): Plan => {
  const made = planVolume(given);
  if ('why' in made) throw new Error(made.why);
  return made;
};

test('slices are sorted along their normal, whatever their order', () => {
  const { grid, frames: sorted, shifts } = plan(axial([6, 0, 3, 9]));
  expect(grid.dimensions).toEqual([60, 40, 4]);
  expect(grid.spacing).toEqual([0.5, 0.8, 3]);
  expect(grid.origin).toEqual([-10, -20, 0]);
  expect(sorted.map(({ instance }) => instance.uid)).toEqual(['3.1', '3.2', '3.0', '3.3']);
  expect(shifts).toBeUndefined();
});

test('distances that were rounded to a tenth of a millimetre are even', () => {
  const { grid } = plan(axial(Array.from({ length: 200 }, (_, i) => Number((i * 0.625).toFixed(1)))));
  expect(grid.spacing[2]).toBeCloseTo(0.625, 3);
});

test('a tilted gantry is told by its angle, and the grid is wide enough for all slices', () => {
  const tilt = (15 * Math.PI) / 180;
  const direction = [1, 0, 0, 0, Math.cos(tilt), -Math.sin(tilt)];
  const made = plan(frames([0, 1, 2, 3, 4].map((n) => ({ at: [0, 0, n * 2], direction, spacing: [0.5, 0.5] }))));
  expect(made.tilt).toBeCloseTo(15, 6);
  expect(made.grid.spacing[2]).toBeCloseTo(2 * Math.cos(tilt), 9);
  // The last slice lies 8 sin 15° = 2.07 mm off: 4.14 rows upwards.
  expect(made.shifts?.map(([, v]) => Number(v.toFixed(2)))).toEqual([5, 3.96, 2.93, 1.89, 0.86]);
  expect(made.grid.dimensions).toEqual([60, 45, 5]);
});

test('what is no volume says why', () => {
  expect(planVolume(axial([0, 1]))).toEqual({ why: 'tooFew' });
  expect(planVolume(axial([0, 2, 4, 9]))).toEqual({ why: 'irregular', least: 2, most: 5 });
  expect(planVolume(axial([0, 2, 2, 4]))).toEqual({ why: 'samePlace', n: 2 });
  expect(planVolume([...axial([0, 2, 4]), ...axial([6], { direction: [0, 1, 0, 0, 0, -1] })])).toEqual({ why: 'mixedDirections' });
  expect(planVolume([...axial([0, 2, 4]), ...axial([6], { rows: 41 })])).toEqual({ why: 'mixedSizes' });
  expect(planVolume([...axial([0, 2, 4]), ...axial([6], { spacing: [0.9, 0.5] })])).toEqual({ why: 'mixedSizes' });
  expect(planVolume(axial([0, 2, 4], { samples: 3 }))).toEqual({ why: 'colour' });
  expect(planVolume(axial([0, 2, 4], { spacing: [] }))).toEqual({ why: 'noSize' });
});

test('one slice that is missing in the middle is a gap', () => {
  expect(planVolume(axial([0, 2, 4, 6, 10, 12, 14]))).toMatchObject({ why: 'irregular', most: 4 });
});

test('slices far off each other sideways make no grid', () => {
  expect(planVolume(frames([0, 1, 2].map((n) => ({ at: [n * 1000, 0, n] }))))).toEqual({ why: 'mixedDirections' });
});
