// How is one plane of a volume shown in one element? A thin hand on Cornerstone's volume viewport; where it looks is told from outside.
import type { VolumeViewport, Types } from '@cornerstonejs/core';
import { add, dot, scale, subtract, type Vector } from '../model/geometry';
import { engine } from '../core/engine';
import { cornerstone } from '../core/packages';
import { attachTools, detachTools, Events } from '../core/tool_groups';
import type { Range } from '../model/voi';
import { opacityPoints, type Blend, type Layer } from './layer';
import { rightOf, type Look } from './planes';
import { installVolumeTools, PLANE_GROUP } from './volume_tools';

/** What the view tells, after the fact. */
export interface PlaneWatcher {
  drawn(): void;
  windowed(range: Range): void;
}

const { COMPOSITE, MAXIMUM_INTENSITY_BLEND, MINIMUM_INTENSITY_BLEND, AVERAGE_INTENSITY_BLEND } = cornerstone.Enums.BlendModes;
const MODES: Readonly<Record<Blend, Parameters<VolumeViewport['setBlendMode']>[0]>> = { thin: COMPOSITE, maximum: MAXIMUM_INTENSITY_BLEND, minimum: MINIMUM_INTENSITY_BLEND, average: AVERAGE_INTENSITY_BLEND };
const THIN_MM = 0.1;

interface Clipping { setCameraClippingRange(): void; getVtkActiveCamera(): { setClippingRange(near: number, far: number): void } }

export class PlaneView {
  private viewport: VolumeViewport | undefined;
  private engineId = '';
  private layers: readonly Layer[] = [];
  private isTelling = false;
  private readonly stop = new AbortController();

  constructor(readonly id: string, private readonly element: HTMLDivElement, private readonly watcher: PlaneWatcher) {}

  /** Make the viewport. Must be awaited before anything else. */
  async enable(): Promise<void> {
    const rendering = await engine();
    if (this.stop.signal.aborted) return;
    this.engineId = rendering.id;
    installVolumeTools();
    rendering.enableElement({ viewportId: this.id, type: cornerstone.Enums.ViewportType.ORTHOGRAPHIC, element: this.element, defaultOptions: { background: [0, 0, 0] } });
    this.viewport = rendering.getViewport(this.id) as VolumeViewport;
    attachTools(this.id, rendering.id, PLANE_GROUP);
    // A focused viewport would swallow every key, the Tab key too: Cornerstone prevents their default.
    this.element.removeAttribute('tabindex');
    const on = (name: string, heard: (detail: Record<string, unknown>) => void): void =>
      this.element.addEventListener(name, (event) => heard((event as CustomEvent<Record<string, unknown>>).detail), { signal: this.stop.signal });
    on(Events.IMAGE_RENDERED, () => { if (this.layers.length) this.watcher.drawn(); });
    on(Events.VOI_MODIFIED, ({ range, volumeId }) => {
      const { lower, upper } = range as Range;
      if (!this.isTelling && volumeId === this.layers[0]?.volume.id) this.watcher.windowed({ lower, upper });
    });
    const resized = new ResizeObserver(() => this.resize());
    resized.observe(this.element);
    this.stop.signal.addEventListener('abort', () => resized.disconnect());
  }

  private resize(): void {
    if (!this.viewport || !this.element.clientWidth) return;
    cornerstone.getRenderingEngine(this.engineId)?.resize(true, true);
  }

  /** Show volumes, the lowest first; looks at them whole. */
  async show(layers: readonly Layer[], look: Look, centre: Vector): Promise<void> {
    if (!this.viewport) return;
    this.layers = [];
    this.isTelling = true;
    this.near(layers);
    await this.viewport.setVolumes(layers.map(({ volume }) => ({ volumeId: volume.id })));
    this.layers = layers;
    this.isTelling = false;
    layers.forEach((_, index) => this.paint(layers, index));
    this.fit(look, centre);
  }

  /** Let the camera see no further than the volumes reach: from the thousand kilometres of Cornerstone a plane of a tenth of a millimetre gets lost between two numbers. */
  private near(layers: readonly Layer[]): void {
    // Not public in its types, but a method that its own code calls after every change of the camera.
    const viewport = this.viewport as unknown as Clipping | undefined;
    if (!viewport) return;
    const reach = 10 * Math.max(...layers.map(({ volume: { plan: { grid } } }) => Math.hypot(...grid.origin) + Math.hypot(...grid.dimensions.map((n, i) => n * (grid.spacing[i] ?? 1)))));
    viewport.setCameraClippingRange = () => viewport.getVtkActiveCamera().setClippingRange(-reach, reach);
  }

  /** Paint the layers that are there anew: other ends, colours, opacity. */
  repaint(layers: readonly Layer[]): void {
    layers.forEach((layer, index) => { if (layer !== this.layers[index]) this.paint(layers, index); });
    this.layers = layers;
    this.viewport?.render();
  }

  private paint(layers: readonly Layer[], index: number): void {
    const layer = layers[index];
    if (!this.viewport || !layer) return;
    const { volume: { id, max }, range, isInverted, colours, opacity } = layer;
    this.isTelling = true;
    this.viewport.setProperties({ voiRange: { ...range } }, id, true);
    // A grey map is set too: inverting is then a choice of map, not a state that could be lost.
    this.viewport.setProperties({ colormap: { name: colours ?? (isInverted ? 'X Ray' : 'Grayscale'), ...(index > 0 ? { opacityMapping: opacityPoints(range, opacity, max) } : {}) } }, id, true);
    this.viewport.setProperties({ voiRange: { ...range } }, id, true);
    this.isTelling = false;
  }

  /** Look along a normal at the plane through a place; what the reader moved and zoomed on the screen stays. */
  look(look: Look, centre: Vector): void {
    if (!this.viewport) return;
    const now = this.viewport.getCamera();
    const [focal, up, normal] = [now.focalPoint, now.viewUp, now.viewPlaneNormal] as unknown as [Vector, Vector, Vector];
    const off = subtract(focal, centre);
    const place = add(centre, add(scale(rightOf(look), dot(off, rightOf({ normal, up }))), scale(look.up, dot(off, up))));
    this.aim(look, place);
  }

  private aim({ normal, up }: Look, focal: Vector): void {
    const now = this.viewport?.getCamera();
    if (!this.viewport || !now) return;
    const distance = Math.hypot(...subtract(now.position as unknown as Vector, now.focalPoint as unknown as Vector)) || 1;
    const point = (v: Vector): Types.Point3 => [...v];
    this.viewport.setCamera({ viewPlaneNormal: point(normal), viewUp: point(up), focalPoint: point(focal), position: point(add(focal, scale(normal, distance))) });
    this.viewport.render();
  }

  /** Make the whole plane visible. */
  fit(look: Look, centre: Vector): void {
    if (!this.viewport) return;
    this.aim(look, centre);
    this.viewport.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true, resetRotation: false, resetOrientation: false });
    (this.viewport as unknown as Clipping).setCameraClippingRange();
    this.look(look, centre);
  }

  /** Draw a slab of some millimetres, or the plane itself. */
  slab(blend: Blend, thickness: number): void {
    if (!this.viewport) return;
    const whole = blend === 'thin' ? THIN_MM : Math.max(THIN_MM, thickness);
    this.viewport.setBlendMode(MODES[blend]);
    // Cornerstone's slab reaches as far as its "thickness" on both sides of the plane.
    this.viewport.setSlabThickness(whole / 2);
    for (const { actor } of this.viewport.getActors()) {
      const { getProperty, getMapper } = actor as Types.VolumeActor;
      // Opacity is per way through the body: that of a thin plane is its whole thickness, else one sample of the projection.
      getProperty().setScalarOpacityUnitDistance(0, blend === 'thin' ? whole : (getMapper()?.getSampleDistance() ?? 1));
    }
    this.viewport.render();
  }

  /** Smooth between voxels or not. */
  smooth(isSmooth: boolean): void {
    const { LINEAR, NEAREST } = cornerstone.Enums.InterpolationType;
    this.viewport?.setProperties({ interpolationType: isSmooth ? LINEAR : NEAREST });
    this.viewport?.render();
  }

  /** Make one millimetre as many screen pixels wide as `factor` says. */
  zoomTo(factor: number): void {
    const now = this.pixelsPerMm();
    if (this.viewport && now) this.viewport.setZoom(this.viewport.getZoom() * (factor / now));
    this.viewport?.render();
  }

  /** Return how many CSS pixels a millimetre is wide. */
  pixelsPerMm(): number | undefined {
    if (!this.viewport || !this.layers.length) return undefined;
    const [a, b] = [this.viewport.canvasToWorld([0, 0]), this.viewport.canvasToWorld([100, 0])];
    return 100 / Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
  }

  /** Return where a place in the patient is on the screen, in CSS pixels. */
  toCanvas(place: Vector): readonly [number, number] | undefined {
    return this.layers.length ? this.viewport?.worldToCanvas([...place]) : undefined;
  }

  /** Return the place on the plane under a point of the screen. */
  toPlace(x: number, y: number): Vector | undefined {
    return this.layers.length ? this.viewport?.canvasToWorld([x, y]) : undefined;
  }

  /** Draw anew: slices have come. */
  render(): void {
    this.viewport?.render();
  }

  /** Let go of the element. */
  destroy(): void {
    this.stop.abort();
    if (!this.viewport) return;
    detachTools(this.id, this.engineId, PLANE_GROUP);
    cornerstone.getRenderingEngine(this.engineId)?.disableElement(this.id);
    this.viewport = undefined;
  }
}
