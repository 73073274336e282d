// What is open as a volume? Its layers, where the planes cut it, how thick they are; the panes follow this state and tell what the reader did.
import { told } from '../../api/client';
import type { ImageView } from '../state/image_view';
import type { Viewer } from '../state/viewer.svelte';
import type { DisplaySet } from '../model/display_sets';
import { dot, type Vector } from '../model/geometry';
import { frameOfReference } from '../model/linking';
import { windowsOf, type Window } from '../model/instance';
import { presetsFor, type Preset } from '../model/presets';
import { rangeOf, windowOf, type Range, type VoiFunction } from '../model/voi';
import { axisAlong, clamped, middleOf, stepped, toIndex, type Grid } from './grid';
import { cellOf, LoadedVolume } from './image_volume';
import { BLENDS, type Blend, type Layer } from './layer';
import { refused } from './limits';
import { MODEL_STYLES, styleFor, type ModelStyle } from './model_styles';
import type { ModelView } from './model_view';
import { PALETTES, registerPalettes, type Palette } from './palettes';
import { alongAxes, mirrored, spun, STRAIGHT, turnedIn, type Looks, type PlaneName } from './planes';
import type { PlaneView } from './plane_view';
import { planVolume, type Refusal } from './plan';
import { drawsOnGpu } from './volume_tools';

export type Arrangement = 'planes' | 'four' | 'model';

const DRAW_EVERY_MS = 300;
const SLAB_MM = 10;
const LEAST_SLAB_MM = 1;
const PET_RANGE: Range = { lower: 0, upper: 5 };
let nVolumes = 0;

export class Volume {
  refusal = $state.raw<Refusal | undefined>();
  error = $state('');
  layers = $state.raw<readonly Layer[]>([]);
  arrangement = $state<Arrangement>('planes');
  active = $state<PlaneName | 'model'>('axial');
  /** One pane alone. */
  isAlone = $state(false);
  looks = $state.raw<Looks>(STRAIGHT);
  centre = $state.raw<Vector>([0, 0, 0]);
  blend = $state<Blend>('thin');
  thickness = $state(SLAB_MM);
  showsCross = $state(true);
  isSmooth = $state(true);
  style = $state<ModelStyle>('bone');
  nLoaded = $state(0);
  nFailed = $state(0);
  isFusing = $state(false);
  private readonly panes = new Map<PlaneName, PlaneView>();
  private model: ModelView | undefined;
  private readonly volumes: LoadedVolume[] = [];
  private isDrawPlanned = false;
  private isClosed = false;
  readonly base = $derived<Layer | undefined>(this.layers[0]);
  readonly overlay = $derived<Layer | undefined>(this.layers[1]);
  readonly grid = $derived<Grid | undefined>(this.base?.volume.plan.grid);
  readonly count = $derived(this.layers.reduce((n, { volume }) => n + volume.plan.frames.length, 0));
  /** The series that lie in the same frame of reference: they can be laid over this one. */
  readonly companions = $derived.by(() => this.viewer.series.flatMap((entry) => (entry.sets ?? []).filter((set) => this.isCompanion(set)).map((set) => ({ set, name: `${entry.row.modality} ${entry.row.description}`.trim() }))));

  constructor(private readonly viewer: Viewer, readonly set: DisplaySet) {}

  private isCompanion(set: DisplaySet): boolean {
    return set.kind === 'stack' && set.seriesUid !== this.set.seriesUid && set.frames.length > 2 && frameOfReference(set) !== '' && frameOfReference(set) === frameOfReference(this.set);
  }

  /** Plan, check and load the series; resolves when the first slice can be drawn. */
  async open(): Promise<void> {
    try {
      const loaded = await this.loaded(this.set);
      if (!loaded || this.isClosed) return;
      const { grid } = loaded.plan;
      this.style = MODEL_STYLES.find((style) => styleFor(style, loaded.modality, PET_RANGE)) ?? 'window';
      this.centre = middleOf(grid);
      this.layers = [{ volume: loaded, range: this.startRange(loaded), isInverted: loaded.modality === 'PT', opacity: 1 }];
      await this.showAll();
    } catch (reason) {
      this.error = told(reason);
    }
  }

  private async loaded(set: DisplaySet): Promise<LoadedVolume | undefined> {
    const plan = planVolume(set.frames);
    if ('why' in plan) { this.refusal = plan; return undefined; }
    await this.viewer.core();
    this.refusal = drawsOnGpu() ? refused(plan.grid.dimensions, cellOf(plan)) : { why: 'noWebGl' };
    if (this.refusal) return undefined;
    registerPalettes();
    const volume = new LoadedVolume(plan, `volume-${nVolumes++}:${set.seriesUid}`);
    this.volumes.push(volume);
    await volume.load({ loaded: () => this.planDraw() });
    if (volume.nFailed && !volume.nLoaded) throw new Error('the first slice cannot be loaded');
    return volume;
  }

  private startRange({ plan, modality, unit, cell, min, max }: LoadedVolume): Range {
    if (modality === 'PT' && unit === 'SUV') return PET_RANGE;
    const frame = plan.frames[Math.floor(plan.frames.length / 2)];
    const [own] = frame && modality !== 'PT' ? windowsOf(frame) : [];
    return own ? rangeFor(own, cell) : { lower: min, upper: Math.max(max, min + 1e-6) };
  }

  private planDraw(): void {
    this.nLoaded = this.volumes.reduce((n, volume) => n + volume.nLoaded, 0);
    this.nFailed = this.volumes.reduce((n, volume) => n + volume.nFailed, 0);
    if (this.isDrawPlanned) return;
    this.isDrawPlanned = true;
    setTimeout(() => {
      this.isDrawPlanned = false;
      if (this.isClosed) return;
      for (const pane of this.panes.values()) pane.render();
      this.model?.render();
    }, DRAW_EVERY_MS);
  }

  /** Take a pane when it is there; it shows what is loaded. */
  async attach(name: PlaneName, pane: PlaneView | undefined): Promise<void> {
    if (!pane) { this.panes.delete(name); return; }
    this.panes.set(name, pane);
    if (this.layers.length) await this.showIn(name, pane);
  }

  /** Take the pane of the model when it is there. */
  async attachModel(model: ModelView | undefined): Promise<void> {
    this.model = model;
    if (this.base) await model?.show(this.base, this.style);
  }

  private async showAll(): Promise<void> {
    for (const [name, pane] of this.panes) await this.showIn(name, pane);
    if (this.base) await this.model?.show(this.base, this.style);
  }

  private async showIn(name: PlaneName, pane: PlaneView): Promise<void> {
    await pane.show(this.layers, this.looks[name], this.centre);
    pane.slab(this.blend, this.thickness);
    pane.smooth(this.isSmooth);
  }

  private lookAgain(): void {
    for (const [name, pane] of this.panes) pane.look(this.looks[name], this.centre);
  }

  /** Make a pane the one that keys and buttons mean; the focus leaves the bar, whose lists would take the keys. */
  activate(pane: PlaneName | 'model'): void {
    this.active = pane;
    (document.activeElement as HTMLElement | null)?.blur();
  }

  /** Move the cross to a place: every plane goes through it. */
  goTo(place: Vector): void {
    if (!this.grid) return;
    this.centre = clamped(this.grid, place);
    this.lookAgain();
  }

  /** Move the cross through a plane by layers of voxels: forwards is towards the feet, the right or the back. */
  scroll(name: PlaneName, steps: number): void {
    if (!this.grid) return;
    const { normal } = this.looks[name];
    const isMirrored = dot(normal, STRAIGHT[name].normal) < 0;
    this.centre = stepped(this.grid, this.centre, normal, isMirrored === (name === 'axial') ? -steps : steps);
    this.lookAgain();
  }

  /** Return the slice of a plane as a number from 1, when it runs along the voxels. */
  sliceOf(name: PlaneName): { n: number; count: number } | undefined {
    if (!this.grid) return undefined;
    const axis = axisAlong(this.grid, this.looks[name].normal);
    return axis === undefined ? undefined : { n: Math.round(toIndex(this.grid, this.centre)[axis]) + 1, count: this.grid.dimensions[axis] };
  }

  /** Turn the two other planes about the normal of one; radians, counter-clockwise on its screen. */
  turn(name: PlaneName, angle: number): void {
    this.looks = turnedIn(this.looks, name, angle);
    this.lookAgain();
  }

  /** Cut along the axes of the body, or along the rows, columns and slices of the series. */
  align(to: 'body' | 'series'): void {
    this.looks = to === 'series' && this.grid ? alongAxes(this.grid.axes) : STRAIGHT;
    this.view.fit();
  }

  private change(index: number, change: Partial<Layer>): void {
    this.layers = this.layers.map((layer, at) => (at === index ? { ...layer, ...change } : layer));
    for (const pane of this.panes.values()) pane.repaint(this.layers);
    if (index === 0 && this.base) this.model?.restyle(this.base, this.style);
  }

  /** Hear that the window of the lowest layer was changed in one pane. */
  windowed(range: Range): void {
    const now = this.base?.range;
    if (now && (Math.abs(now.lower - range.lower) > 1e-6 || Math.abs(now.upper - range.upper) > 1e-6)) this.change(0, { range });
  }

  setWindow(window: Window): void {
    if (this.base) this.change(0, { range: rangeFor(window, this.base.volume.cell) });
  }

  /** Return the window as a reader knows it. */
  readonly window = $derived.by(() => {
    const layer = this.base;
    if (!layer) return undefined;
    return windowOf(layer.range, functionFor(layer.volume.cell));
  });

  presets(): Preset[] {
    const frame = this.set.frames[0];
    return frame ? presetsFor(this.base?.volume.modality ?? frame.instance.modality, this.base?.volume.modality === 'PT' ? [] : windowsOf(frame)) : [];
  }

  setSlab(blend: Blend, thickness = this.thickness): void {
    this.blend = blend;
    this.thickness = Math.min(Math.max(LEAST_SLAB_MM, thickness), 500);
    for (const pane of this.panes.values()) pane.slab(this.blend, this.thickness);
  }

  nextBlend(): void {
    this.setSlab(BLENDS[(BLENDS.indexOf(this.blend) + 1) % BLENDS.length] ?? 'thin');
  }

  /** Lay another series of the same frame of reference over this one, or take it away; what shows the body lies below. */
  async fuse(set: DisplaySet | undefined): Promise<void> {
    const own = this.layers.find(({ volume }) => volume.plan.frames[0]?.instance.seriesUid === this.set.seriesUid);
    if (!own) return;
    for (const { volume } of this.layers.filter((layer) => layer !== own)) { volume.close(); this.volumes.splice(this.volumes.indexOf(volume), 1); }
    if (!set) this.layers = [{ ...own, opacity: 1, colours: undefined } as Layer];
    else {
      this.isFusing = true;
      try {
        const other = await this.loaded(set);
        if (!other) return;
        const isBelow = own.volume.modality === 'PT' && other.modality !== 'PT';
        const added: Layer = { volume: other, range: this.startRange(other), isInverted: false, opacity: 1 };
        const [below, above] = isBelow ? [added, own] : [own, added];
        this.layers = [below, { ...above, isInverted: false, colours: PALETTES[0], opacity: 0.6 }];
      } finally {
        this.isFusing = false;
      }
    }
    await this.showAll();
    this.lookAgain();
  }

  /** Fuse with the first companion, PET before others, or stop. */
  toggleFusion(): void {
    const best = this.companions.find(({ set }) => set.modality === 'PT') ?? this.companions[0];
    void this.fuse(this.overlay ? undefined : best?.set);
  }

  setOverlay(change: { opacity?: number; colours?: Palette; upper?: number }): void {
    if (!this.overlay) return;
    const { upper, ...rest } = change;
    const { range } = this.overlay;
    this.change(1, { ...rest, ...(upper !== undefined && upper > range.lower ? { range: { ...range, upper } } : {}) });
  }

  setStyle(style: ModelStyle): void {
    this.style = style;
    if (this.base) this.model?.restyle(this.base, style);
  }

  /** Return the values of all layers at a place: of the voxel that it lies in. */
  valuesAt(place: Vector): readonly { readonly value: number; readonly unit: string }[] {
    return this.layers.flatMap(({ volume }) => {
      const value = volume.valueAt(toIndex(volume.plan.grid, place).map(Math.round) as [number, number, number]);
      return value === undefined ? [] : [{ value, unit: volume.unit }];
    });
  }

  get modelView(): ModelView | undefined {
    return this.model;
  }

  /** What keys and buttons do to the active plane, or to all of them where they belong together. */
  readonly view: ImageView = {
    autoWindow: () => {
      const volume = this.base?.volume;
      if (volume) this.change(0, { range: { lower: volume.min, upper: Math.max(volume.max, volume.min + 1e-6) } });
    },
    invert: () => this.change(0, { isInverted: !this.base?.isInverted }),
    rotate: () => this.relook((name) => spun(this.looks[name], Math.PI / 2)),
    flip: (axis) => this.relook((name) => mirrored(this.looks[name], axis)),
    fit: () => {
      for (const [name, pane] of this.panes) pane.fit(this.looks[name], this.centre);
      this.model?.fit();
    },
    zoomTo: (factor) => {
      if (this.active !== 'model' && this.grid) this.panes.get(this.active)?.zoomTo(factor / Math.min(...this.grid.spacing));
    },
    reset: () => {
      if (!this.base) return;
      this.looks = STRAIGHT;
      this.centre = middleOf(this.base.volume.plan.grid);
      this.setSlab('thin', SLAB_MM);
      this.change(0, { range: this.startRange(this.base.volume), isInverted: this.base.volume.modality === 'PT' && this.layers.length === 1 });
      this.view.fit();
    },
    toggleSmoothing: () => {
      this.isSmooth = !this.isSmooth;
      for (const pane of this.panes.values()) pane.smooth(this.isSmooth);
    },
  };

  private relook(to: (name: PlaneName) => Looks[PlaneName]): void {
    const name = this.active;
    if (name === 'model' || !this.panes.has(name)) return;
    this.looks = { ...this.looks, [name]: to(name) };
    this.lookAgain();
  }

  /** Let everything go. */
  close(): void {
    this.isClosed = true;
    for (const volume of this.volumes) volume.close();
  }
}

/** Whole values count as PS3.3 C.11.2.1.2 says, others exactly (C.11.2.1.3.2). */
const functionFor = (cell: LoadedVolume['cell']): VoiFunction => (cell === 'Float32Array' ? 'LINEAR_EXACT' : 'LINEAR');
const rangeFor = (window: Window, cell: LoadedVolume['cell']): Range => rangeOf(window, functionFor(cell));
