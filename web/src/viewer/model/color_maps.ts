// In which colours may greys be seen? Hot Iron as PS3.6 B.1.1 has it and others by their corner colours, black first.
import { GREYS, packed, type Colors } from './shading';

type Corner = readonly [at: number, red: number, green: number, blue: number];
const CORNERS = {
  hotIron: [[0, 0, 0, 0], [128, 255, 0, 0], [192, 255, 128, 0], [255, 255, 255, 255]],
  rainbow: [[0, 0, 0, 0], [32, 0, 0, 160], [96, 0, 200, 255], [144, 0, 220, 0], [200, 255, 240, 0], [255, 255, 0, 0]],
  viridis: [[0, 68, 1, 84], [64, 59, 82, 139], [128, 33, 145, 140], [192, 94, 201, 98], [255, 253, 231, 37]],
  inferno: [[0, 0, 0, 4], [64, 87, 16, 110], [128, 188, 55, 84], [192, 249, 142, 9], [255, 252, 255, 164]],
  cool: [[0, 0, 0, 0], [96, 0, 60, 160], [176, 60, 170, 230], [255, 255, 255, 255]],
} as const satisfies Record<string, readonly Corner[]>;

export type ColorMap = 'grey' | keyof typeof CORNERS;
export const COLOR_MAPS: readonly ColorMap[] = ['grey', ...(Object.keys(CORNERS) as (keyof typeof CORNERS)[])];

const made = new Map<ColorMap, Colors>([['grey', GREYS]]);

/** Return the 256 colours of a map. */
export function colorsOf(name: ColorMap): Colors {
  let colors = made.get(name);
  if (!colors) {
    const corners: readonly Corner[] = CORNERS[name as keyof typeof CORNERS];
    colors = Uint32Array.from({ length: 256 }, (_, at) => {
      const after = Math.max(1, corners.findIndex(([place]) => place >= at));
      const [a, b] = [corners[after - 1], corners[after]] as [Corner, Corner];
      const share = (at - a[0]) / (b[0] - a[0]);
      const mixed = (channel: 1 | 2 | 3): number => Math.round(a[channel] + (b[channel] - a[channel]) * share);
      return packed(mixed(1), mixed(2), mixed(3));
    });
    made.set(name, colors);
  }
  return colors;
}
