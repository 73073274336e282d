// How are the series of a study laid out when it is opened? By modality and number, until the reader remembers another layout.
import { stringOf } from '../../dicom/values';
import type { Instance } from './instance';

export interface Layout { readonly rows: number; readonly columns: number }
/** What hanging looks at: one line for each series. */
export interface Hung { readonly modality: string; readonly nInstances: number; readonly description: string }

export const MAX_SIDE = 4;
const NOT_IMAGES = new Set(['SR', 'DOC', 'PR', 'KO', 'ECG', 'HD', 'AU', 'RTSTRUCT', 'RTPLAN', 'RTDOSE', 'RTRECORD', 'PLAN', 'REG', 'FID', 'RWV', 'SMR', 'SEG', 'M3D']);

/** Say whether a series of this modality has images to hang. */
export const isImageModality = (modality: string): boolean => !NOT_IMAGES.has(modality);

/** Choose a layout for a study; `remembered` is the reader's own for its modality. */
export function layoutFor(series: readonly Hung[], remembered?: Layout): Layout {
  const images = series.filter(({ modality }) => isImageModality(modality));
  const count = images.length;
  if (remembered) return remembered;
  const modalities = new Set(images.map(({ modality }) => modality));
  if (modalities.has('PT') && modalities.has('CT')) return { rows: 1, columns: 2 };
  if (modalities.has('MG')) return count >= 4 ? { rows: 2, columns: 2 } : { rows: 1, columns: Math.min(2, Math.max(1, count)) };
  if (modalities.has('MR')) return count >= 4 ? { rows: 2, columns: 2 } : { rows: 1, columns: Math.min(2, Math.max(1, count)) };
  if (modalities.has('CT') || modalities.has('CR') || modalities.has('DX')) return { rows: 1, columns: Math.min(2, Math.max(1, count)) };
  return { rows: 1, columns: 1 };
}

/** Choose which series go into which cell: indices into `series`, the first cell first; mammography by side and view. */
export function assign(series: readonly Hung[], cells: number, first = 0): number[] {
  const images = series.map((one, index) => ({ one, index })).filter(({ one }) => isImageModality(one.modality));
  const rest = images.map(({ index }) => index).filter((index) => index !== first);
  return [first, ...rest].slice(0, cells);
}

const SIDES = ['R', 'L'];
const VIEWS = ['CC', 'MLO'];

/** Return where a mammogram belongs in two rows of two: right and left side by side, CC above MLO; undefined for other views. */
export function mammographyCell(instance: Instance): number | undefined {
  const set = instance.attributes;
  const side = SIDES.indexOf(stringOf(set, '00200062') || stringOf(set, '00200060'));
  const view = VIEWS.indexOf(stringOf(set, '00185101'));
  return side < 0 || view < 0 ? undefined : view * 2 + side;
}

/** Score how alike two series are, for comparing with a prior: same modality counts most, then words in common. */
export function likeness(a: Hung & { bodyPart: string }, b: Hung & { bodyPart: string }): number {
  if (a.modality !== b.modality) return 0;
  const words = (text: string): Set<string> => new Set(text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean));
  const other = words(b.description);
  const common = [...words(a.description)].filter((word) => other.has(word)).length;
  return 1 + common + (a.bodyPart && a.bodyPart === b.bodyPart ? 1 : 0);
}

/** Read a remembered layout such as "2x3". */
export function readLayout(text: string): Layout | undefined {
  const sides = /^([1-4])x([1-4])$/.exec(text);
  return sides ? { rows: Number(sides[1]), columns: Number(sides[2]) } : undefined;
}

