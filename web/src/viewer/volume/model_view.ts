// How is a volume shown as a solid body in one element? A thin hand on Cornerstone's three-dimensional viewport.
import type { Types, VolumeViewport3D } from '@cornerstonejs/core';
import { engine } from '../core/engine';
import { cornerstone } from '../core/packages';
import { attachTools, detachTools, Events } from '../core/tool_groups';
import { add, scale, subtract, type Vector } from '../model/geometry';
import type { Layer } from './layer';
import { graphics } from './limits';
import { styleFor, type ModelStyle } from './model_styles';
import { rightOf, turned, type Look } from './planes';
import { installVolumeTools, MODEL_GROUP } from './volume_tools';

/** From where a body is looked at. */
export const SIDES = {
  front: { normal: [0, -1, 0], up: [0, 0, 1] },
  back: { normal: [0, 1, 0], up: [0, 0, 1] },
  left: { normal: [1, 0, 0], up: [0, 0, 1] },
  right: { normal: [-1, 0, 0], up: [0, 0, 1] },
  head: { normal: [0, 0, 1], up: [0, -1, 0] },
  feet: { normal: [0, 0, -1], up: [0, -1, 0] },
} as const satisfies Record<string, Look>;
export type Side = keyof typeof SIDES;

const COARSE_PIXELS = 3;
/** What is set of vtk.js' volume mapper. */
interface Mapper { setBlendMode(mode: unknown): void; setSampleDistance(mm: number): void; setAutoAdjustSampleDistances(does: boolean): void; setImageSampleDistance(pixels: number): void }

export class ModelView {
  private viewport: VolumeViewport3D | undefined;
  private engineId = '';
  private hasVolume = false;
  private readonly stop = new AbortController();

  constructor(readonly id: string, private readonly element: HTMLDivElement, private readonly drawn: (look: Look) => void) {}

  /** Make the viewport. Must be awaited before anything else. */
  async enable(): Promise<void> {
    const rendering = await engine();
    if (this.stop.signal.aborted) return;
    this.engineId = rendering.id;
    installVolumeTools();
    rendering.enableElement({ viewportId: this.id, type: cornerstone.Enums.ViewportType.VOLUME_3D, element: this.element, defaultOptions: { background: [0, 0, 0] } });
    this.viewport = rendering.getViewport(this.id) as VolumeViewport3D;
    attachTools(this.id, rendering.id, MODEL_GROUP);
    // A focused viewport would swallow every key, the Tab key too: Cornerstone prevents their default.
    this.element.removeAttribute('tabindex');
    this.element.addEventListener(Events.IMAGE_RENDERED, () => { if (this.hasVolume) this.drawn(this.look()); }, { signal: this.stop.signal });
    const resized = new ResizeObserver(() => { if (this.element.clientWidth) cornerstone.getRenderingEngine(this.engineId)?.resize(true, true); });
    resized.observe(this.element);
    this.stop.signal.addEventListener('abort', () => resized.disconnect());
  }

  /** Show a volume from the front. */
  async show(layer: Layer, style: ModelStyle): Promise<void> {
    if (!this.viewport) return;
    await this.viewport.setVolumes([{ volumeId: layer.volume.id }]);
    this.hasVolume = true;
    this.restyle(layer, style);
    this.from('front');
  }

  /** Paint it otherwise. */
  restyle({ volume, range }: Layer, style: ModelStyle): void {
    const styled = styleFor(style, volume.modality, range);
    const actor = this.viewport?.getDefaultActor()?.actor as Types.VolumeActor | undefined;
    if (!styled || !actor || !this.viewport) return;
    const property = actor.getProperty();
    const [opacity, colours] = [property.getScalarOpacity(0), property.getRGBTransferFunction(0)];
    opacity.removeAllPoints();
    colours.removeAllPoints();
    for (const [value, part] of styled.opacity) opacity.addPoint(value, part);
    for (const [value, [red, green, blue]] of styled.colours) colours.addRGBPoint(value, red, green, blue);
    const ends = styled.colours.map(([value]) => value);
    colours.setMappingRange(Math.min(...ends), Math.max(...ends));
    property.setInterpolationTypeToLinear();
    // Light needs six more looks at every sample: a processor that draws by itself does without.
    property.setShade(styled.isShaded && !graphics().isSoftware);
    property.setAmbient(0.25);
    property.setDiffuse(0.8);
    property.setSpecular(0.25);
    property.setSpecularPower(12);
    const { COMPOSITE, MAXIMUM_INTENSITY_BLEND } = cornerstone.Enums.BlendModes;
    const mapper = actor.getMapper() as unknown as Mapper;
    mapper.setBlendMode(styled.isMaximum ? MAXIMUM_INTENSITY_BLEND : COMPOSITE);
    if (graphics().isSoftware) {
      // A ninth of the rays, and no step shorter than a voxel: a processor that draws by itself would take many seconds for each picture.
      mapper.setSampleDistance(volume.plan.grid.spacing.reduce((sum, mm) => sum + mm, 0) / 3);
      mapper.setAutoAdjustSampleDistances(false);
      mapper.setImageSampleDistance(COARSE_PIXELS);
    }
    this.viewport.render();
  }

  private look(): Look {
    const { viewPlaneNormal, viewUp } = (this.viewport as VolumeViewport3D).getCamera();
    return { normal: viewPlaneNormal as unknown as Vector, up: viewUp as unknown as Vector };
  }

  /** Look from one side of the body, whole. */
  from(side: Side): void {
    this.aim(SIDES[side]);
    this.fit();
  }

  /** Turn the body on the screen: to the right and downwards, in radians. */
  turn(right: number, down: number): void {
    if (!this.viewport || !this.hasVolume) return;
    const look = this.look();
    const about = (v: Vector): Vector => turned(turned(v, look.up, -right), rightOf(look), -down);
    this.aim({ normal: about(look.normal), up: about(look.up) });
  }

  private aim({ normal, up }: Look): void {
    const now = this.viewport?.getCamera();
    if (!this.viewport || !now) return;
    const focal = now.focalPoint as unknown as Vector;
    const distance = Math.hypot(...subtract(now.position as unknown as Vector, focal)) || 1;
    this.viewport.setCamera({ viewPlaneNormal: [...normal], viewUp: [...up], focalPoint: [...focal], position: [...add(focal, scale(normal, distance))] });
  }

  /** Make the whole body visible. */
  fit(): void {
    if (!this.hasVolume) return;
    this.viewport?.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true });
    this.viewport?.render();
  }

  zoomBy(factor: number): void {
    if (!this.viewport || !this.hasVolume) return;
    this.viewport.setZoom(this.viewport.getZoom() * factor);
    this.viewport.render();
  }

  /** Draw anew: slices have come. */
  render(): void {
    if (this.hasVolume) this.viewport?.render();
  }

  /** Let go of the element. */
  destroy(): void {
    this.stop.abort();
    if (!this.viewport) return;
    detachTools(this.id, this.engineId, MODEL_GROUP);
    cornerstone.getRenderingEngine(this.engineId)?.disableElement(this.id);
    this.viewport = undefined;
  }
}
