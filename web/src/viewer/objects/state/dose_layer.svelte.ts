// How is a dose laid over images? A wash of colours between levels, lines of equal dose, and the dose under the pointer.
import { told } from '../../../api/client';
import { stringOf } from '../../../dicom/values';
import type { DisplaySet } from '../../model/display_sets';
import type { Vector } from '../../model/geometry';
import type { Instance } from '../../model/instance';
import { FrameStore } from '../core/frame_store';
import { drawGrid, pathOf, pictureOf } from '../core/paint';
import { cssOf, type Rgb } from '../model/color';
import { doseAt, dosesOf, greatestDose, readDose, sampleDose, type DoseGrid, type Sampled } from '../model/dose';
import { isolines } from '../model/outline';
import { chained, type Affine, type Slice } from '../model/slice';
import { washOf } from '../model/wash';
import type { Item, Layer, Target } from './layer.svelte';
import { SliceCache } from './slice_cache';

export type DoseMode = 'wash' | 'lines' | 'both';

// Per cent of the reference dose, from hot to cold as planning systems draw them.
const LEVELS: readonly (readonly [percent: number, rgb: Rgb])[] = [[107, [200, 0, 200]], [105, [255, 0, 120]], [100, [255, 40, 30]], [95, [255, 140, 0]], [90, [255, 220, 0]], [80, [120, 230, 40]], [70, [0, 210, 130]], [50, [0, 190, 255]], [30, [40, 110, 255]], [10, [90, 60, 200]]];

/** One level: its name follows the reference dose. */
class Level implements Item {
  isVisible = $state(true);

  constructor(private readonly layer: DoseLayer, readonly number: number, readonly rgb: Rgb) {}

  get dose(): number {
    return (this.layer.reference * this.number) / 100;
  }

  get name(): string {
    return `${this.number} %`;
  }

  get details(): string {
    return this.layer.written(this.dose);
  }
}

export class DoseLayer implements Layer {
  readonly kind = 'dose';
  readonly id: string;
  readonly title: string;
  readonly items: readonly Level[];
  version = $state(0);
  progress = $state(0);
  error = $state('');
  isVisible = $state(true);
  opacity = $state(0.35);
  mode = $state<DoseMode>('both');
  /** What 100 % means, in the unit of the grid. */
  reference = $state(0);
  /** What the plan prescribes, when there is one. */
  prescribed = $state(0);
  maximum = $state(0);
  private hottest: Vector | undefined;
  private readonly doses: (Float32Array | undefined)[] = [];
  private readonly sampled = new SliceCache<Sampled | undefined>();
  private readonly store: FrameStore;

  private constructor(readonly set: DisplaySet, instance: Instance, readonly grid: DoseGrid) {
    this.id = set.id;
    this.title = stringOf(instance.attributes, '0008103E') || stringOf(instance.attributes, '300A0002') || ['RTDOSE', grid.summation].filter(Boolean).join(' ');
    this.items = LEVELS.map(([percent, rgb]) => new Level(this, percent, rgb));
    this.store = new FrameStore(instance, grid.bits, (part) => { this.progress = part; });
    this.store.load().then(() => this.loaded(instance.nFrames), (reason: unknown) => { this.error = told(reason); });
  }

  /** Open a dose; undefined when it cannot be read. */
  static open(set: DisplaySet): DoseLayer | undefined {
    const instance = set.instances[0];
    const grid = instance && readDose(instance);
    return instance && grid ? new DoseLayer(set, instance, grid) : undefined;
  }

  private loaded(nFrames: number): void {
    for (let number = 1; number <= nFrames; number += 1) {
      const bytes = this.store.get(number);
      if (bytes) this.doses[number] = dosesOf(this.grid, bytes);
    }
    const { value, place } = greatestDose(this.grid, this.doses);
    [this.maximum, this.hottest] = [value, place];
    if (!this.reference) this.reference = this.prescribed || value;
    this.sampled.clear();
    this.version += 1;
  }

  /** Take the dose that a plan prescribes as 100 %. */
  prescribe(dose: number): void {
    this.prescribed = dose;
    this.reference = dose;
  }

  /** Write a dose with its unit. */
  written(dose: number): string {
    return `${dose.toFixed(2)}${this.grid.unit ? ` ${this.grid.unit}` : ''}`;
  }

  fits(slice: Slice): boolean {
    return !!slice.plane && !!this.grid.frameOfReference && slice.frameOfReference === this.grid.frameOfReference;
  }

  paint(context: CanvasRenderingContext2D, slice: Slice, way: Affine): void {
    const sampled = this.sampled.get(slice, () => sampleDose(this.grid, this.doses, slice));
    const visible = this.items.filter(({ isVisible }) => isVisible);
    if (!sampled || !visible.length || this.reference <= 0) return;
    const { values, columns, rows, step } = sampled;
    const whole = chained({ a: step, b: 0, c: 0, d: step, e: 0, f: 0 }, way);
    if (this.mode !== 'lines') {
      context.globalAlpha = this.opacity;
      drawGrid(context, pictureOf(washOf(values, visible), columns, rows), whole, true);
      context.globalAlpha = 1;
    }
    if (this.mode === 'wash') return;
    context.lineWidth = 1.5;
    for (const level of visible) {
      if (level.dose > sampled.maximum) continue;
      context.strokeStyle = cssOf(level.rgb);
      context.stroke(pathOf(isolines(values, columns, rows, level.dose), whole));
    }
  }

  readAt(place: Vector): string {
    const dose = doseAt(this.grid, this.doses, place);
    return this.reference > 0 && !Number.isNaN(dose) ? `${this.written(dose)} · ${((dose / this.reference) * 100).toFixed(1)} %` : '';
  }

  targetOf(): Target | undefined {
    return this.hottest && { place: this.hottest };
  }

  close(): void {
    this.store.close();
  }
}
