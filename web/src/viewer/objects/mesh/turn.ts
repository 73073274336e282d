// From where is a model seen? Rows of a rotation: which way in the patient goes right, up and towards the reader (PS3.3 C.7.6.2.1.1: x to the left, y to the back, z to the head).
type Row = readonly [number, number, number];
export type Turn = readonly [right: Row, up: Row, near: Row];

export const SIDES = {
  A: [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
  P: [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
  L: [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
  R: [[0, -1, 0], [0, 0, 1], [-1, 0, 0]],
  H: [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
  F: [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
} as const satisfies Record<string, Turn>;
export type Side = keyof typeof SIDES;

/** Turn a view by a drag: `across` about the screen's upright, `down` about its level, in radians. */
export function turned([right, up, near]: Turn, across: number, down: number): Turn {
  const mixed = (a: Row, b: Row, ca: number, cb: number): Row => [a[0] * ca + b[0] * cb, a[1] * ca + b[1] * cb, a[2] * ca + b[2] * cb];
  const [c, s] = [Math.cos(across), Math.sin(across)];
  const [right1, near1] = [mixed(right, near, c, s), mixed(near, right, c, -s)];
  const [d, t] = [Math.cos(down), Math.sin(down)];
  return upright([right1, mixed(up, near1, d, -t), mixed(near1, up, d, t)]);
}

/** Keep the rows of a rotation at right angles and of length one, whatever was rounded. */
function upright([right, up]: Turn): Turn {
  const length = (row: Row): Row => { const n = Math.hypot(...row) || 1; return [row[0] / n, row[1] / n, row[2] / n]; };
  const x = length(right);
  const along = x[0] * up[0] + x[1] * up[1] + x[2] * up[2];
  const y = length([up[0] - along * x[0], up[1] - along * x[1], up[2] - along * x[2]]);
  return [x, y, [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]];
}
