// Which objects lie over the images of the open studies? The list of them; opening one finds the images it belongs to.
import { t } from '../../../i18n/objects';
import { toast } from '../../../ui/toasts.svelte';
import type { DisplaySet } from '../../model/display_sets';
import { sliceOf } from '../model/slice';
import type { Cell } from '../../state/cell.svelte';
import type { Viewer } from '../../state/viewer.svelte';
import type { Item, Layer } from './layer.svelte';

export const RT_DOSE = '1.2.840.10008.5.1.4.1.1.481.2';

/** Say whether a display set is something to be laid over images. */
export const isLaidOver = (set: DisplaySet): boolean => set.kind === 'segmentation' || set.kind === 'structures' || set.instances[0]?.sopClass === RT_DOSE;

export class Layers {
  list = $state.raw<readonly Layer[]>([]);
  isOpen = $state(false);

  constructor(private readonly viewer: Viewer) {}

  /** Lay a display set over the images it belongs to; false when it is no such object or its images are not here. */
  async take(set: DisplaySet, cell: Cell): Promise<boolean> {
    if (!isLaidOver(set)) return false;
    const { openLayer } = await import('./open_layer');
    const layer = this.list.find(({ id }) => id === set.id) ?? openLayer(set, this.viewer);
    if (!layer) return false;
    const below = await this.imagesFor(layer, cell);
    if (!below) {
      layer.close();
      toast(t('noImagesBelow'), { tone: 'info' });
      return false;
    }
    if (!this.list.includes(layer)) this.list = [...this.list, layer];
    this.isOpen = true;
    if (below !== cell.set) {
      cell.preview = '';
      await cell.show(below, Math.floor(below.frames.length / 2));
    }
    return true;
  }

  /** Find the stack below a layer: what the cell shows already, else the likest of the open studies. */
  private async imagesFor(layer: Layer, cell: Cell): Promise<DisplaySet | undefined> {
    const fits = (set: DisplaySet | undefined): set is DisplaySet => !!set && set.kind === 'stack' && !isLaidOver(set) && set.frames.some((frame) => layer.fits(sliceOf(frame), set.seriesUid));
    if (fits(cell.set)) return cell.set;
    const found: DisplaySet[] = [];
    for (const entry of this.viewer.allSeries()) for (const set of await entry.load()) if (fits(set)) found.push(set);
    return found.toSorted((a, b) => b.frames.length - a.frames.length)[0];
  }

  remove(layer: Layer): void {
    layer.close();
    this.list = this.list.filter((one) => one !== layer);
    if (!this.list.length) this.isOpen = false;
  }

  /** Return what can be laid over a cell's images. */
  over(cell: Cell): readonly Layer[] {
    const { frame, set } = cell;
    if (!frame || !set || set.kind !== 'stack') return [];
    const slice = sliceOf(frame);
    return this.list.filter((layer) => layer.fits(slice, set.seriesUid));
  }

  /** Go where a segment or region is seen best, in the active cell. */
  async jump(layer: Layer, item: Item): Promise<void> {
    const target = layer.targetOf(item);
    const { active } = this.viewer;
    if (!target) return;
    item.isVisible = true;
    if ('place' in target) {
      if (this.viewer.volume) return this.viewer.volume.goTo(target.place);
      if (!this.over(active).includes(layer)) await this.take(layer.set, active);
      active.goTo(active.nearest(target.place));
    } else await this.viewer.showReference({ uid: target.uid, frames: [target.frameNumber] });
  }

  close(): void {
    for (const layer of this.list) layer.close();
    this.list = [];
  }
}
