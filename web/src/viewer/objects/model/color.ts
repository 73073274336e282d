// Which colour does an object ask for? Recommended Display CIELab Value (PS3.3 C.10.7.1.1: PCS values, D50) becomes sRGB; others get one of ours.
export type Rgb = readonly [red: number, green: number, blue: number];

// Far apart from each other and from grey; used when a header names no colour.
const OWN: readonly Rgb[] = [[230, 75, 60], [70, 170, 255], [95, 200, 95], [250, 190, 40], [190, 110, 235], [60, 210, 200], [250, 130, 180], [190, 150, 100]];

/** Return a colour for the n-th thing without one. */
export const ownColor = (index: number): Rgb => OWN[index % OWN.length] as Rgb;

/** Write a colour for CSS and canvas. */
export const cssOf = ([red, green, blue]: Rgb, alpha = 1): string => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** Turn the three stored 16-bit values of CIELab into sRGB; undefined when there are not three. */
export function rgbOfLab(stored: readonly number[]): Rgb | undefined {
  const [l, a, b] = stored;
  if (l === undefined || a === undefined || b === undefined) return undefined;
  return srgb(xyz((l / 65535) * 100, (a / 65535) * 255 - 128, (b / 65535) * 255 - 128));
}

type Three = readonly [number, number, number];
const WHITE_D50: Three = [0.9642, 1, 0.8249];

function xyz(l: number, a: number, b: number): Three {
  const y = (l + 16) / 116;
  const back = (t: number): number => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29));
  return [back(y + a / 500) * WHITE_D50[0], back(y) * WHITE_D50[1], back(y - b / 200) * WHITE_D50[2]];
}

// XYZ under D50 to linear sRGB: Bradford's adaptation to D65 and the primaries of IEC 61966-2-1 in one matrix.
const TO_SRGB: readonly Three[] = [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.033454], [0.0719453, -0.2289914, 1.4052427]];

function srgb([x, y, z]: Three): Rgb {
  const channel = ([p, q, r]: Three): number => {
    const linear = Math.min(1, Math.max(0, p * x + q * y + r * z));
    return Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055));
  };
  return TO_SRGB.map(channel) as unknown as Rgb;
}
