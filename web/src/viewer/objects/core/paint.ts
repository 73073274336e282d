// How is something painted over an image so that it turns and grows with it? Through the affine way from its pixels to the canvas.
import type { Piece } from '../model/outline';
import type { Affine } from '../model/slice';

/** Draw a picture whose pixels lie on a grid; the middle of its first pixel is 0, 0. */
export function drawGrid(context: CanvasRenderingContext2D, picture: CanvasImageSource, { a, b, c, d, e, f }: Affine, isSmooth: boolean): void {
  context.save();
  context.setTransform(a, b, c, d, e, f);
  context.imageSmoothingEnabled = isSmooth;
  context.drawImage(picture, -0.5, -0.5);
  context.restore();
}

/** Make a path of straight pieces, each end brought to the canvas. */
export function pathOf(pieces: Iterable<Piece>, { a, b, c, d, e, f }: Affine): Path2D {
  const path = new Path2D();
  for (const [x0, y0, x1, y1] of pieces) {
    path.moveTo(a * x0 + c * y0 + e, b * x0 + d * y0 + f);
    path.lineTo(a * x1 + c * y1 + e, b * x1 + d * y1 + f);
  }
  return path;
}

/** Make a path of polygons. */
export function polygonPath(polygons: Iterable<{ points: readonly (readonly [number, number])[]; isClosed: boolean }>, { a, b, c, d, e, f }: Affine): Path2D {
  const path = new Path2D();
  for (const { points, isClosed } of polygons) {
    points.forEach(([x, y], index) => {
      const [left, top] = [a * x + c * y + e, b * x + d * y + f];
      if (index) path.lineTo(left, top);
      else path.moveTo(left, top);
    });
    if (isClosed) path.closePath();
  }
  return path;
}

/** Turn RGBA bytes into something that can be drawn. */
export function pictureOf(rgba: Uint8ClampedArray<ArrayBuffer>, columns: number, rows: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, columns, rows), 0, 0);
  return canvas;
}
