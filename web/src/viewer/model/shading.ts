// Which colour has each pixel of the picture? Values through a shade and a colour map, as packed bytes for a canvas.
import type { Samples } from './pixels';
import type { Shade } from './voi';

/** 256 colours, packed as a little-endian canvas has them: alpha, blue, green, red from the top. */
export type Colors = Uint32Array<ArrayBuffer>;

/** Pack a colour of 0 to 255. */
export const packed = (red: number, green: number, blue: number): number => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** Black to white. */
export const GREYS: Colors = Uint32Array.from({ length: 256 }, (_, grey) => packed(grey, grey, grey));

const colorOf = (shade: number, colors: Colors, isInverse: boolean): number => colors[Math.round((isInverse ? 1 - shade : shade) * 255)] ?? 0;

/** Tabulate the colours of all 16-bit values; the index is the value, negative ones wrapped. */
export function tabulate(shade: Shade, colors: Colors, isInverse: boolean, isSigned: boolean): Colors {
  const table = new Uint32Array(65536);
  const from = isSigned ? -32768 : 0;
  for (let i = 0; i < 65536; i += 1) table[(from + i) & 0xffff] = colorOf(shade(from + i), colors, isInverse);
  return table;
}

/** Fill a picture with whole values by their table. */
export function paintTable(data: Uint8Array | Uint16Array | Int16Array, table: Colors, out: Uint32Array): void {
  const count = Math.min(data.length, out.length);
  for (let i = 0; i < count; i += 1) out[i] = table[(data[i] as number) & 0xffff] as number;
}

/** Fill a picture with broken values. */
export function paintFloats(data: Float32Array, shade: Shade, colors: Colors, isInverse: boolean, out: Uint32Array): void {
  const count = Math.min(data.length, out.length);
  for (let i = 0; i < count; i += 1) out[i] = colorOf(shade(data[i] as number), colors, isInverse);
}

/** Fill a picture with interleaved RGB, each sample shaded by itself. */
export function paintRgb(data: Uint8Array, shade: Shade, isInverse: boolean, out: Uint32Array): void {
  const bytes = Uint8Array.from({ length: 256 }, (_, value) => Math.round((isInverse ? 1 - shade(value) : shade(value)) * 255));
  const count = Math.min(Math.floor(data.length / 3), out.length);
  for (let i = 0, at = 0; i < count; i += 1, at += 3) {
    out[i] = (0xff000000 | ((bytes[data[at + 2] as number] as number) << 16) | ((bytes[data[at + 1] as number] as number) << 8) | (bytes[data[at] as number] as number)) >>> 0;
  }
}

/** Reduce an image by a whole number in both directions: the mean of each block, so that nothing fine flickers. */
export function reduced(data: Samples, columns: number, rows: number, samples: number, by: number): { data: Samples; columns: number; rows: number } {
  const [width, height] = [Math.ceil(columns / by), Math.ceil(rows / by)];
  const out = new (data.constructor as new (length: number) => Samples)(width * height * samples);
  for (let y = 0; y < height; y += 1) {
    const [top, bottom] = [y * by, Math.min(rows, (y + 1) * by)];
    for (let x = 0; x < width; x += 1) {
      const [left, right] = [x * by, Math.min(columns, (x + 1) * by)];
      const area = (bottom - top) * (right - left);
      for (let sample = 0; sample < samples; sample += 1) {
        let sum = 0;
        for (let row = top; row < bottom; row += 1) for (let column = left; column < right; column += 1) sum += data[(row * columns + column) * samples + sample] as number;
        out[(y * width + x) * samples + sample] = out instanceof Float32Array ? sum / area : Math.round(sum / area);
      }
    }
  }
  return { data: out, columns: width, rows: height };
}
