// Are frames read rightly, with and without functional groups?
import { expect, test } from 'vitest';
import type { Attributes } from '../../dicom/names';
import { frameTimeMs, planeOf, readInstance, rescaleOf, spacingOf, windowsOf, type Instance } from './instance';
import { displaySets, kindOf } from './display_sets';
import { suvFactor } from './suv';

const ds = (...values: unknown[]): { vr: string; Value: unknown[] } => ({ vr: 'DS', Value: values });
const made = (more: Attributes = {}): Instance => {
  const read = readInstance({
    '0020000D': ds('1.2'), '0020000E': ds('1.2.3'), '00080018': ds('1.2.3.4'), '00080016': ds('1.2.840.10008.5.1.4.1.1.2'),
    '00280010': ds(4), '00280011': ds(4), '7FE00010': { vr: 'OW' }, ...more,
  });
  if (!read) throw new Error('not read');
  return read;
};
const frame = (more?: Attributes, number = 1): { instance: Instance; number: number } => ({ instance: made(more), number });

test('an object without UIDs is no instance', () => {
  expect(readInstance({})).toBeUndefined();
});

test('a frame finds its own group before the shared one before the header', () => {
  const measures = (spacing: number): Attributes => ({ '00289110': { vr: 'SQ', Value: [{ '00280030': ds(spacing, spacing) }] } });
  const enhanced = { '52009229': { vr: 'SQ', Value: [measures(2)] }, '52009230': { vr: 'SQ', Value: [{}, measures(3)] }, '00280030': ds(1, 1) };
  expect(spacingOf(frame(enhanced, 1)).spacing).toEqual([2, 2]);
  expect(spacingOf(frame(enhanced, 2)).spacing).toEqual([3, 3]);
});

test('where a spacing comes from is told', () => {
  expect(spacingOf(frame({ '00280030': ds('0.5', '0.25') }))).toEqual({ spacing: [0.5, 0.25], source: 'pixel' });
  expect(spacingOf(frame({ '00181164': ds(0.2, 0.2) })).source).toBe('imager');
  expect(spacingOf(frame({ '00280030': ds(0, 0) })).source).toBe('none');
  expect(spacingOf(frame({ '00280034': ds(2, 1) }))).toEqual({ spacing: [2, 1], source: 'none' });
});

test('a plane needs unit vectors', () => {
  expect(planeOf(frame({ '00200037': ds(1, 0, 0, 0, 1, 0), '00200032': ds(1, 2, 3) }))?.position).toEqual([1, 2, 3]);
  expect(planeOf(frame({ '00200037': ds(0, 0, 0, 0, 0, 0), '00200032': ds(1, 2, 3) }))).toBeUndefined();
});

test('windows pair centres with widths, and leave out what has no width', () => {
  expect(windowsOf(frame({ '00281050': ds(40, 300), '00281051': ds(400, 0), '00281055': ds('SOFT', 'BONE') }))).toEqual([{ center: 40, width: 400, name: 'SOFT' }]);
  expect(rescaleOf(frame({ '00281053': ds(2), '00281052': ds(-1024), '00281054': ds('HU') }))).toEqual({ slope: 2, intercept: -1024, unit: 'HU' });
});

test('the time of a frame is the rate, the time or the mean of the vector', () => {
  expect(frameTimeMs(made({ '00180040': ds(25) }))).toBe(40);
  expect(frameTimeMs(made({ '00181063': ds(33.3) }))).toBe(33.3);
  expect(frameTimeMs(made({ '00181065': ds(0, 40, 60) }))).toBe(50);
  expect(frameTimeMs(made())).toBeUndefined();
});

test('kinds follow the SOP class and the transfer syntax', () => {
  expect(kindOf(made({ '00080016': ds('1.2.840.10008.5.1.4.1.1.104.1') }))).toBe('pdf');
  expect(kindOf(made({ '00080016': ds('1.2.840.10008.5.1.4.1.1.88.59') }))).toBe('keys');
  expect(kindOf(made({ '00080016': ds('1.2.840.10008.5.1.4.1.1.88.33') }))).toBe('report');
  expect(kindOf(made({ '00083002': ds('1.2.840.10008.1.2.4.102') }))).toBe('video');
  expect(kindOf(made())).toBe('stack');
});

test('single frames of one size are one stack; a multi-frame stands alone', () => {
  const single = (uid: string, number: number, rows = 4): Instance => made({ '00080018': ds(uid), '00200013': ds(number), '00280010': ds(rows) });
  const sets = displaySets([single('1', 2), single('2', 1), single('3', 3, 8), made({ '00080018': ds('4'), '00280008': ds(5), '00200013': ds(9) })]);
  expect(sets.map((set) => set.frames.map(({ instance }) => instance.uid).join())).toEqual(['2,1', '3', '4,4,4,4,4']);
  expect(sets[2]?.isCine).toBe(true);
});

test('images without numbers are ordered by place', () => {
  const at = (uid: string, z: number): Instance => made({ '00080018': ds(uid), '00200037': ds(1, 0, 0, 0, 1, 0), '00200032': ds(0, 0, z) });
  const [set] = displaySets([at('c', 9), at('a', 1), at('d', 12), at('b', 5)]);
  expect(set?.frames.map(({ instance }) => instance.uid).join('')).toBe('abcd');
});

test('the uptake value needs weight, dose and time', () => {
  const pet: Attributes = {
    '00080060': ds('PT'), '00541001': ds('BQML'), '00280051': ds('ATTN', 'DECY'), '00541102': ds('START'), '00101030': ds(70), '00080031': ds('103000'),
    '00540016': { vr: 'SQ', Value: [{ '00181072': ds('093000'), '00181074': ds(370e6), '00181075': ds(6586.2) }] },
  };
  expect(suvFactor(made(pet))).toBeCloseTo(70000 / (370e6 * 2 ** (-3600 / 6586.2)), 12);
  expect(suvFactor(made({ ...pet, '00101030': ds() }))).toBeUndefined();
  expect(suvFactor(made({ ...pet, '00541001': ds('GML') }))).toBe(1);
});
