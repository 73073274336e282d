// Do the corners say what was chosen, in the lines that were chosen, and nothing of what is missing?
import { expect, test } from 'vitest';
import { cornerLines, CORNERS, isCornerChoice, usualCorners, type CornerItem } from './corner_text';
import { readInstance, type Instance } from './instance';

const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });
const HEADER = {
  '0020000D': of('UI', '1.1'), '0020000E': of('UI', '1.2'), '00080018': of('UI', '1.3'), '00080060': of('CS', 'MR'), '00280010': of('US', 256), '00280011': of('US', 192),
  '00100010': of('PN', { Alphabetic: 'Doe^Jane' }), '00100020': of('LO', 'P1'), '00100030': of('DA', '19700102'), '00080030': of('TM', '140509.5'),
  '00180080': of('DS', 500), '00180081': of('DS', 12.5), '00180087': of('DS', 1.5), '00280030': of('DS', 0.5, 0.25), '00180060': of('DS', 120),
};
const frame = { instance: readInstance(HEADER) as Instance, number: 1 };
const live = { image: 'Image 1 of 2', zoom: '', window: 'C 1 W 2' };
const written = (items: readonly CornerItem[]): string[] => cornerLines(items, frame, live).map((line) => line.map(({ text }) => text).join(' · '));

test('the usual corners go by modality', () => {
  const mr = usualCorners('MR');
  expect(written(mr.topLeft)).toEqual(['Doe Jane', 'P1 · 1970-01-02']);
  expect(written(mr.topRight)).toEqual(['14:05:09']);
  expect(written(mr.bottomLeft)).toEqual(['TR 500 · TE 12.5', '1.5 T']);
  expect(written(usualCorners('CT').bottomLeft)).toEqual(['120 kV']);
  for (const strange of ['constructor', '__proto__']) expect(usualCorners(strange)).toEqual(usualCorners('CT'));
  expect(written(mr.bottomRight)).toEqual(['Image 1 of 2', 'C 1 W 2']);
});

test('a choice is obeyed; a first element that joins begins a line all the same', () => {
  expect(written([{ element: 'matrix', joins: true }, { element: 'spacing', joins: true }, { element: 'ti', joins: false }, { element: 'kv', joins: true }])).toEqual(['192 × 256 · 0.25 × 0.5 mm', '120 kV']);
});

test('what a browser kept is believed only when it is whole', () => {
  for (const modality of ['CT', 'MR', 'PT']) expect(isCornerChoice(JSON.parse(JSON.stringify(usualCorners(modality))))).toBe(true);
  const usual = usualCorners('CT');
  for (const corner of CORNERS) expect(isCornerChoice({ ...usual, [corner]: [{ element: 'constructor', joins: false }] })).toBe(false);
  for (const value of [null, 7, [], {}, { ...usual, topLeft: [null] }, { ...usual, topLeft: [{ element: 'kv' }] }]) expect(isCornerChoice(value)).toBe(false);
});
