// How is a stack of images shown in one element? A thin hand on Cornerstone's stack viewport that tells what changed.
import type { StackViewport, Types } from '@cornerstonejs/core';
import type { ImageView } from '../state/image_view';
import type { DisplaySet } from '../model/display_sets';
import type { Window } from '../model/instance';
import type { Applied } from '../model/presentation';
import type { Colors } from '../model/shading';
import { rangeOf, rangeOfLut, windowOf, type Range, type VoiFunction } from '../model/voi';
import { engine } from './engine';
import { fetchLut, fetchMasks } from './extras';
import { cornerstone } from './packages';
import { asOwn, drawableOf, makeCanvas, paintBy, resizeFor, type Drawable, type Painter } from './painter';
import { imageIdOf } from './registry';
import { attachTools, detachTools, Events } from './tool_groups';

const placing = (says: Applied | undefined): string => (says ? JSON.stringify([says.rotation, says.isFlipped, says.area]) : '');

/** What the view tells: all of it comes from Cornerstone's events, after the fact. */
export interface Watcher {
  shown(index: number): void;
  windowed(window: { center: number; width: number; table: string }): void;
  moved(): void;
  failed(reason: unknown, index?: number): void;
}

export class StackView implements ImageView {
  private viewport: StackViewport | undefined;
  painter: Painter | undefined;
  private engineId = '';
  private ids: readonly string[] = [];
  private readonly stop = new AbortController();

  constructor(readonly id: string, private readonly element: HTMLDivElement, private readonly watcher: Watcher) {}

  /** Make the viewport. Must be awaited before anything else. */
  async enable(): Promise<void> {
    const rendering = await engine();
    if (this.stop.signal.aborted) return;
    this.engineId = rendering.id;
    makeCanvas(this.element);
    rendering.enableElement({ viewportId: this.id, type: cornerstone.Enums.ViewportType.STACK, element: this.element, defaultOptions: { background: [0, 0, 0] } });
    this.viewport = rendering.getViewport(this.id) as StackViewport;
    this.painter = paintBy(this.viewport);
    attachTools(this.id, rendering.id);
    // A focused viewport would swallow every key, the Tab key too: Cornerstone prevents their default.
    this.element.removeAttribute('tabindex');
    this.listen();
  }

  private listen(): void {
    const on = (name: string, heard: (detail: Record<string, unknown>) => void): void =>
      this.element.addEventListener(name, (event) => heard((event as CustomEvent<Record<string, unknown>>).detail), { signal: this.stop.signal });
    on(Events.STACK_NEW_IMAGE, (detail) => this.watcher.shown(Number(detail.imageIdIndex)));
    on(Events.IMAGE_RENDERED, () => { if (this.isOwnImage()) this.watcher.moved(); });
    on(Events.VOI_MODIFIED, () => {
      // A window that the reader chose takes the place of tables and states.
      if (this.painter && this.viewport?.getProperties().isComputedVOI === false && !this.isSetting) this.painter.look.voi = 'window';
      this.tellWindow();
    });
    const failed = (event: Event): void => {
      const { imageId, error } = (event as CustomEvent<{ imageId: string; error: unknown }>).detail;
      const index = this.viewport?.getTargetImageIdIndex() ?? -1;
      if (imageId === this.ids[index]) this.watcher.failed(error, index);
    };
    cornerstone.eventTarget.addEventListener(Events.IMAGE_LOAD_FAILED, failed);
    this.stop.signal.addEventListener('abort', () => cornerstone.eventTarget.removeEventListener(Events.IMAGE_LOAD_FAILED, failed));
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(this.element);
    this.stop.signal.addEventListener('abort', () => resized.disconnect());
  }

  /** Say whether what was drawn is of the present stack: an empty viewport is drawn too. */
  private isOwnImage(): boolean {
    const id = this.viewport?.getCornerstoneImage()?.imageId;
    return id !== undefined && id === this.ids[this.viewport?.getCurrentImageIdIndex() ?? -1];
  }

  /** The viewport once it has an image: without WebGL Cornerstone fails to place what is not there. */
  private get filled(): StackViewport | undefined {
    return this.viewport?.getImageData() ? this.viewport : undefined;
  }

  private resize(): void {
    const { viewport, filled } = this;
    if (!viewport || !this.element.clientWidth) return;
    const kept = filled?.getViewPresentation();
    if (cornerstone.getShouldUseCPURendering()) resizeFor(viewport, this.element);
    else asOwn(viewport, () => cornerstone.getRenderingEngine(this.engineId)?.resize(true, false));
    if (kept) filled?.setViewPresentation(kept);
    viewport.render();
  }

  /** Show a stack from one of its images on. */
  async show(set: DisplaySet, index: number): Promise<void> {
    this.ids = set.frames.map(imageIdOf);
    if (this.painter) Object.assign(this.painter.look, { voi: 'own', state: undefined });
    // What fails is told by the event above, for this call and all that follow.
    await this.viewport?.setStack([...this.ids], index).catch(() => undefined);
    this.viewport?.render();
  }

  /** Show a stack in the place of one of the same shape: window, zoom and turn stay. */
  async replace(set: DisplaySet, index: number): Promise<void> {
    const camera = this.filled?.getViewPresentation();
    const properties = this.viewport?.getProperties();
    this.ids = set.frames.map(imageIdOf);
    await this.viewport?.setStack([...this.ids], index).catch(() => undefined);
    if (properties) this.viewport?.setProperties(properties);
    if (camera) this.filled?.setViewPresentation(camera);
    this.viewport?.render();
  }

  get cornerstoneViewport(): StackViewport | undefined {
    return this.viewport;
  }

  /** Go to one image. */
  async goTo(index: number): Promise<void> {
    if (!this.viewport || index === this.viewport.getTargetImageIdIndex() || !this.ids[index]) return;
    await this.viewport.setImageIdIndex(index).catch(() => undefined);
  }

  /** Show a range of values. */
  setWindow(window: Window): void {
    this.viewport?.setProperties({ voiRange: rangeOf(window, this.voiFunction()) });
    this.viewport?.render();
  }

  /** Show values through a table of the image's VOI LUT Sequence; a drag goes on from its range. */
  setTable(index: number): void {
    const lut = this.drawable?.luts[index];
    if (!this.painter || !lut) return;
    this.setQuietly(rangeOfLut(lut));
    this.painter.look.voi = index;
    this.tellWindow();
    this.viewport?.render();
  }

  /** Let a presentation state say how the present image is seen, or the image itself again; `isMoving` leaves the camera where it is. */
  async setState(says: Applied | undefined, isMoving = false): Promise<void> {
    const { frame } = this.drawable ?? {};
    if (!this.painter || !frame) return;
    const fetched = says && { says, voiLut: says.voiLut && (await fetchLut(says.voiLut)), presentationLut: says.presentationLut && (await fetchLut(says.presentationLut)), overlays: await fetchMasks(says.overlays, frame) };
    const before = this.painter.look.state;
    Object.assign(this.painter.look, { state: fetched, voi: 'own' });
    if (fetched) {
      this.setQuietly(fetched.voiLut ? rangeOfLut(fetched.voiLut) : (says?.range ?? this.painter.voi(this.drawable as Drawable).range));
      this.painter.look.voi = 'own';
      if (placing(before?.says) !== placing(fetched.says)) this.place(fetched.says);
    } else if (before && !isMoving) this.reset();
    this.tellWindow();
    this.viewport?.render();
  }

  /** Turn, mirror and place the image as a state says (PS3.3 C.10.6: turned first, then mirrored). */
  private place({ rotation, isFlipped, area }: Applied): void {
    const { viewport, drawable } = this;
    if (!viewport || !drawable) return;
    viewport.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true });
    viewport.setCamera({ flipHorizontal: isFlipped, flipVertical: false });
    viewport.setViewPresentation({ rotation: isFlipped ? (360 - rotation) % 360 : rotation });
    if (!area) return;
    const image = viewport.getCornerstoneImage() as Types.IImage;
    const { focalPoint, position } = viewport.getCamera() as { focalPoint: Types.Point3; position: Types.Point3 };
    const toWorld = ([x, y]: [number, number]): Types.Point3 => this.painter?.worldOf(image, x, y) ?? focalPoint;
    const centre = toWorld([(area.left + area.right) / 2, (area.top + area.bottom) / 2]);
    const [across, down] = [(area.right - area.left) * image.columnPixelSpacing, (area.bottom - area.top) * image.rowPixelSpacing];
    const [w, h] = rotation % 180 ? [down, across] : [across, down];
    const shift = centre.map((v, i) => v - (focalPoint[i] ?? 0));
    viewport.setCamera({ focalPoint: centre, position: position.map((v, i) => v + (shift[i] ?? 0)) as Types.Point3, parallelScale: Math.max(h, w / (viewport.sWidth / viewport.sHeight)) / 2 });
  }

  private isSetting = false;

  private setQuietly(voiRange: Range): void {
    this.isSetting = true;
    this.viewport?.setProperties({ voiRange: { ...voiRange } });
    this.isSetting = false;
  }

  private get drawable(): Drawable | undefined {
    return drawableOf(this.viewport?.getCornerstoneImage());
  }

  private tellWindow(): void {
    const { drawable } = this;
    if (!drawable || !this.painter) return;
    const { lut, range, by } = this.painter.voi(drawable);
    this.watcher.windowed({ ...windowOf(lut ? rangeOfLut(lut) : range, by), table: lut ? lut.name || '—' : '' });
  }

  private voiFunction(): VoiFunction {
    return this.drawable && this.painter ? this.painter.voi(this.drawable).by : 'LINEAR';
  }

  /** Show greys in the colours of a map. */
  setColors(colors: Colors): void {
    if (this.painter) this.painter.look.colors = colors;
    this.viewport?.render();
  }

  /** Show overlay planes and the graphics of states, or not. */
  showOverlays(shows: boolean): void {
    if (this.painter) this.painter.look.showsOverlays = shows;
    this.viewport?.render();
  }

  /** Show all values of the present image. */
  autoWindow(): void {
    const image = this.viewport?.getCornerstoneImage();
    if (image) this.setWindow({ name: '', center: (image.minPixelValue + image.maxPixelValue + 1) / 2, width: Math.max(1, image.maxPixelValue - image.minPixelValue + 1) });
  }

  /** Swap black and white. */
  invert(): boolean {
    const inverted = !this.filled?.getProperties().invert;
    this.filled?.setProperties({ invert: inverted });
    this.filled?.render();
    return inverted;
  }

  /** Turn by a quarter, clockwise. */
  rotate(): void {
    const { rotation = 0 } = this.filled?.getViewPresentation() ?? {};
    this.filled?.setViewPresentation({ rotation: (rotation + 90) % 360 });
    this.filled?.render();
  }

  /** Mirror left and right, or top and bottom. */
  flip(axis: 'horizontal' | 'vertical'): void {
    const camera = this.filled?.getCamera();
    this.filled?.setCamera(axis === 'horizontal' ? { flipHorizontal: !camera?.flipHorizontal } : { flipVertical: !camera?.flipVertical });
    this.filled?.render();
  }

  /** Make the whole image visible; turning and mirroring stay. */
  fit(): void {
    const { filled } = this;
    if (!filled) return;
    const { flipHorizontal, flipVertical } = filled.getCamera();
    const { rotation } = filled.getViewPresentation();
    filled.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true });
    if (flipHorizontal || flipVertical) filled.setCamera({ flipHorizontal, flipVertical });
    if (rotation) filled.setViewPresentation({ rotation });
    filled.render();
  }

  /** Show pixels as many screen pixels as `factor` says. */
  zoomTo(factor: number): void {
    const now = this.pixelZoom();
    if (this.viewport && now) this.viewport.setZoom(this.viewport.getZoom() * (factor / now));
    this.viewport?.render();
  }

  /** Undo everything that was done to the view. */
  reset(): void {
    if (this.painter) this.painter.look.voi = 'own';
    this.filled?.resetProperties();
    this.filled?.setCamera({ flipHorizontal: false, flipVertical: false });
    this.filled?.setViewPresentation({ rotation: 0 });
    this.fit();
  }

  /** Smooth between pixels or not. */
  toggleSmoothing(): void {
    const { LINEAR, NEAREST } = cornerstone.Enums.InterpolationType;
    const now = this.viewport?.getProperties().interpolationType;
    this.viewport?.setProperties({ interpolationType: now === NEAREST ? LINEAR : NEAREST });
    this.viewport?.render();
  }

  /** Return how many screen pixels one image pixel is wide. */
  pixelZoom(): number | undefined {
    const image = this.viewport?.getCornerstoneImage();
    if (!this.viewport || !image) return undefined;
    const data = this.viewport.getImageData();
    if (!data) return undefined;
    const at = (i: number): Types.Point2 => this.viewport?.worldToCanvas(data.imageData.indexToWorld?.([i, 0, 0]) as Types.Point3) ?? [0, 0];
    const [a, b] = [at(0), at(1)];
    return Math.hypot(b[0] - a[0], b[1] - a[1]);
  }

  /** Return which directions in the patient point right and down on the screen. */
  screenAxes(): { right: Types.Point3; down: Types.Point3 } | undefined {
    if (!this.viewport?.getCornerstoneImage()) return undefined;
    const world = (x: number, y: number): Types.Point3 => this.viewport?.canvasToWorld([x, y]) ?? [0, 0, 0];
    const [origin, right, down] = [world(0, 0), world(100, 0), world(0, 100)];
    const unit = (to: Types.Point3): Types.Point3 => {
      const way = to.map((v, i) => v - (origin[i] ?? 0));
      const length = Math.hypot(...way) || 1;
      return way.map((v) => v / length) as Types.Point3;
    };
    return { right: unit(right), down: unit(down) };
  }

  /** Return where a place in the patient is on the screen, in CSS pixels. */
  worldToCanvas(point: readonly [number, number, number]): [number, number] | undefined {
    return this.viewport?.getCornerstoneImage() ? (this.viewport.worldToCanvas([...point]) as [number, number]) : undefined;
  }

  /** Return the place in the patient under a point of the screen. */
  canvasToWorld(x: number, y: number): [number, number, number] | undefined {
    return this.viewport?.getCornerstoneImage() ? (this.viewport.canvasToWorld([x, y]) as [number, number, number]) : undefined;
  }

  /** Let go of the element. */
  destroy(): void {
    this.stop.abort();
    if (!this.viewport) return;
    detachTools(this.id, this.engineId);
    cornerstone.getRenderingEngine(this.engineId)?.disableElement(this.id);
    this.viewport = undefined;
  }
}
