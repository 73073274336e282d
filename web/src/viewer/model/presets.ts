// Which windows stand on the number keys? The header's own first, then the usual ones of the modality.
import type { Window } from './instance';

/** `name` is a key of the viewer's texts for the usual ones, the header's own words otherwise. */
export interface Preset extends Window { readonly isOwn: boolean; /** Which table of the VOI LUT Sequence it is, instead of a window. */ readonly table?: number }

type Row = readonly [name: string, center: number, width: number];
const USUAL = new Map<string, readonly Row[]>([
  ['CT', [['softTissue', 40, 400], ['lung', -600, 1500], ['bone', 500, 2000], ['brain', 40, 80], ['liver', 60, 160], ['abdomen', 40, 350], ['mediastinum', 50, 350], ['angio', 300, 600]]],
  ['PT', [['SUV 0–5', 2.5, 5], ['SUV 0–10', 5, 10], ['SUV 0–15', 7.5, 15], ['SUV 0–20', 10, 20]]],
]);

/** Return at most nine presets: windows and tables of the header, then the windows of the modality. */
export function presetsFor(modality: string, own: readonly Window[], tables: readonly string[] = []): Preset[] {
  const usual = USUAL.get(modality) ?? [];
  const all: Preset[] = [
    ...own.map((window) => ({ ...window, isOwn: true })),
    ...tables.map((name, table) => ({ name, center: 0, width: 0, isOwn: true, table })),
    ...usual.map(([name, center, width]) => ({ name, center, width, isOwn: false })),
  ];
  const seen = new Set<string>();
  return all.filter(({ center, width, table }: Preset) => {
    const key = `${center}/${width}/${table ?? ''}`;
    return !seen.has(key) && seen.add(key);
  }).slice(0, 9);
}
