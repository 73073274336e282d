// How does an address say exactly what is seen? Layout and, for each cell, image, window, camera: read back without trusting it.
import { COLOR_MAPS, type ColorMap } from './color_maps';
import { readLayout, type Layout } from './hanging';

/** How an image lies on the screen: `zoom` 1 fits it, `x` and `y` are the pixel in the middle (its own middle is at 0.5). */
export interface Camera { readonly zoom: number; readonly x: number; readonly y: number; readonly rotation: number; readonly isFlipped: boolean; readonly isUpsideDown: boolean; readonly isInverted: boolean }
export interface CellLink { readonly image: string; readonly frame: number; readonly window?: readonly [center: number, width: number]; readonly camera?: Camera; readonly colors: ColorMap }
export interface ViewLink { readonly layout: Layout; readonly active: number; readonly cells: readonly (CellLink | undefined)[] }

const round = (value: number): number => Number(value.toFixed(3));
const flags = ({ isFlipped, isUpsideDown, isInverted }: Camera): string => `${isFlipped ? 'h' : ''}${isUpsideDown ? 'v' : ''}${isInverted ? 'i' : ''}`;

/** Write a view for the address: cells after each other, parts of a cell by commas, nothing that needs escaping but them. */
export function writeView({ layout, active, cells }: ViewLink): string {
  const written = cells.map((cell) => {
    if (!cell) return '';
    const { camera, window } = cell;
    const place = camera ? [camera.zoom, camera.x, camera.y, camera.rotation].map(round) : ['', '', '', ''];
    return [cell.image, cell.frame, ...(window?.map(round) ?? ['', '']), ...place, camera ? flags(camera) : '', cell.colors].join(',');
  });
  return [`${layout.rows}x${layout.columns}`, active, ...written].join(';');
}

/** Read a view of an address; undefined when it is none. */
export function readView(text: string): ViewLink | undefined {
  const [sides = '', active = '', ...cells] = text.split(';');
  const layout = readLayout(sides);
  if (!layout || cells.length !== layout.rows * layout.columns) return undefined;
  const index = Number(active);
  return { layout, active: Number.isInteger(index) && index >= 0 && index < cells.length ? index : 0, cells: cells.map(readCell) };
}

function readCell(text: string): CellLink | undefined {
  const [image = '', frame, center, width, zoom, x, y, rotation, signs = '', colors] = text.split(',');
  if (!/^[0-9.]{1,64}$/.test(image)) return undefined;
  const [window, place] = [numbers(center, width), numbers(zoom, x, y, rotation)];
  return {
    image, frame: Math.max(1, Math.trunc(Number(frame)) || 1), colors: COLOR_MAPS.find((name) => name === colors) ?? 'grey',
    ...(window && (window[1] ?? 0) > 0 ? { window: window as [number, number] } : {}),
    ...(place && (place[0] ?? 0) > 0 ? { camera: { zoom: place[0] as number, x: place[1] as number, y: place[2] as number, rotation: place[3] as number, isFlipped: signs.includes('h'), isUpsideDown: signs.includes('v'), isInverted: signs.includes('i') } } : {}),
  };
}

function numbers(...texts: (string | undefined)[]): number[] | undefined {
  const all = texts.map((text) => (text ? Number(text) : Number.NaN));
  return all.every(Number.isFinite) ? all : undefined;
}
