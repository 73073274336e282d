// Do linked series go to the same place?
import { expect, test } from 'vitest';
import type { Attributes } from '../../dicom/names';
import { displaySets, type DisplaySet } from './display_sets';
import { readInstance } from './instance';
import { follow } from './linking';

const ds = (...values: unknown[]): { vr: string; Value: unknown[] } => ({ vr: 'DS', Value: values });
const made = (reference: string, orientation: number[], places: number[]): DisplaySet => {
  const instances = places.map((z, index) => readInstance({
    '0020000D': ds('1'), '0020000E': ds(`${reference}${orientation}`), '00080018': ds(`${index}`), '00080016': ds('1.2'), '00200013': ds(index), '00280010': ds(10), '00280011': ds(10),
    '7FE00010': { vr: 'OW' }, '00200052': ds(reference), '00200037': ds(...orientation), '00200032': ds(0, 0, z), '00280030': ds(1, 1),
  } as Attributes)).filter((one) => one !== undefined);
  return displaySets(instances)[0] as DisplaySet;
};
const axial = [1, 0, 0, 0, 1, 0];

test('in one frame of reference the nearest plane follows', () => {
  expect(follow(made('A', axial, [0, 2, 4, 6]), 0, 3, made('A', axial, [0, 5, 10, 15]), 0)).toBe(1);
});

test('elsewhere the same step is made, and not beyond the ends', () => {
  expect(follow(made('A', axial, [0, 2, 4, 6]), 1, 3, made('B', axial, [0, 5, 10, 15]), 1)).toBe(3);
  expect(follow(made('A', axial, [0, 2, 4, 6]), 0, 3, made('B', axial, [0, 5]), 1)).toBe(1);
});

test('what is not parallel stays', () => {
  expect(follow(made('A', axial, [0, 2, 4, 6]), 0, 3, made('A', [0, 1, 0, 0, 0, -1], [0, 5, 10, 15]), 0)).toBeUndefined();
});
