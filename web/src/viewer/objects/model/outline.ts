// Where does a covered area end? Its border along the edges of pixels, as straight pieces; and lines of equal value in a grid of numbers.

/** A straight piece: from x, y to x, y, in pixels counted from the middle of the first one. */
export type Piece = readonly [number, number, number, number];

/** Follow the border of all pixels that reach `least`, in pieces as long as they are straight. */
export function borderOf(covered: Uint8Array, columns: number, rows: number, least = 128): Piece[] {
  const isIn = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < columns && y < rows && (covered[y * columns + x] ?? 0) >= least;
  const pieces: Piece[] = [];
  const run = (length: number, differs: (at: number) => boolean, piece: (from: number, to: number) => Piece): void => {
    let from = -1;
    for (let at = 0; at <= length; at += 1) {
      const on = at < length && differs(at);
      if (on && from < 0) from = at;
      if (!on && from >= 0) { pieces.push(piece(from, at)); from = -1; }
    }
  };
  for (let y = 0; y <= rows; y += 1) run(columns, (x) => isIn(x, y - 1) !== isIn(x, y), (a, b) => [a - 0.5, y - 0.5, b - 0.5, y - 0.5]);
  for (let x = 0; x <= columns; x += 1) run(rows, (y) => isIn(x - 1, y) !== isIn(x, y), (a, b) => [x - 0.5, a - 0.5, x - 0.5, b - 0.5]);
  return pieces;
}

/** Find the lines on which a grid of numbers has one value (marching squares); ambiguous squares are decided by their middle. */
export function isolines(grid: Float32Array, columns: number, rows: number, level: number): Piece[] {
  const pieces: Piece[] = [];
  const at = (x: number, y: number): number => grid[y * columns + x] ?? 0;
  const part = (a: number, b: number): number => (level - a) / (b - a);
  for (let y = 0; y + 1 < rows; y += 1) {
    for (let x = 0; x + 1 < columns; x += 1) {
      const [a, b, c, d] = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
      // Where the grid ends nothing is known, so no line runs along its end.
      if (Number.isNaN(a + b + c + d)) continue;
      const kind = (a >= level ? 1 : 0) | (b >= level ? 2 : 0) | (c >= level ? 4 : 0) | (d >= level ? 8 : 0);
      if (kind === 0 || kind === 15) continue;
      const top = (): [number, number] => [x + part(a, b), y];
      const right = (): [number, number] => [x + 1, y + part(b, c)];
      const bottom = (): [number, number] => [x + part(d, c), y + 1];
      const left = (): [number, number] => [x, y + part(a, d)];
      const put = (from: [number, number], to: [number, number]): void => { pieces.push([...from, ...to]); };
      if (kind === 1 || kind === 14) put(left(), top());
      else if (kind === 2 || kind === 13) put(top(), right());
      else if (kind === 4 || kind === 11) put(right(), bottom());
      else if (kind === 8 || kind === 7) put(bottom(), left());
      else if (kind === 3 || kind === 12) put(left(), right());
      else if (kind === 6 || kind === 9) put(top(), bottom());
      else if ((a + b + c + d) / 4 >= level === (kind === 5)) { put(left(), bottom()); put(top(), right()); }
      else { put(left(), top()); put(right(), bottom()); }
    }
  }
  return pieces;
}
