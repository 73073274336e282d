// How does an image come onto the canvas of a stack? Shaded and drawn here, in two dimensions: exact to the standard, and as fast without a graphics card (docs/adr/0009).
import type { StackViewport, Types } from '@cornerstonejs/core';
import { stringOf } from '../../dicom/values';
import type { Frame } from '../model/instance';
import type { OverlayMask } from '../model/overlays';
import type { Samples } from '../model/pixels';
import type { Applied } from '../model/presentation';
import { GREYS, paintFloats, paintRgb, paintTable, reduced, tabulate, type Colors } from '../model/shading';
import type { Shutters } from '../model/shutters';
import { shadeOfLut, shadeOfRange, type Lut, type Range, type Shade, type VoiFunction } from '../model/voi';
import { paintAnnotations, paintPlane, paintShutters } from './over_image';

/** What the painter must know of an image. */
export interface Drawable {
  readonly frame: Frame;
  readonly data: Samples;
  readonly columns: number;
  readonly rows: number;
  readonly isColor: boolean;
  readonly voiFunction: VoiFunction;
  readonly hasWindow: boolean;
  readonly luts: readonly Lut[];
  readonly overlays: readonly OverlayMask[];
  readonly shutters?: Shutters;
}
/** What a presentation state says of the image on the screen, with its tables and planes fetched. */
export interface State { readonly says: Applied; readonly voiLut: Lut | undefined; readonly presentationLut: Lut | undefined; readonly overlays: readonly OverlayMask[] }
/** How the reader wants it: the image's or state's own brightness, a window, or one of the image's tables; in which colours; under what. */
export interface Look { voi: 'own' | 'window' | number; colors: Colors; state: State | undefined; showsOverlays: boolean }

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
    context.setTransform(...placement);
    context.imageSmoothingEnabled = this.viewport.getProperties().interpolationType !== 0;
    const scale = Math.hypot(placement[0], placement[1]);
    const by = Math.max(1, Math.floor(1 / Math.max(scale, 1e-3)));
    const { data, columns, rows } = this.sized(drawable, by);
    const target = this.prepared(columns, rows);
    this.shade(drawable, data, new Uint32Array(target.data.buffer));
    const scratch = this.scratch.getContext('2d', { willReadFrequently: true });
    scratch?.putImageData(target, 0, 0);
    context.drawImage(this.scratch, 0, 0, drawable.columns / by, drawable.rows / by, 0, 0, drawable.columns, drawable.rows);
    this.paintOver(context, drawable, placement, image as Types.IImage);
  }

  private paintOver(context: CanvasRenderingContext2D, drawable: Drawable, placement: Placement, image: Types.IImage): void {
    const { state, showsOverlays } = this.look;
    const size = { columns: drawable.columns, rows: drawable.rows, aspect: image.rowPixelSpacing / image.columnPixelSpacing };
    const covers = state?.says.shutters ?? (state ? undefined : drawable.shutters);
    const planes = [...(state ? drawable.overlays.filter(({ plane }) => state.says.activeGroups.has(plane.group)) : drawable.overlays), ...(state?.overlays ?? [])];
    if (showsOverlays) for (const one of planes) if (one.plane.group !== covers?.overlayGroup) paintPlane(context, one);
    if (covers) paintShutters(context, covers, [...planes, ...drawable.overlays], size);
    if (!state || !showsOverlays) return;
    const [a, b, c, d, e, f] = placement;
    const { canvas } = context;
    const area = state.says.area ?? { left: 0, top: 0, right: size.columns, bottom: size.rows };
    const isTurned = state.says.rotation % 180 !== 0;
    const [across, down] = [area.right - area.left, (area.bottom - area.top) * size.aspect];
    const [w, h] = isTurned ? [down, across] : [across, down];
    const fit = Math.min(canvas.width / w, canvas.height / h);
    const inArea = ([x, y]: readonly [number, number]): readonly [number, number] => [canvas.width / 2 + (x - 0.5) * w * fit, canvas.height / 2 + (y - 0.5) * h * fit];
    paintAnnotations(context, state.says, ([x, y]) => [a * x + c * y + e, b * x + d * y + f], inArea);
  }

  /** Return what makes values bright now, and by what: a table that has a name, or a range. */
  voi(drawable: Drawable): { shade: Shade; lut: Lut | undefined; range: Range; by: VoiFunction } {
    const { voi, state } = this.look;
    const isOwn = voi === 'own';
    const lut = typeof voi === 'number' ? drawable.luts[voi] : !isOwn ? undefined : state ? state.voiLut : drawable.hasWindow ? undefined : drawable.luts[0];
    const by = isOwn && state?.says.range ? state.says.voiFunction : drawable.voiFunction;
    const range = (isOwn && state?.says.range) || this.viewport.getProperties().voiRange || { lower: 0, upper: 255 };
    return { shade: lut ? shadeOfLut(lut) : shadeOfRange(range, by), lut, range, by };
  }

  /** Return where a point of an image lies in the patient; points count from the outer corner of the first pixel. */
  worldOf(image: Types.IImage, x: number, y: number): Types.Point3 | undefined {
    const data = this.viewport.getImageData();
    if (!data) return undefined;
    const { origin, direction } = data;
    return [0, 1, 2].map((axis) => (origin[axis] ?? 0) + (direction[axis] ?? 0) * (x - 0.5) * image.columnPixelSpacing + (direction[3 + axis] ?? 0) * (y - 0.5) * image.rowPixelSpacing) as Types.Point3;
  }

  /** Return where the image lies on the canvas; undefined while there is no camera yet. */
  private placement(image: Types.IImage): Placement | undefined {
    if (!this.viewport.getImageData()) return undefined;
    const at = (x: number, y: number): [number, number] => {
      const place = this.worldOf(image, x, y) as Types.Point3;
      const [left, top] = this.viewport.worldToCanvas(place);
      return [left * devicePixelRatio, top * devicePixelRatio];
    };
    const [zero, right, down] = [at(0, 0), at(image.columns, 0), at(0, image.rows)];
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

  private shade(drawable: Drawable, data: Samples, out: Uint32Array): void {
    const { colors, state } = this.look;
    const { shade: bright, lut, range, by } = this.voi(drawable);
    const presented = state?.presentationLut;
    const shade = presented ? (value: number): number => shadeOfLut({ ...presented, first: 0 })(Math.round(bright(value) * (presented.entries.length - 1))) : bright;
    const isInverse = this.isInverse(drawable);
    if (drawable.isColor) paintRgb(data as Uint8Array, shade, isInverse, out);
    else if (data instanceof Float32Array) paintFloats(data, shade, colors, isInverse, out);
    else {
      const isSigned = data instanceof Int16Array;
      const key = [lut, colors, isInverse, isSigned, by, presented, ...(lut ? [] : [range.lower, range.upper])];
      if (this.table?.key.length !== key.length || key.some((one, i) => one !== this.table?.key[i])) this.table = { key, colors: tabulate(shade, colors, isInverse, isSigned) };
      paintTable(data, this.table.colors, out);
    }
  }

  /** A state ignores the photometric interpretation (PS3.3 C.11.6.1.2): what the reader inverted stays inverted. */
  private isInverse({ frame }: Drawable): boolean {
    const isInverted = this.viewport.getProperties().invert ?? false;
    if (!this.look.state) return isInverted;
    const isOwn = stringOf(frame.instance.attributes, '00280004') === 'MONOCHROME1';
    return (isInverted !== isOwn) !== this.look.state.says.isInverse;
  }
}

/** Let a viewport be painted here instead of by WebGL; camera, tools and events stay Cornerstone's. */
export function paintBy(viewport: StackViewport): Painter {
  const painter = new Painter(viewport, { voi: 'own', colors: GREYS, state: undefined, showsOverlays: true });
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

/** Give a viewport the size of its element where there is no WebGL: Cornerstone then resizes nothing. */
export function resizeFor(viewport: StackViewport, { clientWidth, clientHeight }: HTMLElement): void {
  const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * devicePixelRatio)) as [number, number];
  Object.assign(viewport.canvas, { width, height });
  Object.assign(viewport, { sWidth: width, sHeight: height });
  if (viewport.getImageData()) viewport.resetCamera();
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
