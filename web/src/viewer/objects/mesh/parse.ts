// Which triangles does a model have, and in which colours? STL in both forms, OBJ and MTL, as PS3.3 A.85 encapsulates them; read without trusting a count.
import type { Rgb } from '../model/color';

/** One part of a model: x, y, z of three corners for each triangle, and the material that colours it. */
export interface Part { readonly material: string; readonly corners: Float32Array<ArrayBuffer> }
export interface Material { readonly rgb: Rgb; readonly opacity: number }

const HEAD_BYTES = 84;
const TRIANGLE_BYTES = 50;

/** Read an STL file; its normals are left aside, its corners say enough. */
export function readStl(bytes: Uint8Array<ArrayBuffer>): Part[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const told = bytes.length >= HEAD_BYTES ? view.getUint32(80, true) : 0;
  const isBinary = told > 0 && HEAD_BYTES + told * TRIANGLE_BYTES <= bytes.length && HEAD_BYTES + told * TRIANGLE_BYTES + 2 >= bytes.length;
  if (!isBinary) return readAsciiStl(bytes);
  const corners = new Float32Array(told * 9);
  for (let triangle = 0; triangle < told; triangle += 1) {
    for (let i = 0; i < 9; i += 1) corners[triangle * 9 + i] = view.getFloat32(HEAD_BYTES + triangle * TRIANGLE_BYTES + 12 + i * 4, true);
  }
  return [{ material: '', corners }];
}

function readAsciiStl(bytes: Uint8Array): Part[] {
  const numbers: number[] = [];
  for (const [, x, y, z] of new TextDecoder().decode(bytes).matchAll(/^\s*vertex\s+(\S+)\s+(\S+)\s+(\S+)/gim)) numbers.push(Number(x), Number(y), Number(z));
  const whole = numbers.slice(0, Math.floor(numbers.length / 9) * 9);
  return whole.length && whole.every(Number.isFinite) ? [{ material: '', corners: Float32Array.from(whole) }] : [];
}

/** Read an OBJ file: polygons become fans of triangles, one part for each material. */
export function readObj(bytes: Uint8Array): Part[] {
  const places: number[] = [];
  const parts = new Map<string, number[]>();
  let own: number[] = [];
  parts.set('', own);
  for (const line of linesOf(new TextDecoder().decode(bytes))) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'v') places.push(Number(rest[0]), Number(rest[1]), Number(rest[2]));
    else if (word === 'usemtl') {
      const name = rest.join(' ');
      own = parts.get(name) ?? [];
      parts.set(name, own);
    } else if (word === 'f') addFace(own, places, rest);
  }
  return [...parts].filter(([, corners]) => corners.length).map(([material, corners]) => ({ material, corners: Float32Array.from(corners) }));
}

function addFace(corners: number[], places: readonly number[], face: readonly string[]): void {
  const nPlaces = places.length / 3;
  // A corner is place/texture/normal, counted from 1, or from the end when negative.
  const indices = face.map((corner) => { const n = Number.parseInt(corner, 10); return n < 0 ? nPlaces + n : n - 1; });
  if (indices.length < 3 || indices.some((index) => !(index >= 0 && index < nPlaces))) return;
  for (let i = 1; i + 1 < indices.length; i += 1) {
    for (const index of [indices[0], indices[i], indices[i + 1]] as number[]) corners.push(places[3 * index] ?? 0, places[3 * index + 1] ?? 0, places[3 * index + 2] ?? 0);
  }
}

/** Read an MTL file: diffuse colour and opacity of each material. */
export function readMtl(bytes: Uint8Array): Map<string, Material> {
  const found = new Map<string, Material>();
  let name = '';
  for (const line of linesOf(new TextDecoder().decode(bytes))) {
    const [word, ...rest] = line.trim().split(/\s+/);
    const before = found.get(name) ?? { rgb: [200, 200, 200] as const, opacity: 1 };
    const numbers = rest.map(Number);
    if (word === 'newmtl') name = rest.join(' ');
    else if (word === 'Kd' && numbers.length === 3 && numbers.every((n) => n >= 0 && n <= 1)) found.set(name, { ...before, rgb: numbers.map((n) => Math.round(n * 255)) as unknown as Rgb });
    else if ((word === 'd' || word === 'Tr') && Number.isFinite(numbers[0])) found.set(name, { ...before, opacity: Math.min(1, Math.max(0, word === 'd' ? (numbers[0] ?? 1) : 1 - (numbers[0] ?? 0))) });
  }
  return found;
}

function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    yield text.slice(from, end < 0 ? undefined : end);
    if (end < 0) return;
    from = end + 1;
  }
}

export interface Bounds { readonly least: readonly [number, number, number]; readonly most: readonly [number, number, number] }

/** Find the box around all corners; undefined when there are none. */
export function boundsOf(parts: readonly Part[]): Bounds | undefined {
  const least: [number, number, number] = [Infinity, Infinity, Infinity];
  const most: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const { corners } of parts) {
    for (let i = 0; i < corners.length; i += 1) {
      const [axis, value] = [(i % 3) as 0 | 1 | 2, corners[i] ?? 0];
      if (value < least[axis]) least[axis] = value;
      if (value > most[axis]) most[axis] = value;
    }
  }
  return least.every(Number.isFinite) && most.every(Number.isFinite) ? { least, most } : undefined;
}
