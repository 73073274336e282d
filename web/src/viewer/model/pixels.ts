// How do stored cells become values to show? Sign, bits stored, rescaling, colour planes: PS3.5 8, PS3.3 C.7.6.3, C.11.1.

export type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** The shape of one frame's cells. */
export interface Cells {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly isSigned: boolean;
  readonly isFloat: boolean;
  readonly isPlanar: boolean;
  readonly photometric: string;
}

export interface Values { readonly data: Samples; readonly min: number; readonly max: number }

/** Read the cells of an uncompressed little-endian frame as numbers; raises RangeError when bytes are missing. */
export function unpack(bytes: Uint8Array<ArrayBuffer>, cells: Cells): Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const count = cells.rows * cells.columns * samplesStored(cells);
  const needed = Math.ceil((count * cells.bitsAllocated) / 8);
  if (bytes.byteLength < needed) throw new RangeError(`the frame has ${bytes.byteLength} bytes instead of ${needed}`);
  if (cells.bitsAllocated === 1) return Uint8Array.from({ length: count }, (_, i) => ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1);
  const width = cells.bitsAllocated / 8;
  const start = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const of = <T>(kind: new (buffer: ArrayBuffer, offset: number, length: number) => T): T => new kind(start.buffer, start.byteOffset, count);
  if (cells.isFloat) return cells.bitsAllocated === 64 ? of(Float64Array) : of(Float32Array);
  if (width === 1) return of(Uint8Array);
  if (width === 2) return cells.isSigned ? of(Int16Array) : of(Uint16Array);
  if (width === 4) return cells.isSigned ? of(Int32Array) : of(Uint32Array);
  throw new RangeError(`${cells.bitsAllocated} bits per sample are not known`);
}

const samplesStored = (cells: Cells): number => (cells.samples === 3 && cells.photometric.endsWith('422') ? 2 : cells.samples);

/** Turn grey cells into modality values: unused bits off, sign extended, slope and intercept applied; whole numbers stay 16-bit when they fit. */
export function rescale(raw: ArrayLike<number> & { slice(): unknown }, cells: Cells, slope: number, intercept: number): Values {
  const { bitsStored, highBit } = cells;
  const isWhole = bitsStored >= cells.bitsAllocated || cells.isFloat || cells.bitsAllocated === 1;
  const isPlain = isWhole && slope === 1 && intercept === 0 && !(cells.isSigned && cells.bitsAllocated === 8);
  if (isPlain && (raw instanceof Uint8Array || raw instanceof Uint16Array || raw instanceof Int16Array)) return { data: raw as Samples, ...extremes(raw) };
  const count = raw.length;
  const cell = isWhole && !(cells.isSigned && cells.bitsAllocated === 8) ? undefined : { up: 31 - highBit, down: 32 - bitsStored };
  const at = !cell ? (i: number): number => raw[i] ?? 0
    : cells.isSigned ? (i: number): number => ((raw[i] ?? 0) << cell.up) >> cell.down
    : (i: number): number => ((raw[i] ?? 0) << cell.up) >>> cell.down;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i += 1) {
    const value = at(i);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const ends = [least * slope + intercept, most * slope + intercept];
  const [min, max] = [Math.min(...ends), Math.max(...ends)];
  const isInteger = Number.isInteger(slope) && Number.isInteger(intercept) && !cells.isFloat;
  const data = !isInteger ? new Float32Array(count) : min >= 0 && max < 256 ? new Uint8Array(count)
    : min >= -32768 && max < 32768 ? new Int16Array(count) : min >= 0 && max < 65536 ? new Uint16Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i += 1) data[i] = at(i) * slope + intercept;
  return { data, min, max };
}

/** Find the least and the greatest value. */
export function extremes(data: ArrayLike<number>): { min: number; max: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** Turn colour cells into interleaved 8-bit RGB. */
export function toRgb(raw: ArrayLike<number>, cells: Cells): Uint8Array<ArrayBuffer> {
  const count = cells.rows * cells.columns;
  const out = new Uint8Array(count * 3);
  const shift = Math.max(0, cells.bitsStored - 8);
  const isYbr = cells.photometric === 'YBR_FULL' || cells.photometric === 'YBR_FULL_422';
  const is422 = cells.photometric === 'YBR_FULL_422' && raw.length < count * 3;
  for (let i = 0; i < count; i += 1) {
    const [a, b, c] = is422 ? [(i >> 1) * 4 + (i & 1), (i >> 1) * 4 + 2, (i >> 1) * 4 + 3] : cells.isPlanar ? [i, i + count, i + 2 * count] : [3 * i, 3 * i + 1, 3 * i + 2];
    const [x, y, z] = [(raw[a] ?? 0) >> shift, (raw[b] ?? 0) >> shift, (raw[c] ?? 0) >> shift];
    if (isYbr) {
      out[3 * i] = clamp(x + 1.402 * (z - 128));
      out[3 * i + 1] = clamp(x - 0.344136 * (y - 128) - 0.714136 * (z - 128));
      out[3 * i + 2] = clamp(x + 1.772 * (y - 128));
    } else {
      out[3 * i] = x;
      out[3 * i + 1] = y;
      out[3 * i + 2] = z;
    }
  }
  return out;
}

const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));

/** One palette: its descriptor (PS3.3 C.7.6.3.1.5) and its entries as 8-bit values. */
export interface Palette { readonly first: number; readonly entries: Uint8Array }

/** Read a palette from its descriptor and data; 16-bit entries keep their high byte. */
export function readPalette(descriptor: readonly number[], bytes: Uint8Array): Palette {
  const count = descriptor[0] || 65536;
  const first = descriptor[1] ?? 0;
  const isWide = bytes.length >= count * 2;
  const entries = new Uint8Array(count);
  let top = 0;
  for (let i = 0; i < count; i += 1) if (isWide) top = Math.max(top, bytes[2 * i + 1] ?? 0);
  // Some writers put 8-bit values into 16-bit words: then every high byte is zero.
  for (let i = 0; i < count; i += 1) entries[i] = (isWide ? bytes[top > 0 ? 2 * i + 1 : 2 * i] : bytes[i]) ?? 0;
  return { first, entries };
}

/** Look pixels up in three palettes: interleaved RGB. */
export function throughPalettes(raw: ArrayLike<number>, palettes: readonly [Palette, Palette, Palette]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(raw.length * 3);
  for (let i = 0; i < raw.length; i += 1) {
    palettes.forEach(({ first, entries }, channel) => {
      const index = Math.max(0, Math.min(entries.length - 1, (raw[i] ?? 0) - first));
      out[3 * i + channel] = entries[index] ?? 0;
    });
  }
  return out;
}
