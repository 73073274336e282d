// What is known of one series in the list? Its row at once, its headers when they are asked for.
import { told } from '../../api/client';
import { fetchInstances, type SeriesRow } from '../core/archive';
import { displaySets, type DisplaySet } from '../model/display_sets';
import type { Instance } from '../model/instance';

export class SeriesEntry {
  row = $state.raw<SeriesRow>() as SeriesRow;
  sets = $state.raw<DisplaySet[] | undefined>();
  instances: readonly Instance[] = [];
  error = $state('');
  private loading: Promise<DisplaySet[]> | undefined;
  readonly nFrames = $derived((this.sets ?? []).reduce((sum, set) => sum + set.frames.length, 0));

  constructor(row: SeriesRow) {
    this.row = row;
  }

  /** Fetch the headers, once; what fails is told in `error` and leaves nothing to show. */
  load(): Promise<DisplaySet[]> {
    this.loading ??= fetchInstances(this.row.studyUid, this.row.uid).then(
      (instances) => {
        this.instances = instances;
        this.error = '';
        this.sets = displaySets(instances);
        return this.sets;
      },
      (reason: unknown) => {
        this.loading = undefined;
        this.error = told(reason);
        return [];
      },
    );
    return this.loading;
  }

  /** Choose what is shown first: the image that the server draws for a series, else its first object. */
  async first(): Promise<{ set: DisplaySet; index: number } | undefined> {
    const sets = await this.load();
    const stacks = sets.filter((set) => set.kind === 'stack');
    const drawn = stacks.flatMap((set) => set.instances);
    const middle = this.instances.filter((instance) => drawn.includes(instance))[Math.floor(drawn.length / 2)];
    for (const set of stacks) {
      const index = set.frames.findIndex((frame) => frame.instance === middle);
      if (index >= 0) return { set, index };
    }
    return sets[0] ? { set: sets[0], index: 0 } : undefined;
  }
}
