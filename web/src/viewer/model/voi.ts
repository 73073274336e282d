// How bright is a value? The VOI transformation of PS3.3 C.11.2: a window by one of three functions, or a table; values in, 0 to 1 out.
import type { Window } from './instance';

export type VoiFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
/** The values between which a window goes from black to white. */
export interface Range { readonly lower: number; readonly upper: number }
/** A table of a Modality or VOI LUT Sequence: the value of its first entry, its entries, the greatest entry there may be. */
export interface Lut { readonly first: number; readonly entries: Uint16Array; readonly top: number; readonly name: string }
export type Shade = (value: number) => number;

/** Read the name of a VOI LUT Function; what is missing or unknown is LINEAR. */
export const voiFunction = (name: string): VoiFunction => (name === 'SIGMOID' || name === 'LINEAR_EXACT' ? name : 'LINEAR');

/** Turn a window into the range that it shows: of LINEAR one less than the width (PS3.3 C.11.2.1.2.1). */
export function rangeOf({ center, width }: Omit<Window, 'name'>, by: VoiFunction = 'LINEAR'): Range {
  return by === 'LINEAR' ? { lower: center - 0.5 - (width - 1) / 2, upper: center - 0.5 + (width - 1) / 2 } : { lower: center - width / 2, upper: center + width / 2 };
}

/** Turn a range back into a window. */
export function windowOf({ lower, upper }: Range, by: VoiFunction = 'LINEAR'): { center: number; width: number } {
  return by === 'LINEAR' ? { width: Math.abs(upper - lower) + 1, center: (upper + lower + 1) / 2 } : { width: Math.abs(upper - lower), center: (upper + lower) / 2 };
}

/** Return the function that shades values by a range. */
export function shadeOfRange({ lower, upper }: Range, by: VoiFunction): Shade {
  const width = upper - lower;
  if (by === 'SIGMOID' && width > 0) {
    const center = (upper + lower) / 2;
    return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  }
  return (value) => (value <= lower ? 0 : value >= upper ? 1 : (value - lower) / width);
}

/** Return the function that shades values by a table: what lies outside takes the entry at that end (PS3.3 C.11.2.1.1). */
export function shadeOfLut({ first, entries, top }: Lut): Shade {
  const last = entries.length - 1;
  return (value) => (entries[Math.max(0, Math.min(last, Math.floor(value) - first))] ?? 0) / top;
}

/** Return the values between which a table goes on. */
export const rangeOfLut = ({ first, entries }: Lut): Range => ({ lower: first, upper: first + entries.length - 1 });

/** Look stored values up in a Modality LUT (PS3.3 C.11.1.1.1). */
export function throughLut(raw: ArrayLike<number>, { first, entries }: Lut): Uint16Array<ArrayBuffer> {
  const last = entries.length - 1;
  return Uint16Array.from({ length: raw.length }, (_, i) => entries[Math.max(0, Math.min(last, (raw[i] ?? 0) - first))] ?? 0);
}

/** Return the range of the values between two places of an image; undefined when no pixel lies there. */
export function rangeOfRegion({ data, columns, rows }: { data: ArrayLike<number>; columns: number; rows: number }, a: readonly [number, number], b: readonly [number, number]): Range | undefined {
  const ends = (axis: 0 | 1, count: number): [number, number] => [Math.max(0, Math.floor(Math.min(a[axis], b[axis]))), Math.min(count - 1, Math.floor(Math.max(a[axis], b[axis])))];
  const [[left, right], [top, bottom]] = [ends(0, columns), ends(1, rows)];
  let [lower, upper] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const value = data[y * columns + x] as number;
      lower = Math.min(lower, value);
      upper = Math.max(upper, value);
    }
  }
  return lower > upper ? undefined : { lower, upper: Math.max(upper, lower + 1e-6) };
}
