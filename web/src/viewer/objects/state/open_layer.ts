// Which layer does an object become? By its kind; in a piece of the program that is fetched with the first of them.
import type { DisplaySet } from '../../model/display_sets';
import type { Viewer } from '../../state/viewer.svelte';
import { prescribedDose, readPlan } from '../model/plan';
import { DoseLayer } from './dose_layer.svelte';
import type { Layer } from './layer.svelte';
import { SegmentationLayer } from './segmentation_layer.svelte';
import { StructureLayer } from './structure_layer.svelte';

/** Open an object as a layer; undefined when it cannot be read. */
export function openLayer(set: DisplaySet, viewer: Viewer): Layer | undefined {
  if (set.kind === 'segmentation') return SegmentationLayer.open(set);
  if (set.kind === 'structures') return StructureLayer.open(set);
  const dose = DoseLayer.open(set);
  if (dose) void prescribe(dose, viewer);
  return dose;
}

/** Look for the plan that a dose was computed for: what it prescribes is 100 %. */
async function prescribe(layer: DoseLayer, viewer: Viewer): Promise<void> {
  const { planUid } = layer.grid;
  if (!planUid || layer.grid.unit !== 'Gy') return;
  for (const entry of viewer.allSeries().filter(({ row }) => row.modality === 'RTPLAN')) {
    await entry.load();
    const plan = entry.instances.find(({ uid }) => uid === planUid);
    const dose = plan && prescribedDose(readPlan(plan.attributes));
    if (dose) { layer.prescribe(dose); return; }
  }
}
