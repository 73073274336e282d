// In what do two headers differ? Their lines side by side, by the path of each element.
import type { Line } from './elements';

/** One line of either: `other` is the value there; undefined where the element is missing. */
export type Pair = { line: Line; own: string | undefined; other: string | undefined };

/** Join the lines of two headers in the order of their paths; only those that differ when `differing`. */
export function pairs(own: readonly Line[], other: readonly Line[], differing: boolean): Pair[] {
  const theirs = new Map(other.map((line) => [line.path, line]));
  const joined: Pair[] = own.map((line) => ({ line, own: line.value, other: theirs.get(line.path)?.value }));
  const mine = new Set(own.map((line) => line.path));
  for (const line of other) if (!mine.has(line.path)) joined.push({ line, own: undefined, other: line.value });
  joined.sort((a, b) => (a.line.path < b.line.path ? -1 : a.line.path > b.line.path ? 1 : 0));
  return differing ? joined.filter((pair) => pair.own !== pair.other) : joined;
}
