// Which layer does an object become? By its kind; in a piece of the program that is fetched with the first of them.
import type { DisplaySet } from '../../model/display_sets';
import type { Layer } from './layer.svelte';
import { SegmentationLayer } from './segmentation_layer.svelte';

/** Open an object as a layer; undefined when it cannot be read. */
export function openLayer(set: DisplaySet): Layer | undefined {
  if (set.kind === 'segmentation') return SegmentationLayer.open(set);
  return undefined;
}
