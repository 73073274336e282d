// Do studies open in the layout that their modality asks for?
import { expect, test } from 'vitest';
import { assign, layoutFor, likeness, mammographyCell, readLayout, type Hung } from './hanging';
import type { Instance } from './instance';

const series = (...modalities: string[]): Hung[] => modalities.map((modality) => ({ modality, nInstances: 1, description: '' }));

test.each([
  [['CT'], 1, 1], [['CT', 'CT'], 1, 2], [['MR', 'MR', 'MR', 'MR', 'SR'], 2, 2], [['CT', 'PT'], 1, 2], [['MG', 'MG', 'MG', 'MG'], 2, 2],
  [['DX', 'DX', 'DX'], 1, 2], [['US', 'US'], 1, 1], [['SR'], 1, 1], [[], 1, 1],
])('%j hangs in %i x %i', (modalities, rows, columns) => {
  expect(layoutFor(series(...modalities))).toEqual({ rows, columns });
});

test('a remembered layout goes before the rule', () => {
  expect(layoutFor(series('CT'), readLayout('3x4'))).toEqual({ rows: 3, columns: 4 });
  expect(readLayout('9x9')).toBeUndefined();
});

test('cells get the chosen series first, and no documents', () => {
  expect(assign(series('CT', 'SR', 'CT', 'CT'), 2, 2)).toEqual([2, 0]);
  expect(assign(series('CT', 'SR'), 4)).toEqual([0]);
});

test('mammograms go to their side and view', () => {
  const made = (side: string, view: string): Instance => ({ attributes: { '00200062': { vr: 'CS', Value: [side] }, '00185101': { vr: 'CS', Value: [view] } } }) as unknown as Instance;
  expect([made('R', 'CC'), made('L', 'CC'), made('R', 'MLO'), made('L', 'MLO'), made('L', 'XCCL')].map(mammographyCell)).toEqual([0, 1, 2, 3, undefined]);
});

test('the likest series of a prior is of the same modality with the same words', () => {
  const one = (modality: string, description: string): Hung & { bodyPart: string } => ({ modality, description, nInstances: 1, bodyPart: '' });
  expect(likeness(one('MR', 'T2 axial'), one('MR', 'AXIAL T2 fs'))).toBe(3);
  expect(likeness(one('MR', 'T2'), one('CT', 'T2'))).toBe(0);
});
