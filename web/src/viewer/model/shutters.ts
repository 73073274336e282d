// Which part of an image must not be seen? Display shutters (PS3.3 C.7.6.11, C.7.6.15): what lies outside is covered.
import type { Attributes } from '../../dicom/names';
import { numberOf, numbersOf, stringOf, stringsOf } from '../../dicom/values';

export type Shape =
  | { readonly kind: 'rectangle'; readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }
  | { readonly kind: 'circle'; readonly x: number; readonly y: number; readonly radius: number }
  | { readonly kind: 'polygon'; readonly points: readonly (readonly [number, number])[] };
/** Shapes in pixels from the outer corner of the first one; the grey that covers, 0 to 1; the overlay whose bits cover. */
export interface Shutters { readonly shapes: readonly Shape[]; readonly grey: number; readonly overlayGroup: string }

/** Read the shutters of an image or a presentation state; undefined when there are none. */
export function shuttersOf(set: Attributes): Shutters | undefined {
  const shapes = stringsOf(set, '00181600').map((name) => shapeOf(name.trim(), set)).filter((shape) => shape !== undefined);
  const isBitmap = stringsOf(set, '00181600').some((name) => name.trim() === 'BITMAP') || '00181623' in set;
  if (!shapes.length && !isBitmap) return undefined;
  const group = isBitmap ? (stringOf(set, '00181623') || '') : '';
  return { shapes, grey: Math.min(1, Math.max(0, (numberOf(set, '00181622') ?? 0) / 65535)), overlayGroup: /^\d+$/.test(group) ? Number(group).toString(16).toUpperCase() : group.toUpperCase() };
}

function shapeOf(name: string, set: Attributes): Shape | undefined {
  if (name === 'RECTANGULAR') {
    const [left, right, top, bottom] = ['00181602', '00181604', '00181606', '00181608'].map((tag) => numberOf(set, tag));
    if (left === undefined || right === undefined || top === undefined || bottom === undefined) return undefined;
    return { kind: 'rectangle', left: left - 1, top: top - 1, right, bottom };
  }
  if (name === 'CIRCULAR') {
    const [row, column] = numbersOf(set, '00181610');
    const radius = numberOf(set, '00181612');
    return row === undefined || column === undefined || radius === undefined ? undefined : { kind: 'circle', x: column - 0.5, y: row - 0.5, radius };
  }
  if (name !== 'POLYGONAL') return undefined;
  const edges = numbersOf(set, '00181620');
  const points = Array.from({ length: Math.floor(edges.length / 2) }, (_, i) => [(edges[2 * i + 1] ?? 0) - 0.5, (edges[2 * i] ?? 0) - 0.5] as const);
  return points.length >= 3 ? { kind: 'polygon', points } : undefined;
}
