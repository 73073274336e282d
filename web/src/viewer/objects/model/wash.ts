// Which colour has a dose? Between two levels their colours are mixed; below the lowest nothing is drawn, above the highest its colour stays.
import type { Rgb } from './color';

/** Colour every value; levels in any order. RGBA bytes. */
export function washOf(values: Float32Array, levels: readonly { readonly dose: number; readonly rgb: Rgb }[]): Uint8ClampedArray<ArrayBuffer> {
  const sorted = levels.toSorted((a, b) => a.dose - b.dose);
  const [lowest] = sorted;
  const out = new Uint8ClampedArray(values.length * 4);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? Number.NaN;
    if (!lowest || !(value >= lowest.dose)) continue;
    let above = 1;
    while (above < sorted.length && (sorted[above]?.dose ?? 0) <= value) above += 1;
    const [low, high] = [sorted[above - 1] ?? lowest, sorted[above] ?? sorted[above - 1] ?? lowest];
    const part = high.dose > low.dose ? (value - low.dose) / (high.dose - low.dose) : 0;
    for (let channel = 0; channel < 3; channel += 1) out[4 * i + channel] = (low.rgb[channel] ?? 0) * (1 - part) + (high.rgb[channel] ?? 0) * part;
    out[4 * i + 3] = 255;
  }
  return out;
}
