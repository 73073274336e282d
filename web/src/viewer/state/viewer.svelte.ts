// What is open in the viewer? Studies, their series, the cells of the layout, and what loads next.
import { told } from '../../api/client';
import { t as stack } from '../../i18n/stack';
import { t } from '../../i18n/viewer';
import { recallJson, remember } from '../../state/remembered';
import { toast } from '../../ui/toasts.svelte';
import { findSeries, pictureUrl, type SeriesRow } from '../core/archive';
import { beginFetch } from '../core/frame_source';
import { frameUrl } from '../core/registry';
import { asStack, type DisplaySet } from '../model/display_sets';
import type { Vector } from '../model/geometry';
import { assign, isImageModality, layoutFor, likeness, readLayout, type Layout } from '../model/hanging';
import type { Instance } from '../model/instance';
import { follow } from '../model/linking';
import { refersTo } from '../model/presentation';
import type { Reference } from '../model/report';
import { Layers } from '../objects/state/layers.svelte';
import type { ToolId } from '../tools/table';
import { Cell } from './cell.svelte';
import type { ImageView } from './image_view';
import { mammograms } from './mammography';
import { hangByProtocol } from './hang';
import { KeyImages } from './key_images.svelte';
import { Loaded } from './loaded.svelte';
import { Measurements } from './measurements.svelte';
import { SeriesEntry } from './series_entry.svelte';
import { Exports } from './exports.svelte';
import { findPriors, type StudyEntry } from './study_entry.svelte';

type Core = typeof import('../core');
type VolumePart = typeof import('../volume');
type Volume = InstanceType<VolumePart['Volume']>;
type Remembered = Record<string, string>;
const isRemembered = (value: unknown): value is Remembered => typeof value === 'object' && value !== null;

export class Viewer {
  series = $state.raw<SeriesEntry[]>([]);
  priors = $state.raw<StudyEntry[]>([]);
  cells = $state.raw<Cell[]>([new Cell('cell-0')]);
  layout = $state.raw<Layout>({ rows: 1, columns: 1 });
  activeIndex = $state(0);
  tool = $state<ToolId>('window');
  error = $state('');
  showsOverlay = $state(true);
  showsLines = $state(true);
  isLinked = $state(true);
  /** The place in the patient that the locating tool points to. */
  located = $state.raw<Vector | undefined>();
  /** What stands in place of the cells: a series as a volume, and the component that shows it. */
  volume = $state.raw<Volume | undefined>();
  VolumeView = $state.raw<VolumePart['VolumeView'] | undefined>();
  readonly loaded = new Loaded();
  readonly measurements = new Measurements(this);
  readonly layers = new Layers(this);
  readonly exports = new Exports(this);
  readonly keyImages = new KeyImages(this);
  /** Which editor of the reader's habits is open. */
  editor = $state<'hanging' | 'corners' | undefined>();
  /** Whether the header of the active image is open beside it. */
  showsHeader = $state(false);
  loadedCore: Core | undefined;
  private nCells = 1;
  private hasAskedPriors = false;
  private parts: Promise<Core> | undefined;
  private prefetcher: InstanceType<Core['Prefetcher']> | undefined;
  private readonly stops: (() => void)[] = [];
  private maximised: { cells: Cell[]; layout: Layout } | undefined;
  readonly active = $derived(this.cells[this.activeIndex] ?? (this.cells[0] as Cell));

  constructor(readonly studyUid: string, readonly seriesUid: string) {}

  /** Load what needs Cornerstone3D, once. */
  core(): Promise<Core> {
    this.parts ??= import('../core').then((core) => {
      this.loadedCore = core;
      this.prefetcher = new core.Prefetcher();
      this.stops.push(core.onCache((id) => this.loaded.add(id), (id) => this.loaded.remove(id)), () => { this.prefetcher?.close(); core.purge(); });
      this.stops.push(this.measurements.attach(core.annotations));
      return core;
    });
    return this.parts;
  }

  /** Let everything go. */
  close(): void {
    for (const stop of this.stops) stop();
    this.layers.close();
  }

  /** Hear that a cell was drawn for the first time: what an address asks of it is done now. */
  private arrived(cell: Cell): void {
    const { asked, view } = cell;
    cell.asked = undefined;
    if (asked && view && this.loadedCore) {
      if (asked.window) cell.setWindow({ center: asked.window[0], width: asked.window[1], name: '' });
      if (asked.colors !== cell.colors) cell.setColors(asked.colors);
      if (asked.camera) this.loadedCore.setCamera(view, asked.camera);
    }
    this.plan();
  }

  /** Hear that a cell was drawn. */
  drawn(cell: Cell): void {
    const isFirst = !cell.isShown;
    cell.drawn();
    if (isFirst) this.arrived(cell);
  }

  /** Return what keys and buttons change: the planes of the volume, or the active cell's image. */
  get view(): ImageView | undefined {
    return this.volume ? this.volume.view : this.active.view;
  }

  /** Return what has windows: the volume, or the active cell. */
  get windowed(): Volume | Cell {
    return this.volume ?? this.active;
  }

  /** Show the active series as a volume, or the images again. */
  async toggleVolume(): Promise<void> {
    const { set } = this.active;
    if (this.volume) this.closeVolume();
    else if (set?.kind === 'stack') {
      const { Volume, VolumeView } = await import('../volume');
      this.VolumeView = VolumeView;
      this.volume = new Volume(this, set);
    }
  }

  /** Show the images again. */
  closeVolume(): void {
    this.volume = undefined;
  }

  /** Take a tool in hand. */
  take(tool: ToolId): void {
    this.tool = tool;
    if (tool !== 'locate') this.located = undefined;
    void this.core().then(({ activate }) => activate(tool));
  }

  /** Return where the picture of the first image comes from, before anything is known. */
  firstPicture(width: number, height: number): string {
    return pictureUrl(this.seriesUid ? `${this.studyUid}/series/${this.seriesUid}` : this.studyUid, width, height);
  }

  /** Open the study: list its series, hang them, show the first image first. */
  async open(): Promise<void> {
    const own: SeriesRow = { studyUid: this.studyUid, uid: this.seriesUid, modality: '', number: undefined, description: '', bodyPart: '', nInstances: 0 };
    // The headers of a series named in the address need not wait for the list.
    const named = this.seriesUid ? new SeriesEntry(own) : undefined;
    void named?.load();
    try {
      const rows = await findSeries(this.studyUid);
      this.series = rows.map((row) => (named && row.uid === named.row.uid ? Object.assign(named, { row }) : new SeriesEntry(row)));
    } catch (reason) {
      this.error = told(reason);
      return;
    }
    if (!this.series.length) this.error = t('emptyStudy');
    const first = Math.max(0, this.series.findIndex((entry) => entry === named));
    const asked = this.exports.asked();
    if (!asked || !(await this.exports.show(asked))) await this.hangAll(first, named);
    await this.findPriors();
    for (const entry of this.series) await entry.load();
    this.plan();
  }

  /** Hang by the reader's protocol, by the sides of mammograms, or by modality; a series named in the address is shown in any case. */
  private async hangAll(first: number, named: SeriesEntry | undefined): Promise<void> {
    if (await hangByProtocol(this)) {
      const [cell] = this.cells;
      if (named && cell && !this.cells.some(({ set }) => set?.seriesUid === named.row.uid)) await this.place(named, cell);
      return;
    }
    const breasts = this.rememberedLayout() ? undefined : await mammograms(this.series);
    this.setLayout(breasts?.layout ?? layoutFor(this.series.map(({ row }) => row), this.rememberedLayout()));
    if (breasts) for (const { cell, set, index } of breasts.hung) void this.cells[cell]?.show(set, index);
    else await this.hang(first);
  }

  /** Find the other studies of the patient, once; the newest first. */
  async findPriors(): Promise<StudyEntry[]> {
    if (!this.hasAskedPriors) this.priors = await findPriors(this.studyUid).catch(() => []);
    this.hasAskedPriors = true;
    return this.priors;
  }

  private async hang(first: number): Promise<void> {
    const order = assign(this.series.map(({ row }) => row), this.cells.length, first);
    for (const [place, index] of order.entries()) {
      const entry = this.series[index];
      const start = await entry?.first();
      const frame = start?.set.frames[start.index];
      if (frame) beginFetch(frameUrl(frame));
      // Not awaited: the cell shows it as soon as Cornerstone is there.
      const cell = this.cells[place];
      if (start && cell) void this.put(start.set, start.index, cell);
    }
  }

  /** Divide the area into cells; what the cells show stays, new ones show the series that are not on the screen yet. */
  setLayout(layout: Layout): void {
    const count = layout.rows * layout.columns;
    this.maximised = undefined;
    this.layout = layout;
    this.cells = Array.from({ length: count }, (_, index) => this.cells[index] ?? new Cell(`cell-${this.nCells++}`));
    this.activeIndex = Math.min(this.activeIndex, count - 1);
  }

  /** Let a cell show nothing: it is made anew, for Cornerstone never lets go of its last image. */
  emptyCell(at: number): void {
    this.cells = this.cells.map((cell, index) => (index === at && (cell.set || cell.preview) ? new Cell(`cell-${this.nCells++}`) : cell));
  }

  /** Set a layout by hand: fill what is empty. */
  async chooseLayout(layout: Layout): Promise<void> {
    this.setLayout(layout);
    const shown = new Set(this.cells.map((cell) => cell.set?.seriesUid));
    const left = this.series.filter(({ row }) => isImageModality(row.modality) && !shown.has(row.uid));
    for (const cell of this.cells.filter((one) => !one.set)) {
      const entry = left.shift();
      if (entry) await this.place(entry, cell);
    }
  }

  /** Show one cell alone, or all of them again. */
  toggleMaximised(): void {
    if (this.maximised) {
      const { cells, layout } = this.maximised;
      this.activeIndex = cells.indexOf(this.active);
      [this.cells, this.layout, this.maximised] = [cells, layout, undefined];
    } else if (this.cells.length > 1) {
      this.maximised = { cells: this.cells, layout: this.layout };
      [this.cells, this.layout, this.activeIndex] = [[this.active], { rows: 1, columns: 1 }, 0];
    }
  }

  private rememberedLayout(): Layout | undefined {
    return readLayout(recallJson('hanging', isRemembered, {})[this.modality()] ?? '');
  }

  /** Return the modality by which a layout is remembered. */
  modality(): string {
    return this.series.find(({ row }) => isImageModality(row.modality))?.row.modality ?? '';
  }

  /** Remember the present layout for studies of this modality, or forget it. */
  rememberLayout(keep: boolean): void {
    const all = { ...recallJson('hanging', isRemembered, {}) };
    if (keep) all[this.modality()] = `${this.layout.rows}x${this.layout.columns}`;
    else delete all[this.modality()];
    remember('hanging', all);
  }

  /** Put a series into a cell. */
  async place(entry: SeriesEntry, cell: Cell = this.active): Promise<void> {
    const start = await entry.first();
    if (!start) return;
    cell.preview = '';
    await this.put(start.set, start.index, cell);
  }

  /** Show a display set in a cell, or over the images that it belongs to. */
  private async put(set: DisplaySet, index: number, cell: Cell): Promise<void> {
    if (await this.layers.take(set, cell)) return;
    const [state] = set.instances;
    if (set.kind === 'presentation' && state) return this.present(state, cell);
    await cell.show(set.kind === 'segmentation' ? asStack(set) : set, index);
  }

  /** Show the first image that a presentation state speaks of, as it says. */
  private async present(state: Instance, cell: Cell): Promise<void> {
    for (const entry of this.allSeries()) {
      for (const set of await entry.load()) {
        const index = set.kind === 'stack' ? set.frames.findIndex((frame) => refersTo(state, frame)) : -1;
        if (index < 0) continue;
        if (cell.set !== set || cell.index !== index) await cell.show(set, index);
        return cell.setState(state);
      }
    }
    toast(stack('noState'), { tone: 'info' });
  }

  /** Return the presentation states that speak of the active image. */
  states(): Instance[] {
    const { frame } = this.active;
    if (!frame) return [];
    return this.allSeries().flatMap(({ sets }) => sets ?? []).filter(({ kind }) => kind === 'presentation').flatMap(({ instances }) => instances).filter((state) => refersTo(state, frame));
  }

  /** Make a cell the one that keys and buttons mean. */
  activate(cell: Cell): void {
    const index = this.cells.indexOf(cell);
    if (index < 0 || index === this.activeIndex) return;
    this.activeIndex = index;
    this.plan();
  }

  /** Put a dragged series into the cell where it was dropped. */
  drop(seriesUid: string, cell: Cell): void {
    const entry = this.allSeries().find(({ row }) => row.uid === seriesUid);
    if (!entry) return;
    this.activate(cell);
    void this.place(entry, cell);
  }

  /** Return the series of all open studies. */
  allSeries(): SeriesEntry[] {
    return [...this.series, ...this.priors.flatMap((study) => study.series ?? [])];
  }

  /** Put the likest series of another study beside the present one. */
  async compare(study: StudyEntry): Promise<void> {
    const own = this.allSeries().find(({ row }) => row.uid === this.active.set?.seriesUid)?.row;
    const entries = (await study.load()).filter(({ row }) => isImageModality(row.modality));
    const best = own ? entries.toSorted((a, b) => likeness(b.row, own) - likeness(a.row, own))[0] : entries[0];
    if (!best) return;
    if (this.cells.length === 1) this.setLayout({ rows: 1, columns: 2 });
    const beside = this.cells[this.activeIndex === 0 ? 1 : 0];
    if (beside) await this.place(best, beside);
  }

  /** Go to the series before or after the one that is shown. */
  step(by: 1 | -1): void {
    const now = this.series.findIndex(({ row }) => row.uid === this.active.set?.seriesUid);
    const next = this.series[now + by];
    if (next) void this.place(next);
  }

  /** Find a frame in the studies that are open. */
  async find(sopInstanceUid: string, frameNumber?: number): Promise<{ set: DisplaySet; index: number } | undefined> {
    for (const entry of this.allSeries()) {
      for (const set of await entry.load()) {
        const index = set.frames.findIndex(({ instance, number }) => instance.uid === sopInstanceUid && number === (frameNumber ?? number));
        if (index >= 0) return { set, index };
      }
    }
    return undefined;
  }

  /** Show the image that a document speaks of. */
  async showReference({ uid, frames }: Reference): Promise<void> {
    const found = await this.find(uid, frames[0]);
    if (!found) toast(t('notInStudy'), { tone: 'danger' });
    else if (found.set === this.active.set) this.active.goTo(found.index);
    else await this.active.show(found.set, found.index);
  }

  /** Look for series that came since. */
  async refresh(): Promise<void> {
    const rows = await findSeries(this.studyUid);
    this.series = rows.map((row) => this.series.find((entry) => entry.row.uid === row.uid) ?? new SeriesEntry(row));
  }

  /** Hear that the reader went to another image in a cell; linked cells follow the active one. */
  moved(cell: Cell, from: number, to: number): void {
    this.prefetcher?.fill();
    if (!this.isLinked || cell !== this.active || !cell.set) return;
    for (const other of this.cells) {
      if (other === cell || other.set?.kind !== 'stack') continue;
      const index = follow(cell.set, from, to, other.set, other.index);
      if (index !== undefined) other.goTo(index);
    }
  }

  /** Point to a place in the patient: every other cell goes there. */
  locate(point: Vector): void {
    this.located = point;
    for (const cell of this.cells) if (cell !== this.active && cell.canLocate(this.active)) cell.goTo(cell.nearest(point));
  }

  /** Hear that a cell shows something; what loads next follows the cells, the active one first. */
  plan(): void {
    const shown = [this.active, ...this.cells.filter((cell) => cell !== this.active)].filter((cell) => cell.isShown);
    const others = this.series.filter((entry) => !shown.some((cell) => cell.set?.seriesUid === entry.row.uid));
    const rest = others.flatMap((entry) => entry.sets ?? []).filter((set) => set.kind === 'stack').map((set) => ({ frames: set.frames, position: 0, direction: 1 as const }));
    const otherTimes = shown.flatMap(({ set, index }) => (set?.phase?.siblings ?? []).filter((one) => one !== set).map(({ frames }) => ({ frames, position: index, direction: 1 as const })));
    this.prefetcher?.want([...shown.map((cell) => cell.wanted), ...otherTimes, ...rest]);
  }
}
