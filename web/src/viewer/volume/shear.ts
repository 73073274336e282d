// How does a slice of a tilted gantry come onto a straight grid? Moved in its own plane, between pixels linearly: no slice is mixed with another.
import type { Samples } from '../model/pixels';

/** The size of a picture, in columns and rows. */
export type Size = readonly [number, number];

/** Return the slice on the wider grid; `shift` says at which column and row its first pixel lies there, `outside` fills what it does not cover. */
export function moved(slice: Samples, from: Size, to: Size, shift: readonly [number, number], outside: number): Samples {
  const out = new (slice.constructor as new (n: number) => Samples)(to[0] * to[1]).fill(outside);
  const [wholeX, wholeY] = [Math.floor(shift[0]), Math.floor(shift[1])];
  const [partX, partY] = [shift[0] - wholeX, shift[1] - wholeY];
  const isWhole = slice instanceof Float32Array ? (v: number): number => v : Math.round;
  for (let y = 0; y < to[1]; y += 1) {
    // Row y of the grid lies between two rows of the slice.
    const below = y - wholeY;
    if (below < 0 || below - (partY > 0 ? 1 : 0) >= from[1]) continue;
    const rowA = Math.min(below, from[1] - 1) * from[0];
    const rowB = Math.max(Math.min(below - 1, from[1] - 1), 0) * from[0];
    for (let x = 0; x < to[0]; x += 1) {
      const right = x - wholeX;
      if (right < 0 || right - (partX > 0 ? 1 : 0) >= from[0]) continue;
      const a = Math.min(right, from[0] - 1);
      const b = Math.max(Math.min(right - 1, from[0] - 1), 0);
      const upper = (slice[rowA + a] as number) * (1 - partX) + (slice[rowA + b] as number) * partX;
      const lower = (slice[rowB + a] as number) * (1 - partX) + (slice[rowB + b] as number) * partX;
      out[y * to[0] + x] = isWhole(upper * (1 - partY) + lower * partY);
    }
  }
  return out;
}
