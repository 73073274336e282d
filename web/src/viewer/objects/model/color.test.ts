// Are stored CIELab values turned into the sRGB that wrote them?
import { expect, test } from 'vitest';
import { rgbOfLab } from './color';

/** Store CIELab as PS3.3 C.10.7.1.1 does. */
const stored = (l: number, a: number, b: number): number[] => [Math.round((l / 100) * 65535), Math.round(((a + 128) / 255) * 65535), Math.round(((b + 128) / 255) * 65535)];

// CIELab under D50 of the primaries of sRGB, as Lindbloom's calculator gives them.
test.each([
  [[100, 0, 0], [255, 255, 255]], [[0, 0, 0], [0, 0, 0]], [[54.29, 80.81, 69.89], [255, 0, 0]], [[87.82, -79.29, 80.99], [0, 255, 0]], [[29.57, 68.3, -112.03], [0, 0, 255]], [[53.39, 0, 0], [127, 127, 127]],
])('CIELab %s is sRGB %s', (lab, rgb) => {
  rgbOfLab(stored(...(lab as [number, number, number])))?.forEach((value, i) => expect(Math.abs(value - (rgb[i] ?? 0))).toBeLessThanOrEqual(2));
});

test('fewer than three values are no colour', () => expect(rgbOfLab([1, 2])).toBeUndefined());
