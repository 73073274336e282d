// What is painted over an image, in its own pixels? Overlay planes, then shutters, then graphics and words of a presentation state (PS3.4 N.2).
import type { OverlayMask } from '../model/overlays';
import type { Applied, Drawing, Words } from '../model/presentation';
import type { Shape, Shutters } from '../model/shutters';

type Context = CanvasRenderingContext2D;
export interface Size { readonly columns: number; readonly rows: number; /** Height of a pixel by its width. */ readonly aspect: number }

const OVERLAY_COLOR = '#fff';
const LINE_PX = 1.5;
const FONT_PX = 15;
const pictures = new WeakMap<Uint8Array, OffscreenCanvas>();

/** Paint the bits of a plane. */
export function paintPlane(context: Context, { plane, mask }: OverlayMask, color = OVERLAY_COLOR): void {
  let picture = pictures.get(mask);
  if (!picture) {
    picture = new OffscreenCanvas(plane.columns, plane.rows);
    const bits = new ImageData(plane.columns, plane.rows);
    mask.forEach((bit, i) => { bits.data[4 * i + 3] = bit * 255; });
    const own = picture.getContext('2d');
    own?.putImageData(bits, 0, 0);
    if (own) Object.assign(own, { globalCompositeOperation: 'source-in', fillStyle: color });
    own?.fillRect(0, 0, plane.columns, plane.rows);
    pictures.set(mask, picture);
  }
  context.drawImage(picture, plane.left, plane.top);
}

/** Cover what shutters exclude: each shape by itself, so that only what lies within all of them is seen. */
export function paintShutters(context: Context, { shapes, grey, overlayGroup }: Shutters, masks: readonly OverlayMask[], size: Size): void {
  const level = Math.round(grey * 255);
  context.fillStyle = `rgb(${level} ${level} ${level})`;
  for (const shape of shapes) {
    context.beginPath();
    context.rect(-0.05, -0.05, size.columns + 0.1, size.rows + 0.1);
    trace(context, shape, size);
    context.fill('evenodd');
  }
  for (const one of masks) if (overlayGroup && one.plane.group === overlayGroup) paintPlane(context, one, String(context.fillStyle));
}

function trace(context: Context, shape: Shape, { columns, rows, aspect }: Size): void {
  if (shape.kind === 'rectangle') {
    const [left, top] = [Math.max(0, shape.left), Math.max(0, shape.top)];
    context.rect(left, top, Math.min(columns, shape.right) - left, Math.min(rows, shape.bottom) - top);
  } else if (shape.kind === 'circle') context.ellipse(shape.x, shape.y, shape.radius, shape.radius / aspect, 0, 0, 2 * Math.PI);
  else shape.points.forEach(([x, y], i) => { if (i) context.lineTo(x, y); else context.moveTo(x, y); });
}

/** Paint graphics and words on the canvas; `toCanvas` and `fromArea` turn their points into its pixels. */
export function paintAnnotations(context: Context, { drawings, words }: Applied, toCanvas: Turn, fromArea: Turn): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.lineWidth = LINE_PX * devicePixelRatio;
  for (const drawing of drawings) paintDrawing(context, drawing, drawing.points.map(drawing.isDisplay ? fromArea : toCanvas));
  context.font = `${FONT_PX * devicePixelRatio}px sans-serif`;
  context.textBaseline = 'top';
  for (const one of words) paintWords(context, one, toCanvas, fromArea);
}

export type Turn = (point: readonly [number, number]) => readonly [number, number];
const colorOf = (grey: number): string => { const level = Math.round(grey * 255); return `rgb(${level} ${level} ${level})`; };

function paintDrawing(context: Context, { kind, isFilled, grey }: Drawing, points: readonly (readonly [number, number])[]): void {
  const [first, second, third, fourth] = points;
  if (!first) return;
  Object.assign(context, { strokeStyle: colorOf(grey), fillStyle: colorOf(grey) });
  context.beginPath();
  if (kind === 'POINT') for (const [x, y] of points) { context.moveTo(x + 3, y); context.arc(x, y, 3, 0, 2 * Math.PI); }
  else if (kind === 'CIRCLE' && second) context.arc(...first, Math.hypot(second[0] - first[0], second[1] - first[1]), 0, 2 * Math.PI);
  else if (kind === 'ELLIPSE' && second && third && fourth) {
    const [dx, dy] = [second[0] - first[0], second[1] - first[1]];
    context.ellipse((first[0] + second[0]) / 2, (first[1] + second[1]) / 2, Math.hypot(dx, dy) / 2, Math.hypot(fourth[0] - third[0], fourth[1] - third[1]) / 2, Math.atan2(dy, dx), 0, 2 * Math.PI);
  } else if (kind === 'INTERPOLATED') smooth(context, points);
  else points.forEach(([x, y], i) => { if (i) context.lineTo(x, y); else context.moveTo(x, y); });
  if (isFilled) context.fill();
  context.stroke();
}

/** Go through all points by a curve without corners (Catmull-Rom). */
function smooth(context: Context, points: readonly (readonly [number, number])[]): void {
  const at = (i: number): readonly [number, number] => points[Math.max(0, Math.min(points.length - 1, i))] as readonly [number, number];
  context.moveTo(...at(0));
  for (let i = 0; i < points.length - 1; i += 1) {
    const [p0, p1, p2, p3] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    context.bezierCurveTo(p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6, p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6, p2[0], p2[1]);
  }
}

function paintWords(context: Context, { lines, isDisplay, at, anchor, anchorIsDisplay, grey }: Words, toCanvas: Turn, fromArea: Turn): void {
  const [x, y] = (isDisplay ? fromArea : toCanvas)(at);
  Object.assign(context, { strokeStyle: '#000', fillStyle: colorOf(grey) });
  lines.forEach((line, i) => {
    const top = y + i * FONT_PX * 1.25 * devicePixelRatio;
    context.strokeText(line, x, top);
    context.fillText(line, x, top);
  });
  if (!anchor) return;
  context.strokeStyle = colorOf(grey);
  context.beginPath();
  context.moveTo(...(anchorIsDisplay ? fromArea : toCanvas)(anchor));
  context.lineTo(x, y);
  context.stroke();
}
