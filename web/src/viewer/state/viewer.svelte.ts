// What is open in the viewer? Studies, their series, the cells of the layout, and what loads next.
import { told } from '../../api/client';
import { fetchInstances, findSeries, pictureUrl, type SeriesRow } from '../core/archive';
import { displaySets, type DisplaySet } from '../model/display_sets';
import type { Instance } from '../model/instance';
import type { Reference } from '../model/report';
import { toast } from '../../ui/toasts.svelte';
import { t } from '../../i18n/viewer';
import type { ToolId } from '../tools/table';
import { beginFetch } from '../core/frame_source';
import { frameUrl } from '../core/registry';
import { Cell } from './cell.svelte';
import { Loaded } from './loaded.svelte';

type Core = typeof import('../core');

/** One series in the list. */
export class SeriesEntry {
  sets = $state.raw<DisplaySet[] | undefined>();
  instances: readonly Instance[] = [];
  error = $state('');
  nLoaded = $state(0);
  private loading: Promise<DisplaySet[]> | undefined;

  row = $state.raw<SeriesRow>() as SeriesRow;

  constructor(row: SeriesRow) {
    this.row = row;
  }

  /** Fetch the headers, once. */
  load(): Promise<DisplaySet[]> {
    this.loading ??= fetchInstances(this.row.studyUid, this.row.uid).then(
      (instances) => {
        this.instances = instances;
        this.sets = displaySets(instances);
        return this.sets;
      },
      (reason: unknown) => {
        this.loading = undefined;
        this.error = told(reason);
        throw reason;
      },
    );
    return this.loading;
  }

  readonly nFrames = $derived((this.sets ?? []).reduce((sum, set) => sum + set.frames.length, 0));
}

export class Viewer {
  series = $state.raw<SeriesEntry[]>([]);
  cells = $state.raw<Cell[]>([new Cell('cell-0')]);
  rows = $state(1);
  columns = $state(1);
  activeIndex = $state(0);
  tool = $state<ToolId>('window');
  error = $state('');
  showsOverlay = $state(true);
  readonly loaded = new Loaded();
  private parts: Promise<Core> | undefined;
  private prefetcher: InstanceType<Core['Prefetcher']> | undefined;
  private readonly stops: (() => void)[] = [];
  readonly active = $derived(this.cells[this.activeIndex] ?? (this.cells[0] as Cell));

  constructor(readonly studyUid: string, readonly seriesUid: string) {}

  /** Load what needs Cornerstone3D, once. */
  core(): Promise<Core> {
    this.parts ??= import('../core').then((core) => {
      this.prefetcher = new core.Prefetcher();
      this.stops.push(core.onCache((id) => this.loaded.add(id), (id) => this.loaded.remove(id)), () => { this.prefetcher?.close(); core.purge(); });
      return core;
    });
    return this.parts;
  }

  /** Let everything go. */
  close(): void {
    for (const stop of this.stops) stop();
  }

  /** Take a tool in hand. */
  take(tool: ToolId): void {
    this.tool = tool;
    void this.core().then(({ activate }) => activate(tool));
  }

  /** Hear that a cell shows something; what loads next follows the cells, the active one first. */
  drawn(_cell: Cell): void {
    this.plan();
  }

  /** Hear that the reader went to another image. */
  moved(): void {
    this.prefetcher?.fill();
  }

  private plan(): void {
    const shown = [this.active, ...this.cells.filter((cell) => cell !== this.active)].filter((cell) => cell.isShown);
    const others = this.series.filter((entry) => !shown.some((cell) => cell.set?.seriesUid === entry.row.uid));
    const rest = others.flatMap((entry) => entry.sets ?? []).filter((set) => set.kind === 'stack').map((set) => ({ frames: set.frames, position: 0, direction: 1 as const }));
    this.prefetcher?.want([...shown.map((cell) => cell.wanted), ...rest]);
  }

  /** Return where the picture of the first image comes from, before anything is known. */
  firstPicture(width: number, height: number): string {
    return pictureUrl(this.seriesUid ? `${this.studyUid}/series/${this.seriesUid}` : this.studyUid, width, height);
  }

  /** Open the study: list its series, show the first image; `ready` says when a cell can show one. */
  async open(ready: Promise<unknown>): Promise<void> {
    const own: SeriesRow = { studyUid: this.studyUid, uid: this.seriesUid, modality: '', number: undefined, description: '', bodyPart: '', nInstances: 0 };
    // The headers of a series named in the address need not wait for the list.
    const asked = this.seriesUid ? new SeriesEntry(own) : undefined;
    asked?.load().catch(() => undefined);
    try {
      const rows = await findSeries(this.studyUid);
      const entries = rows.map((row) => (asked && row.uid === asked.row.uid ? Object.assign(asked, { row }) : new SeriesEntry(row)));
      this.series = entries;
      const first = entries.find((entry) => entry === asked) ?? entries[0];
      if (!first) return;
      const order = [first, ...entries.filter((entry) => entry !== first)];
      await this.showFirst(order, ready);
    } catch (reason) {
      this.error = told(reason);
    }
  }

  private async showFirst(order: readonly SeriesEntry[], ready: Promise<unknown>): Promise<void> {
    for (const entry of order) {
      const sets = await entry.load().catch(() => []);
      const start = representative(entry, sets) ?? (sets[0] ? { set: sets[0], index: 0 } : undefined);
      if (!start) continue;
      const frame = start.set.frames[start.index];
      if (frame) beginFetch(frameUrl(frame));
      await ready;
      await this.cells[0]?.show(start.set, start.index);
      break;
    }
    for (const entry of order) await entry.load().catch(() => []);
    this.plan();
  }

  /** Put a series into a cell. */
  async place(entry: SeriesEntry, cell: Cell = this.active): Promise<void> {
    const sets = await entry.load().catch(() => []);
    const start = representative(entry, sets) ?? (sets[0] ? { set: sets[0], index: 0 } : undefined);
    if (!start) return;
    cell.preview = '';
    await cell.show(start.set, start.index);
  }

  /** Show the image that a document speaks of. */
  async showReference({ uid, frames }: Reference): Promise<void> {
    for (const entry of this.series) {
      for (const set of await entry.load().catch(() => [])) {
        const index = set.frames.findIndex(({ instance, number }) => instance.uid === uid && number === (frames[0] ?? number));
        if (index >= 0) return this.active.show(set, index);
      }
    }
    toast(t('notInStudy'), { tone: 'danger' });
  }

  /** Go to the series before or after the one that is shown. */
  step(by: 1 | -1): void {
    const now = this.series.findIndex(({ row }) => row.uid === this.active.set?.seriesUid);
    const next = this.series[now + by];
    if (next) void this.place(next);
  }
}

/** Choose the image that the server draws for a series: the middle one of those with pixels. */
export function representative({ instances }: SeriesEntry, sets: readonly DisplaySet[]): { set: DisplaySet; index: number } | undefined {
  const stacks = sets.filter((set) => set.kind === 'stack');
  const drawn = stacks.flatMap((set) => set.instances);
  const middle = instances.filter((instance) => drawn.includes(instance))[Math.floor(drawn.length / 2)];
  for (const set of stacks) {
    const index = set.frames.findIndex((frame) => frame.instance === middle);
    if (index >= 0) return { set, index };
  }
  return undefined;
}
