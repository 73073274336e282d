// Do cells become the right values: signs, unused bits, planes, palettes?
import { expect, test } from 'vitest';
import { readPalette, rescale, throughPalettes, toRgb, unpack, type Cells } from './pixels';

const grey = (more: Partial<Cells> = {}): Cells => ({ rows: 1, columns: 4, samples: 1, bitsAllocated: 16, bitsStored: 12, highBit: 11, isSigned: false, isFloat: false, isPlanar: false, photometric: 'MONOCHROME2', ...more });
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(new Uint16Array(values).buffer);

test('unused bits are masked and the sign is extended', () => {
  const cells = grey({ isSigned: true });
  expect([...rescale(unpack(bytes(0x0fff, 0xf001, 0x0800, 0x07ff), cells), cells, 1, 0).data]).toEqual([-1, 1, -2048, 2047]);
  const unsigned = grey();
  expect([...rescale(unpack(bytes(0xffff, 0xf001, 0x0800, 7), unsigned), unsigned, 1, 0).data]).toEqual([4095, 1, 2048, 7]);
});

test('values that fit stay whole numbers, others become floating', () => {
  const cells = grey();
  const hu = rescale(unpack(bytes(0, 1024, 4095, 1), cells), cells, 1, -1024);
  expect(hu.data).toBeInstanceOf(Int16Array);
  expect([hu.min, hu.max]).toEqual([-1024, 3071]);
  expect(rescale(unpack(bytes(1, 2, 3, 4), cells), cells, 0.5, 0).data).toEqual(new Float32Array([0.5, 1, 1.5, 2]));
});

test('a plain frame is not copied', () => {
  const cells = grey({ bitsStored: 16, highBit: 15 });
  const raw = unpack(bytes(1, 2, 3, 4), cells);
  expect(rescale(raw, cells, 1, 0).data).toBe(raw);
});

test('single bits are unpacked from the lowest on', () => {
  const cells = grey({ bitsAllocated: 1, bitsStored: 1, highBit: 0 });
  expect([...unpack(new Uint8Array([0b0110]), cells)]).toEqual([0, 1, 1, 0]);
});

test('signed bytes and an odd byte offset', () => {
  const cells = grey({ bitsAllocated: 8, bitsStored: 8, highBit: 7, isSigned: true });
  expect([...rescale(unpack(new Uint8Array([255, 128, 127, 0]), cells), cells, 1, 0).data]).toEqual([-1, -128, 127, 0]);
  const odd = new Uint8Array([9, ...bytes(1, 2, 3, 4)]).subarray(1);
  expect([...unpack(odd, grey())]).toEqual([1, 2, 3, 4]);
});

test('a short frame is refused', () => {
  expect(() => unpack(new Uint8Array(7), grey())).toThrow(RangeError);
});

test('colours: planes, YBR full and 4:2:2', () => {
  const cells = grey({ columns: 2, samples: 3, bitsAllocated: 8, bitsStored: 8, highBit: 7, photometric: 'RGB' });
  expect([...toRgb([1, 2, 3, 4, 5, 6], cells)]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...toRgb([1, 4, 2, 5, 3, 6], { ...cells, isPlanar: true })]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...toRgb([76, 85, 255, 255, 128, 128], { ...cells, photometric: 'YBR_FULL' })]).toEqual([254, 0, 0, 255, 255, 255]);
  expect([...toRgb([10, 20, 128, 128], { ...cells, photometric: 'YBR_FULL_422' })]).toEqual([10, 10, 10, 20, 20, 20]);
});

test('palettes: first value, ends, and 8-bit values in 16-bit words', () => {
  const wide = readPalette([2, 10, 16], new Uint8Array([0, 255, 0, 128]));
  expect([...throughPalettes([0, 10, 11, 99], [wide, wide, wide])]).toEqual([255, 255, 255, 255, 255, 255, 128, 128, 128, 128, 128, 128]);
  expect([...readPalette([2, 0, 16], new Uint8Array([7, 0, 9, 0])).entries]).toEqual([7, 9]);
});
