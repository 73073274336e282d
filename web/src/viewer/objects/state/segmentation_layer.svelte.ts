// How is a segmentation laid over images? Every visible segment filled in its colour with a firm border, as far as its frames are there.
import { told } from '../../../api/client';
import { stringOf } from '../../../dicom/values';
import type { DisplaySet } from '../../model/display_sets';
import type { Instance } from '../../model/instance';
import { FrameStore } from '../core/frame_store';
import { drawGrid, pathOf, pictureOf } from '../core/paint';
import { cssOf, type Rgb } from '../model/color';
import { borderOf, type Piece } from '../model/outline';
import { coverage, framesOn, isAcross, readSegmentation, sampleAcross, type Segmentation, type SegmentFrame } from '../model/segmentation';
import { between, chained, placeOf, SAME, type Affine, type Slice } from '../model/slice';
import { Part, type Item, type Layer, type Target } from './layer.svelte';
import { SliceCache } from './slice_cache';

/** A segment on one slice, ready to be drawn. */
interface Stamp { readonly item: Item; readonly picture: OffscreenCanvas; readonly border: readonly Piece[]; readonly way: Affine }

export class SegmentationLayer implements Layer {
  readonly kind = 'segmentation';
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
  version = $state(0);
  progress = $state(0);
  error = $state('');
  isVisible = $state(true);
  opacity = $state(0.4);
  private readonly store: FrameStore;
  private readonly stamps = new SliceCache<readonly Stamp[]>();

  private constructor(readonly set: DisplaySet, instance: Instance, private readonly segmentation: Segmentation) {
    this.id = set.id;
    this.title = stringOf(instance.attributes, '0008103E') || stringOf(instance.attributes, '00700080') || 'SEG';
    this.items = segmentation.segments.map(({ number, label, rgb, details }) => new Part(number, label, rgb, details));
    this.store = new FrameStore(instance, segmentation.bits, (part) => { this.progress = part; this.stamps.clear(); this.version += 1; });
    this.store.load().catch((reason: unknown) => { this.error = told(reason); });
  }

  /** Open a segmentation; undefined when it cannot be read. */
  static open(set: DisplaySet): SegmentationLayer | undefined {
    const instance = set.instances[0];
    const segmentation = instance && readSegmentation(instance);
    return instance && segmentation ? new SegmentationLayer(set, instance, segmentation) : undefined;
  }

  fits(slice: Slice, seriesUid: string): boolean {
    const { frameOfReference, seriesUids, frames } = this.segmentation;
    return (!!slice.plane && !!frameOfReference && frameOfReference === slice.frameOfReference && frames.some(({ plane }) => plane)) || seriesUids.includes(seriesUid) || frames.some(({ sources }) => sources.includes(slice.uid));
  }

  paint(context: CanvasRenderingContext2D, slice: Slice, way: Affine): void {
    for (const { item, picture, border, way: own } of this.stampsOn(slice)) {
      if (!item.isVisible) continue;
      const whole = chained(own, way);
      context.globalAlpha = this.opacity;
      drawGrid(context, picture, whole, false);
      context.globalAlpha = 1;
      context.strokeStyle = cssOf(item.rgb);
      context.lineWidth = 1.5;
      context.stroke(pathOf(border, whole));
    }
  }

  private stampsOn(slice: Slice): readonly Stamp[] {
    return this.stamps.get(slice, () => (isAcross(this.segmentation, slice) ? this.across(slice) : this.along(slice)));
  }

  private along(slice: Slice): Stamp[] {
    const { rows, columns, spacing } = this.segmentation;
    return framesOn(this.segmentation, slice).flatMap((frame) => {
      const bytes = this.store.get(frame.number);
      if (!bytes) return [];
      const own = frame.plane && slice.plane ? between({ plane: frame.plane, spacing }, { plane: slice.plane, spacing: slice.spacing }) : SAME;
      return this.items.filter(({ number }) => frame.segment === 0 || frame.segment === number)
        .map((item) => stamp(item, coverage(this.segmentation, item.number, bytes), columns, rows, own));
    });
  }

  private across(slice: Slice): Stamp[] {
    const covers = new Map<string, Uint8Array>();
    const valueOf = (item: Item) => (frame: SegmentFrame, column: number, row: number): number => {
      const key = `${frame.number} ${item.number}`;
      let cover = covers.get(key);
      if (!cover) {
        const bytes = this.store.get(frame.number);
        if (!bytes) return 0;
        cover = coverage(this.segmentation, item.number, bytes);
        covers.set(key, cover);
      }
      return cover[row * this.segmentation.columns + column] ?? 0;
    };
    return this.items.flatMap((item) => {
      const sampled = sampleAcross(this.segmentation, slice, item.number, valueOf(item));
      covers.clear();
      return sampled ? [stamp(item, sampled, slice.columns, slice.rows, SAME)] : [];
    });
  }

  /** Return the middle of the frame that shows most of a segment. */
  targetOf(item: Item): Target | undefined {
    let [best, most] = [undefined as SegmentFrame | undefined, 0];
    for (const frame of this.segmentation.frames) {
      const bytes = frame.segment === 0 || frame.segment === item.number ? this.store.get(frame.number) : undefined;
      const area = bytes ? coverage(this.segmentation, item.number, bytes).reduce((sum, value) => sum + value, 0) : 0;
      if (area > most) [best, most] = [frame, area];
    }
    if (best?.plane) return { place: placeOf(best.plane, this.segmentation.spacing, [this.segmentation.columns / 2, this.segmentation.rows / 2]) };
    const [uid = '', number] = best?.sources[0]?.split('#') ?? [];
    return uid ? { uid, frameNumber: Number(number ?? 1) } : undefined;
  }

  close(): void {
    this.store.close();
  }
}

function stamp(item: Item, covered: Uint8Array, columns: number, rows: number, way: Affine): Stamp {
  return { item, way, picture: pictureOf(tinted(covered, item.rgb), columns, rows), border: borderOf(covered, columns, rows) };
}

function tinted(covered: Uint8Array, [red, green, blue]: Rgb): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(covered.length * 4);
  for (let i = 0; i < covered.length; i += 1) {
    const value = covered[i] ?? 0;
    if (value) out.set([red, green, blue, value], i * 4);
  }
  return out;
}
