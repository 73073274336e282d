// Which image lies where something was measured in the patient? The nearest plane of the same frame of reference in which all points lie.
import type { DisplaySet } from '../../model/display_sets';
import { frameOfReference, planesOf } from '../../model/linking';
import { thicknessOf } from '../../model/instance';
import type { PlacedMeasurement } from '../../model/measurement_report';
import type { SeriesEntry } from '../../state/series_entry.svelte';
import { heightOver } from '../model/slice';

/** Find an image for a measurement among series; undefined when none is near enough. */
export async function findPlane(series: readonly SeriesEntry[], { frameOfReference: wanted, graphics }: PlacedMeasurement): Promise<{ set: DisplaySet; index: number } | undefined> {
  const places = graphics.flatMap((graphic) => graphic.places);
  let best: { set: DisplaySet; index: number } | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const entry of series) {
    for (const set of await entry.load()) {
      if (set.kind !== 'stack' || !wanted || frameOfReference(set) !== wanted) continue;
      planesOf(set).forEach((plane, index) => {
        const frame = set.frames[index];
        if (!plane || !frame) return;
        const away = Math.max(...places.map((place) => Math.abs(heightOver(plane, place))));
        if (away < least && away <= Math.max(1, thicknessOf(frame) ?? 0) / 2 + 0.5) [best, least] = [{ set, index }, away];
      });
    }
  }
  return best;
}
