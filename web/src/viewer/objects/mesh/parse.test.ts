// Are models read from every form, and hostile counts not believed?
import { expect, test } from 'vitest';
import { boundsOf, readMtl, readObj, readStl } from './parse';
import { SIDES, turned, type Turn } from './turn';

const text = (...lines: string[]): Uint8Array<ArrayBuffer> => new TextEncoder().encode(lines.join('\n')) as Uint8Array<ArrayBuffer>;

function binary(told: number, ...triangles: number[][]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(84 + 50 * triangles.length));
  view.setUint32(80, told, true);
  triangles.forEach((corners, n) => corners.forEach((value, i) => view.setFloat32(84 + 50 * n + 12 + 4 * i, value, true)));
  return new Uint8Array(view.buffer);
}

test('STL, binary and as text', () => {
  const corners = [0, 0, 0, 10, 0, 0, 0, 20, 5];
  expect([...(readStl(binary(1, corners))[0]?.corners ?? [])]).toEqual(corners);
  expect([...(readStl(text('solid x', 'facet normal 0 0 1', ' outer loop', ' vertex 0 0 0', ' vertex 1e1 0 0', ' vertex 0 20 5', 'endloop', 'endfacet', 'endsolid'))[0]?.corners ?? [])]).toEqual(corners);
});

test('a count that the bytes do not bear out is no model', () => {
  expect(readStl(binary(4_000_000_000, [0, 0, 0, 1, 0, 0, 0, 1, 0]))).toEqual([]);
  expect(readStl(text('solid x', 'vertex 1 2 NaN', 'vertex 1 2 3', 'vertex 1 2 3'))).toEqual([]);
});

test('OBJ: polygons, indices from the end, parts by material; wrong indices are left out', () => {
  const parts = readObj(text('v 0 0 0', 'v 1 0 0', 'v 1 1 0', 'v 0 1 0', 'usemtl red', 'f 1/1/1 2//2 3 4', 'usemtl blue', 'f -4 -3 -2', 'f 1 2 99', 'f 1 2'));
  expect(parts.map(({ material, corners }) => [material, corners.length])).toEqual([['red', 18], ['blue', 9]]);
  expect(boundsOf(parts)).toEqual({ least: [0, 0, 0], most: [1, 1, 0] });
});

test('MTL: colour and opacity, whichever way it is written', () => {
  expect(Object.fromEntries(readMtl(text('newmtl a', 'Kd 1 0.5 0', 'd 0.25', 'newmtl b', 'Tr 0.2', 'Kd 2 0 0')))).toEqual({ a: { rgb: [255, 128, 0], opacity: 0.25 }, b: { rgb: [200, 200, 200], opacity: 0.8 } });
});

test('every side is a rotation, and turning keeps it one', () => {
  const determinant = ([[a, b, c], [d, e, f], [g, h, i]]: Turn): number => a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  for (const side of Object.values(SIDES)) expect(determinant(side)).toBe(1);
  let turn: Turn = SIDES.A;
  for (let i = 0; i < 500; i += 1) turn = turned(turn, 0.1, 0.07);
  expect(determinant(turn)).toBeCloseTo(1, 9);
  // A quarter to the left shows the patient's other side.
  turned(SIDES.A, Math.PI / 2, 0).flat().forEach((value, i) => expect(value).toBeCloseTo(SIDES.R.flat()[i] ?? 0, 9));
});
