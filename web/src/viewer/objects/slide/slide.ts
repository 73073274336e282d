// What does a whole slide image consist of? Levels of tiles, and pictures of its label and of the whole glass: PS3.3 A.32.8, C.8.12.4, C.7.6.17.3.
import type { Attributes } from '../../../dicom/names';
import { itemsOf, numberOf, stringOf, stringsOf, values } from '../../../dicom/values';
import { spacingOf, type Instance } from '../../model/instance';

/** A tile: its frame and where it lies in the pixels of its level. */
export interface Tile { readonly frame: number; readonly x: number; readonly y: number }

export interface Level {
  readonly instance: Instance;
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Missing for a level whose tiles follow each other without gaps (TILED_FULL). */
  readonly sparse: ReadonlyMap<string, readonly Tile[]> | undefined;
  /** How many frames lie before those of the focal plane in the middle. */
  readonly skipped: number;
}

export interface Slide {
  /** From the finest to the coarsest. */
  readonly levels: readonly Level[];
  /** Label, overview and others that are no level. */
  readonly pictures: readonly { readonly kind: string; readonly instance: Instance }[];
  /** Width of a pixel of the finest level, in mm. */
  readonly mmPerPixel: number | undefined;
}

const NO_LEVEL = new Set(['LABEL', 'OVERVIEW']);
const shared = (set: Attributes, sequence: string): Attributes | undefined => { const [group] = itemsOf(set, '52009229'); return group ? itemsOf(group, sequence)[0] : undefined; };

/** Read the instances of a series as one slide; undefined when it has no level. */
export function readSlide(instances: readonly Instance[]): Slide | undefined {
  const kindOf = (instance: Instance): string => stringsOf(instance.attributes, '00080008')[2] ?? '';
  const levels = instances.filter((instance) => !NO_LEVEL.has(kindOf(instance))).map(readLevel).filter((level) => level !== undefined).sort((a, b) => b.columns - a.columns);
  const [finest] = levels;
  if (!finest) return undefined;
  const { spacing, source } = spacingOf({ instance: finest.instance, number: 1 });
  const widthMm = numberOf(finest.instance.attributes, '00480001');
  return {
    levels: distinct(levels),
    pictures: instances.filter((instance) => NO_LEVEL.has(kindOf(instance))).map((instance) => ({ kind: kindOf(instance), instance })),
    mmPerPixel: source === 'none' ? (widthMm ? widthMm / finest.columns : undefined) : spacing[1],
  };
}

/** Keep one level of each size: others are of further focal planes or optical paths. */
const distinct = (levels: readonly Level[]): Level[] => [...new Map(levels.toReversed().map((level) => [level.columns, level])).values()].sort((a, b) => b.columns - a.columns);

function readLevel(instance: Instance): Level | undefined {
  const set = instance.attributes;
  const columns = numberOf(set, '00480006') ?? instance.columns;
  const rows = numberOf(set, '00480007') ?? instance.rows;
  if (!(columns > 0 && rows > 0 && instance.columns > 0 && instance.rows > 0)) return undefined;
  const isFull = stringOf(set, '00209311') === 'TILED_FULL' || !values(set, '52009230').some((group) => position(group as Attributes));
  const perPlane = nTiles({ columns, rows, tileWidth: instance.columns, tileHeight: instance.rows });
  const nPlanes = Math.max(1, Math.trunc(numberOf(set, '00480303') ?? 1));
  const skipped = isFull ? perPlane * Math.floor((nPlanes - 1) / 2) : 0;
  return { instance, columns, rows, tileWidth: instance.columns, tileHeight: instance.rows, skipped, sparse: isFull ? undefined : sparseTiles(instance) };
}

const position = (group: Attributes | undefined): Attributes | undefined => (typeof group === 'object' && group !== null ? itemsOf(group, '0048021A')[0] : undefined);

/** Sort the tiles of a sparse level into cells of the size of a tile; of several at one place the first is kept. */
function sparseTiles(instance: Instance): Map<string, Tile[]> {
  const cells = new Map<string, Tile[]>();
  const taken = new Set<string>();
  const common = shared(instance.attributes, '0048021A');
  values(instance.attributes, '52009230').slice(0, instance.nFrames).forEach((group, index) => {
    const place = position(group as Attributes) ?? common;
    const [left, top] = [place && numberOf(place, '0048021E'), place && numberOf(place, '0048021F')];
    if (left === undefined || top === undefined || taken.has(`${left},${top}`)) return;
    taken.add(`${left},${top}`);
    const tile = { frame: index + 1, x: left - 1, y: top - 1 };
    const key = cellKey(Math.floor(tile.x / instance.columns), Math.floor(tile.y / instance.rows));
    const cell = cells.get(key);
    if (cell) cell.push(tile);
    else cells.set(key, [tile]);
  });
  return cells;
}

const cellKey = (column: number, row: number): string => `${column},${row}`;

/** Return how many tiles a level can have. */
export const nTiles = ({ columns, rows, tileWidth, tileHeight }: Pick<Level, 'columns' | 'rows' | 'tileWidth' | 'tileHeight'>): number => Math.ceil(columns / tileWidth) * Math.ceil(rows / tileHeight);

/** A rectangle in pixels of a level. */
export interface Box { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

/** Find the tiles of a level that a rectangle touches. */
export function tilesIn(level: Level, { left, top, right, bottom }: Box): Tile[] {
  const { tileWidth, tileHeight, columns, rows, sparse, skipped } = level;
  const [nAcross, nDown] = [Math.ceil(columns / tileWidth), Math.ceil(rows / tileHeight)];
  const clamp = (value: number, most: number): number => Math.max(0, Math.min(most - 1, Math.floor(value)));
  if (right <= 0 || bottom <= 0 || left >= columns || top >= rows) return [];
  const tiles: Tile[] = [];
  // A sparse tile need not lie on a cell's corner: it may reach into the next one.
  const before = sparse ? 1 : 0;
  for (let row = Math.max(0, clamp(top / tileHeight, nDown) - before); row <= clamp(bottom / tileHeight, nDown); row += 1) {
    for (let column = Math.max(0, clamp(left / tileWidth, nAcross) - before); column <= clamp(right / tileWidth, nAcross); column += 1) {
      if (sparse) tiles.push(...(sparse.get(cellKey(column, row)) ?? []));
      else tiles.push({ frame: skipped + row * nAcross + column + 1, x: column * tileWidth, y: row * tileHeight });
    }
  }
  return tiles.filter(({ frame }) => frame <= level.instance.nFrames);
}

/** Choose the level to draw at a scale (screen pixels per pixel of the finest level): the coarsest that is fine enough. */
export function levelAt(levels: readonly Level[], scale: number): number {
  const finest = levels[0]?.columns ?? 1;
  let chosen = 0;
  levels.forEach(({ columns }, index) => { if (columns / finest >= scale * 0.999) chosen = index; });
  return chosen;
}

/** Choose a scale bar: a round length at most `most` screen pixels wide. */
export function scaleBar(mmPerScreenPixel: number, most = 160): { readonly width: number; readonly text: string } {
  const longest = mmPerScreenPixel * most;
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = ([5, 2, 1].find((factor) => factor * power <= longest) ?? 1) * power;
  return { width: length / mmPerScreenPixel, text: length >= 1 ? `${Number(length.toPrecision(3))} mm` : `${Number((length * 1000).toPrecision(3))} µm` };
}
