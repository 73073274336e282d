import { expect, test } from 'vitest';
import { rangeOf, rangeOfLut, rangeOfRegion, shadeOfLut, shadeOfRange, throughLut, windowOf } from './voi';

test('a linear window is that of PS3.3 C.11.2.1.2.1: of 256 grey levels the middle ones', () => {
  const shade = shadeOfRange(rangeOf({ center: 2048, width: 4096 }), 'LINEAR');
  for (const x of [0, 1, 1000, 2047, 2048, 4000, 4095]) expect(shade(x)).toBeCloseTo(Math.min(1, Math.max(0, (x - 2047.5) / 4095 + 0.5)), 12);
  expect(shade(-5)).toBe(0);
  expect(shade(5000)).toBe(1);
  // Width 1: a threshold.
  const step = shadeOfRange(rangeOf({ center: 10, width: 1 }), 'LINEAR');
  expect([step(9), step(10)]).toEqual([0, 1]);
});

test('exact and sigmoid windows follow C.11.2.1.3', () => {
  const exact = shadeOfRange(rangeOf({ center: 0, width: 100 }, 'LINEAR_EXACT'), 'LINEAR_EXACT');
  expect([-50, 0, 25, 50].map(exact)).toEqual([0, 0.5, 0.75, 1]);
  const sigmoid = shadeOfRange(rangeOf({ center: 40, width: 400 }, 'SIGMOID'), 'SIGMOID');
  for (const x of [-1000, -60, 40, 140, 3000]) expect(sigmoid(x)).toBeCloseTo(1 / (1 + Math.exp((-4 * (x - 40)) / 400)), 12);
  for (const by of ['LINEAR', 'LINEAR_EXACT', 'SIGMOID'] as const) expect(windowOf(rangeOf({ center: 40, width: 400 }, by), by)).toEqual({ center: 40, width: 400 });
});

test('tables answer with their ends outside', () => {
  const lut = { first: 100, entries: Uint16Array.from([0, 10, 40, 255]), top: 255, name: '' };
  expect([0, 100, 102, 103, 9000].map((x) => shadeOfLut(lut)(x) * 255)).toEqual([0, 0, 40, 255, 255]);
  expect(rangeOfLut(lut)).toEqual({ lower: 100, upper: 103 });
  expect([...throughLut([99, 101, 200], lut)]).toEqual([0, 10, 255]);
});

test('a region gives the range of its own pixels, whichever corner comes first, and none outside', () => {
  const image = { data: [0, 1, 2, 10, 11, 12, 20, 21, 22], columns: 3, rows: 3 };
  expect(rangeOfRegion(image, [2.9, 2.9], [1.1, 1.5])).toEqual({ lower: 11, upper: 22 });
  expect(rangeOfRegion(image, [-5, -5], [0.5, 0.5])).toEqual({ lower: 0, upper: 1e-6 });
  expect(rangeOfRegion(image, [7, 7], [9, 9])).toBeUndefined();
});
