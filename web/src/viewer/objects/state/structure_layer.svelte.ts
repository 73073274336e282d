// How is a structure set laid over images? Outlines in the colours of the set, filled a little; where a slice cuts them across, bands.
import type { DisplaySet } from '../../model/display_sets';
import { pathOf, polygonPath } from '../core/paint';
import { cssOf } from '../model/color';
import { drawnOn, largestOf, readStructures, type Drawn, type Structures } from '../model/structures';
import type { Affine, Slice } from '../model/slice';
import { Part, type Item, type Layer, type Target } from './layer.svelte';
import { SliceCache } from './slice_cache';

export class StructureLayer implements Layer {
  readonly kind = 'structures';
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
  readonly version = 0;
  readonly progress = 1;
  readonly error = '';
  isVisible = $state(true);
  opacity = $state(0.2);
  private readonly drawn = new SliceCache<readonly Drawn[]>();

  private constructor(readonly set: DisplaySet, private readonly structures: Structures) {
    this.id = set.id;
    this.title = structures.label || 'RTSTRUCT';
    this.items = structures.regions.map(({ number, name, rgb, details }) => new Part(number, name, rgb, details));
  }

  /** Open a structure set; undefined when it cannot be read. */
  static open(set: DisplaySet): StructureLayer | undefined {
    const structures = set.instances[0] && readStructures(set.instances[0]);
    return structures ? new StructureLayer(set, structures) : undefined;
  }

  fits(slice: Slice, seriesUid: string): boolean {
    if (!slice.plane) return false;
    const { regions, seriesUids } = this.structures;
    return seriesUids.includes(seriesUid) || (!!slice.frameOfReference && regions.some(({ frameOfReference }) => frameOfReference === slice.frameOfReference)) || regions.some(({ contours }) => contours.some(({ sourceUid }) => sourceUid === slice.uid));
  }

  paint(context: CanvasRenderingContext2D, slice: Slice, way: Affine): void {
    const all = this.drawn.get(slice, () => this.structures.regions.map((region) => drawnOn(region, slice)));
    const pixelsPerMm = Math.hypot(way.a, way.b) / slice.spacing[1];
    all.forEach(({ polygons, strokes, points, gap }, index) => {
      const item = this.items[index];
      if (!item?.isVisible) return;
      context.strokeStyle = cssOf(item.rgb);
      context.fillStyle = cssOf(item.rgb, this.opacity);
      context.lineWidth = 2;
      context.fill(polygonPath(polygons.filter(({ isClosed }) => isClosed), way), 'evenodd');
      context.stroke(polygonPath(polygons, way));
      for (const [x, y] of points) context.stroke(crossAt(way.a * x + way.c * y + way.e, way.b * x + way.d * y + way.f));
      if (!strokes.length) return;
      context.strokeStyle = cssOf(item.rgb, Math.min(1, this.opacity + 0.25));
      context.lineWidth = Math.max(1.5, gap * pixelsPerMm);
      context.stroke(pathOf(strokes, way));
    });
  }

  targetOf(item: Item): Target | undefined {
    const region = this.structures.regions.find(({ number }) => number === item.number);
    const largest = region && largestOf(region);
    return largest && { place: largest.place };
  }

  close(): void {
    this.drawn.clear();
  }
}

function crossAt(x: number, y: number): Path2D {
  return new Path2D(`M${x - 6} ${y}h12M${x} ${y - 6}v12`);
}
