// Does a content tree become readable lines, and stay bounded?
import { expect, test } from 'vitest';
import type { Attributes } from '../../dicom/names';
import { linesOf } from './report';

const code = (text: string): { vr: string; Value: unknown[] } => ({ vr: 'SQ', Value: [{ '00080104': { vr: 'LO', Value: [text] } }] });
const item = (kind: string, concept: string, more: Attributes = {}): Attributes => ({ '0040A040': { vr: 'CS', Value: [kind] }, '0040A043': code(concept), ...more });

test('values of every kind are written, with units and references', () => {
  const lines = linesOf(item('CONTAINER', 'Report', { '0040A730': { vr: 'SQ', Value: [
    item('TEXT', 'Finding', { '0040A160': { vr: 'UT', Value: ['<b>none</b>'] } }),
    item('NUM', 'Length', { '0040A300': { vr: 'SQ', Value: [{ '0040A30A': { vr: 'DS', Value: [12.5] }, '004008EA': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['mm'] } }] } }] } }),
    item('IMAGE', 'Source', { '00081199': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2.3'] }, '00081160': { vr: 'IS', Value: [2] } }] } }),
    item('CODE', 'Side', { '0040A168': code('Left') }),
  ] } }));
  expect(lines.map(({ depth, concept, value }) => `${depth} ${concept} ${value}`.trim())).toEqual(['0 Report', '1 Finding <b>none</b>', '1 Length 12.5 mm', '1 Source', '1 Side Left']);
  expect(lines[3]?.reference).toEqual({ uid: '1.2.3', frames: [2] });
});

test('a tree of any depth ends', () => {
  let deep = item('TEXT', 'end');
  for (let level = 0; level < 500; level += 1) deep = item('CONTAINER', `${level}`, { '0040A730': { vr: 'SQ', Value: [deep] } });
  expect(linesOf(deep).length).toBe(65);
});
