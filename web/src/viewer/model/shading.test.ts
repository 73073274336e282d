import { expect, test } from 'vitest';
import { GREYS, packed, paintFloats, paintRgb, paintTable, reduced, tabulate } from './shading';
import { shadeOfRange } from './voi';

const shade = shadeOfRange({ lower: -100, upper: 100 }, 'LINEAR');
const grey = (value: number): number => packed(value, value, value);

test('whole and broken values get the same greys, signed ones too', () => {
  const out = new Uint32Array(4);
  paintTable(Int16Array.from([-500, 0, 50, 500]), tabulate(shade, GREYS, false, true), out);
  expect([...out]).toEqual([0, 128, 191, 255].map(grey));
  paintFloats(Float32Array.from([-500, 0, 50, 500]), shade, GREYS, false, out);
  expect([...out]).toEqual([0, 128, 191, 255].map(grey));
  paintTable(Uint16Array.from([0, 50, 100, 65535]), tabulate(shade, GREYS, true, false), out);
  expect([...out]).toEqual([128, 64, 0, 0].map(grey));
});

test('colour keeps its samples in their order', () => {
  const out = new Uint32Array(2);
  paintRgb(Uint8Array.from([1, 2, 3, 255, 0, 128]), shadeOfRange({ lower: 0, upper: 255 }, 'LINEAR'), false, out);
  expect([...out]).toEqual([packed(1, 2, 3), packed(255, 0, 128)]);
});

test('a reduced image holds means, at its edges too', () => {
  const image = Int16Array.from([0, 2, 10, 4, 6, 20, -8, -8, -30]);
  const small = reduced(image, 3, 3, 1, 2);
  expect(small.columns).toBe(2);
  expect([...small.data]).toEqual([3, 15, -8, -30]);
});
