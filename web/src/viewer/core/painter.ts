// How does an image come onto the canvas of a stack? Shaded and drawn here, in two dimensions: exact to the standard, and as fast without a graphics card (docs/adr/0009).
import type { StackViewport, Types } from '@cornerstonejs/core';
import type { Samples } from '../model/pixels';
import { GREYS, paintFloats, paintRgb, paintTable, reduced, tabulate, type Colors } from '../model/shading';
import { shadeOfLut, shadeOfRange, type Lut, type Range, type VoiFunction } from '../model/voi';

/** What the painter must know of an image beside its pixels. */
export interface Drawable { readonly data: Samples; readonly columns: number; readonly rows: number; readonly isColor: boolean; readonly voiFunction: VoiFunction }
/** How the reader wants it: by a table instead of the window, in colours. */
export interface Look { lut: Lut | undefined; colors: Colors }

const drawables = new WeakMap<object, Drawable>();

/** Tell the painter of an image that is loaded. */
export const announce = (image: object, drawable: Drawable): void => { drawables.set(image, drawable); };
export const drawableOf = (image: object | undefined): Drawable | undefined => (image ? drawables.get(image) : undefined);

/** Columns to x, rows to y, in pixels of the canvas, from the outer corner of the first pixel. */
export type Placement = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export class Painter {
  private scratch = new OffscreenCanvas(1, 1);
  private picture: ImageData | undefined;
  private table: { colors: Colors; key: unknown[] } | undefined;
  private small: { of: Samples; by: number; is: ReturnType<typeof reduced> } | undefined;
  /** Draws over the image, in the coordinates of its pixels. */
  over: ((context: CanvasRenderingContext2D, image: Types.IImage) => void) | undefined;

  constructor(private readonly viewport: StackViewport, readonly look: Look) {}

  /** Draw the present image; Cornerstone takes what is returned for its event. */
  paint(): object {
    const { viewport } = this;
    const { canvas, element, id: viewportId, renderingEngineId, suppressEvents, sWidth, sHeight } = viewport;
    if (canvas.width !== sWidth || canvas.height !== sHeight) Object.assign(canvas, { width: sWidth, height: sHeight });
    const context = canvas.getContext('2d');
    if (context) this.draw(context);
    return { element, suppressEvents, viewportId, renderingEngineId, viewportStatus: viewport.viewportStatus };
  }

  private draw(context: CanvasRenderingContext2D): void {
    const { canvas } = context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvas.width, canvas.height);
    const image = this.viewport.getCornerstoneImage() as Types.IImage | undefined;
    const drawable = drawableOf(image);
    const placement = drawable && this.placement(image as Types.IImage);
    if (!drawable || !placement) return;
    const { interpolationType, voiRange, invert } = this.viewport.getProperties();
    const smooths = interpolationType !== 0;
    context.setTransform(...placement);
    context.imageSmoothingEnabled = smooths;
    const scale = Math.hypot(placement[0], placement[1]);
    const by = Math.max(1, Math.floor(1 / Math.max(scale, 1e-3)));
    const { data, columns, rows } = this.sized(drawable, by);
    const target = this.prepared(columns, rows);
    this.shade(drawable, data, voiRange ?? { lower: 0, upper: 255 }, invert ?? false, new Uint32Array(target.data.buffer));
    const scratch = this.scratch.getContext('2d', { willReadFrequently: true });
    scratch?.putImageData(target, 0, 0);
    context.drawImage(this.scratch, 0, 0, drawable.columns / by, drawable.rows / by, 0, 0, drawable.columns, drawable.rows);
    this.over?.(context, image as Types.IImage);
  }

  /** Return where the image lies on the canvas; undefined while there is no camera yet. */
  placement(image: Types.IImage): Placement | undefined {
    const data = this.viewport.getImageData();
    if (!data) return undefined;
    const { origin, direction } = data;
    const at = (i: number, j: number): [number, number] => {
      const place = [0, 1, 2].map((axis) => (origin[axis] ?? 0) + (direction[axis] ?? 0) * i * image.columnPixelSpacing + (direction[3 + axis] ?? 0) * j * image.rowPixelSpacing);
      const [x, y] = this.viewport.worldToCanvas(place as Types.Point3);
      return [x * devicePixelRatio, y * devicePixelRatio];
    };
    const [zero, right, down] = [at(-0.5, -0.5), at(image.columns - 0.5, -0.5), at(-0.5, image.rows - 0.5)];
    const each = (to: [number, number], axis: 0 | 1, count: number): number => (to[axis] - zero[axis]) / count;
    const placement = [each(right, 0, image.columns), each(right, 1, image.columns), each(down, 0, image.rows), each(down, 1, image.rows), ...zero] as const;
    return placement.every(Number.isFinite) ? placement : undefined;
  }

  /** Return the image, or a smaller one when it is shown smaller; the last one is kept. */
  private sized(drawable: Drawable, by: number): { data: Samples; columns: number; rows: number } {
    if (by < 2) return drawable;
    if (this.small?.of !== drawable.data || this.small.by !== by) this.small = { of: drawable.data, by, is: reduced(drawable.data, drawable.columns, drawable.rows, drawable.isColor ? 3 : 1, by) };
    return this.small.is;
  }

  private prepared(columns: number, rows: number): ImageData {
    if (this.picture?.width !== columns || this.picture.height !== rows) {
      this.picture = new ImageData(columns, rows);
      Object.assign(this.scratch, { width: columns, height: rows });
    }
    return this.picture;
  }

  private shade(drawable: Drawable, data: Samples, range: Range, isInverse: boolean, out: Uint32Array): void {
    const { lut, colors } = this.look;
    const shade = lut ? shadeOfLut(lut) : shadeOfRange(range, drawable.voiFunction);
    // Colour has no VOI transformation: the range of all samples means as they are, 0 and 255 included.
    if (drawable.isColor) paintRgb(data as Uint8Array, shade, isInverse, out);
    else if (data instanceof Float32Array) paintFloats(data, shade, colors, isInverse, out);
    else {
      const isSigned = data instanceof Int16Array;
      const key = [lut, colors, isInverse, isSigned, drawable.voiFunction, ...(lut ? [] : [range.lower, range.upper])];
      if (!this.table || key.some((one, i) => one !== this.table?.key[i])) this.table = { key, colors: tabulate(shade, colors, isInverse, isSigned) };
      paintTable(data, this.table.colors, out);
    }
  }
}

/** Let a viewport be painted here instead of by WebGL; camera, tools and events stay Cornerstone's. */
export function paintBy(viewport: StackViewport): Painter {
  const painter = new Painter(viewport, { lut: undefined, colors: GREYS });
  Object.assign(viewport, { getUseCustomRenderingPipeline: () => !isResizing.has(viewport), customRenderViewportToCanvas: () => painter.paint() });
  return painter;
}

const isResizing = new WeakSet<StackViewport>();

/** Do something with a viewport while Cornerstone takes it for one of its own: only those follow the size of their element. */
export function asOwn(viewport: StackViewport, what: () => void): void {
  isResizing.add(viewport);
  what();
  isResizing.delete(viewport);
}

/** Make the canvas before Cornerstone does: drawn by the processor when a graphics card would only be imitated by it. */
export function makeCanvas(element: HTMLElement): void {
  const own = document.createElement('div');
  own.className = 'viewport-element';
  own.style.cssText = 'position: relative; width: 100%; height: 100%; overflow: hidden';
  const canvas = document.createElement('canvas');
  canvas.className = 'cornerstone-canvas';
  canvas.style.cssText = 'position: absolute; width: 100%; height: 100%';
  canvas.getContext('2d', { alpha: false, willReadFrequently: isSoftware() });
  own.append(canvas);
  element.append(own);
}

let software: boolean | undefined;

/** Say whether WebGL is the processor's work here. */
export function isSoftware(): boolean {
  if (software !== undefined) return software;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = String((gl && info && gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) ?? '');
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  software = !gl || /swiftshader|llvmpipe|software|basic render/i.test(name);
  return software;
}
