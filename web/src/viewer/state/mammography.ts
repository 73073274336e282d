// How are mammograms hung? Right and left side by side, CC above MLO, from however many series they come (PS3.3 C.8.11.7).
import type { DisplaySet } from '../model/display_sets';
import { mammographyCell, type Layout } from '../model/hanging';
import type { SeriesEntry } from './series_entry.svelte';

/** One image and the cell it belongs into. */
export interface Hung { readonly cell: number; readonly set: DisplaySet; readonly index: number }

/** Find the mammograms of a study; undefined when it has not at least two of different views. */
export async function mammograms(series: readonly SeriesEntry[]): Promise<{ layout: Layout; hung: Hung[] } | undefined> {
  const own = series.filter(({ row }) => row.modality === 'MG');
  if (!own.length) return undefined;
  const found = new Map<number, Omit<Hung, 'cell'>>();
  for (const entry of own) {
    for (const set of await entry.load()) {
      set.frames.forEach(({ instance }, index) => {
        const cell = mammographyCell(instance);
        if (cell !== undefined && !found.has(cell)) found.set(cell, { set, index });
      });
    }
  }
  if (found.size < 2) return undefined;
  const rows = [0, 1].filter((row) => found.has(2 * row) || found.has(2 * row + 1));
  const hung = [...found].map(([cell, image]) => ({ ...image, cell: rows.indexOf(cell >> 1) * 2 + (cell & 1) }));
  return { layout: { rows: rows.length, columns: 2 }, hung };
}
