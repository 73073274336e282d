// Do samples become volts, and volts millimetres?
import { expect, test } from 'vitest';
import type { Attributes } from '../../dicom/names';
import { pathOf, readMultiplex } from './waveform';

const one = (value: unknown): { vr: string; Value: unknown[] } => ({ vr: 'DS', Value: [value] });
const code = (value: string): { vr: string; Value: unknown[] } => ({ vr: 'SQ', Value: [{ '00080100': one(value), '00080104': one(value) }] });
const group: Attributes = {
  '003A0005': one(2), '003A0010': one(3), '003A001A': one(100), '54001004': one(16), '54001006': one('SS'),
  '003A0200': { vr: 'SQ', Value: [{ '003A0208': code('Lead I'), '003A0210': one(2), '003A0211': code('uV') }, { '003A0203': one('II'), '003A0210': one(1), '003A0213': one(0.5), '003A0211': code('mV') }] },
};

test('channels are taken apart and scaled to mV', () => {
  const found = readMultiplex(group, new Uint8Array(new Int16Array([500, 1, -500, 2, 0, 3]).buffer));
  expect(found?.curves.map(({ name, unit }) => `${name} ${unit}`)).toEqual(['I mV', 'II mV']);
  expect([...(found?.curves[0]?.values ?? [])].map((v) => Math.round(v * 1000) / 1000)).toEqual([1, -1, 0]);
  expect([...(found?.curves[1]?.values ?? [])]).toEqual([1.5, 2.5, 3.5]);
});

test('what is too short or of an unknown kind is refused', () => {
  expect(readMultiplex(group, new Uint8Array(4))).toBeUndefined();
  expect(readMultiplex({ ...group, '54001006': one('MB') }, new Uint8Array(12))).toBeUndefined();
});

test('25 mm a second and 10 mm a millivolt', () => {
  expect(pathOf({ name: '', unit: 'mV', values: new Float32Array([0, 1, Number.NaN, -1]) }, 100, 25, 10)).toBe('M0.00 0.00L0.25 -10.00M0.75 10.00');
});
