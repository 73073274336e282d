// Where does an image lie in the patient, and which letters stand at its edges? PS3.3 C.7.6.2, C.7.6.1.1.1.
export type Vector = readonly [number, number, number];

export const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const scale = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by];
export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** The plane of one image: direction cosines of a row and a column, centre of the first pixel, in mm. */
export interface Plane { row: Vector; column: Vector; position: Vector }

const AXES = [['R', 'L'], ['A', 'P'], ['F', 'H']] as const;
const OPPOSITE: Record<string, string> = { R: 'L', L: 'R', A: 'P', P: 'A', F: 'H', H: 'F' };

/** Name a direction in the patient: up to three letters, the strongest first (PS3.3 C.7.6.1.1.1). */
export function directionLetters(direction: Vector): string {
  return [0, 1, 2]
    .filter((axis) => Math.abs(direction[axis] ?? 0) > 0.1)
    .sort((a, b) => Math.abs(direction[b] ?? 0) - Math.abs(direction[a] ?? 0))
    .map((axis) => AXES[axis]?.[(direction[axis] ?? 0) > 0 ? 1 : 0] ?? '')
    .join('');
}

/** Turn the letters of a direction into those of the opposite one. */
export function oppositeLetters(letters: string): string {
  return [...letters].map((letter) => OPPOSITE[letter] ?? '').join('');
}

/** Say whether two planes have the same orientation, within about a degree. */
export function isParallel(a: Plane, b: Plane): boolean {
  return Math.abs(dot(cross(a.row, a.column), cross(b.row, b.column))) > 0.9998;
}

/** Return how far the plane lies along a normal, in mm. */
export const distanceAlong = (plane: Plane, normal: Vector): number => dot(plane.position, normal);

/** Find the index of the plane nearest to a point along the planes' own normal. */
export function nearestPlane(planes: readonly Plane[], point: Vector): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  planes.forEach((plane, index) => {
    const away = Math.abs(dot(subtract(point, plane.position), cross(plane.row, plane.column)));
    if (away < least) [best, least] = [index, away];
  });
  return best;
}

/** Return the segment in which one image's rectangle is cut by another plane: a reference line, in mm; undefined if they do not meet. */
export function intersection(image: Plane & { width: number; height: number }, by: Plane): [Vector, Vector] | undefined {
  const normal = cross(by.row, by.column);
  const corners: Vector[] = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) =>
    add(image.position, add(scale(image.row, (x ?? 0) * image.width), scale(image.column, (y ?? 0) * image.height))));
  const sides = corners.map((corner) => dot(subtract(corner, by.position), normal));
  const hits: Vector[] = [];
  corners.forEach((corner, index) => {
    const next = (index + 1) % 4;
    const [a, b] = [sides[index] ?? 0, sides[next] ?? 0];
    const other = corners[next];
    if (other && a !== b && (a <= 0) !== (b <= 0)) hits.push(add(corner, scale(subtract(other, corner), a / (a - b))));
  });
  const [from, to] = hits;
  return from && to ? [from, to] : undefined;
}
