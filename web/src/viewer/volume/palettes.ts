// In which colours does an overlay lie over other images? Hot Iron as PS3.6 B.1.1 has it, and a few more that keep their order in grey.
import { cornerstone } from '../core/packages';

export const PALETTES = ['Hot Iron', 'Inferno (matplotlib)', 'Rainbow Blended Black', 'jet', 'Grayscale'] as const;
export type Palette = (typeof PALETTES)[number];

/** Make the palettes known that Cornerstone does not bring. */
export function registerPalettes(): void {
  const { registerColormap, getColormap } = cornerstone.utilities.colormap;
  if (getColormap('Hot Iron')) return;
  registerColormap({
    Name: 'Hot Iron', name: 'Hot Iron', ColorSpace: 'RGB',
    // Value, red, green, blue: three straight ramps, one after the other.
    RGBPoints: [0, 0, 0, 0, 128 / 255, 1, 0, 0, 192 / 255, 1, 128 / 255, 0, 1, 1, 1, 1],
  } as Parameters<typeof registerColormap>[0]);
}
