// What does one cell of the layout show, and how? Reactive facts for its overlay; the view itself is Cornerstone's.
import { numberOf } from '../../dicom/values';
import type { StackView } from '../core/stack_view';
import type { Wanted } from '../core/prefetcher';
import type { DisplaySet } from '../model/display_sets';
import type { Loop } from '../model/cine';
import { directionLetters, nearestPlane, oppositeLetters, type Vector } from '../model/geometry';
import { frameOfReference, planesOf } from '../model/linking';
import { frameTimeMs, windowsOf, type Frame, type Instance, type Window } from '../model/instance';
import { colorsOf, type ColorMap } from '../model/color_maps';
import { lutItems } from '../model/lut_items';
import { applied } from '../model/presentation';
import type { CellLink } from '../model/view_link';
import { presetsFor, type Preset } from '../model/presets';

export type Letters = { left: string; right: string; top: string; bottom: string };
const NONE: Letters = { left: '', right: '', top: '', bottom: '' };
const DEFAULT_FPS = 15;

export class Cell {
  set = $state.raw<DisplaySet | undefined>();
  index = $state(0);
  /** The picture that the server drew, until the image itself is there. */
  preview = $state('');
  isShown = $state(false);
  error = $state('');
  window = $state.raw<{ center: number; width: number; table?: string } | undefined>();
  colors = $state<ColorMap>('grey');
  showsOverlays = $state(true);
  /** The presentation state that says how the images are seen. */
  state = $state.raw<Instance | undefined>();
  zoom = $state<number | undefined>();
  letters = $state.raw<Letters>(NONE);
  isPlaying = $state(false);
  fps = $state(DEFAULT_FPS);
  loop = $state<Loop>('loop');
  /** Counts how often the view was drawn: what lies over it follows. */
  nDrawn = $state(0);
  /** What an address wants of the image, once it is shown. */
  asked: CellLink | undefined;
  private view_: StackView | undefined;
  readonly wanted: { frames: readonly Frame[]; position: number; direction: 1 | -1 } & Wanted = { frames: [], position: 0, direction: 1 };
  readonly frame = $derived<Frame | undefined>(this.set?.frames[this.index]);
  readonly count = $derived(this.set?.frames.length ?? 0);

  constructor(readonly id: string) {}

  get view(): StackView | undefined {
    return this.view_;
  }

  /** Take the view when it is there; what was to be shown is shown then. */
  async attach(view: StackView | undefined): Promise<void> {
    this.view_ = view;
    if (this.set?.kind === 'stack') await view?.show(this.set, this.index);
  }

  /** Put a display set into the cell. */
  async show(set: DisplaySet, index: number): Promise<void> {
    this.set = set;
    this.index = index;
    this.isShown = false;
    this.error = '';
    this.window = undefined;
    this.state = undefined;
    this.isPlaying = false;
    const timeMs = set.instances[0] ? frameTimeMs(set.instances[0]) : undefined;
    this.fps = timeMs ? Math.min(60, Math.max(1, Math.round(1000 / timeMs))) : DEFAULT_FPS;
    Object.assign(this.wanted, { frames: set.frames, position: index, direction: 1 });
    if (set.kind === 'stack') await this.view?.show(set, index);
  }

  /** Go to another time at the same place, window and zoom kept; `isRound` goes from the last to the first. */
  async goToPhase(by: number, isRound: boolean): Promise<void> {
    const phase = this.set?.phase;
    const count = phase?.siblings.length ?? 0;
    const next = phase?.siblings[isRound ? (phase.index + by + count) % count : Math.min(count - 1, Math.max(0, phase.index + by))];
    if (!next || next === this.set) return;
    this.set = next;
    Object.assign(this.wanted, { frames: next.frames });
    await this.view?.replace(next, this.index);
  }

  /** Try again what failed. */
  async retry(): Promise<void> {
    if (this.set) await this.show(this.set, this.index);
  }

  /** Go to an image, as far as there is one. */
  goTo(index: number): void {
    const inside = Math.min(Math.max(index, 0), this.count - 1);
    if (inside !== this.index && this.count > 0) void this.view?.goTo(inside);
  }

  /** Say whether places of another cell's image have a meaning here. */
  canLocate(other: Cell): boolean {
    const [own, theirs] = [this.set, other.set].map((set) => (set?.kind === 'stack' ? frameOfReference(set) : ''));
    return !!own && own === theirs;
  }

  /** Return the index of the image nearest to a place. */
  nearest(point: Vector): number {
    const planes = this.set ? planesOf(this.set).filter((plane) => plane !== undefined) : [];
    return planes.length === this.count ? nearestPlane(planes, point) : this.index;
  }

  /** Hear that an image is on the screen. */
  shown(index: number): void {
    this.wanted.direction = index < this.index ? -1 : 1;
    this.wanted.position = index;
    this.index = index;
    this.error = '';
    if (this.state) void this.applyState(true);
  }

  /** See the images as a presentation state says, or as they are. */
  async setState(state: Instance | undefined): Promise<void> {
    this.state = state;
    await this.applyState();
  }

  private async applyState(isMoving = false): Promise<void> {
    const says = this.state && this.frame ? applied(this.state, this.frame) : undefined;
    await this.view?.setState(says, isMoving);
  }

  setColors(name: ColorMap): void {
    this.colors = name;
    this.view?.setColors(colorsOf(name));
  }

  toggleOverlays(): void {
    this.showsOverlays = !this.showsOverlays;
    this.view?.showOverlays(this.showsOverlays);
  }

  /** Hear that an image cannot be had. */
  failed(sentence: string, index = this.index): void {
    this.shown(index);
    this.error = sentence;
  }

  /** Hear that the view was drawn anew. */
  drawn(): void {
    this.isShown = true;
    this.nDrawn += 1;
    this.zoom = this.view?.pixelZoom();
    const axes = this.frame && hasPlace(this.frame) ? this.view?.screenAxes() : undefined;
    const [right, bottom] = axes ? [directionLetters(axes.right), directionLetters(axes.down)] : ['', ''];
    if (right !== this.letters.right || bottom !== this.letters.bottom) this.letters = { right, bottom, left: oppositeLetters(right), top: oppositeLetters(bottom) };
  }

  /** Return the windows and tables on the number keys. */
  presets(): Preset[] {
    if (!this.frame) return [];
    const { instance } = this.frame;
    return presetsFor(instance.modality, windowsOf(this.frame), lutItems(instance.attributes, '00283010', false).map(({ name }) => name));
  }

  setWindow(window: Window | Preset): void {
    if ('table' in window && window.table !== undefined) this.view?.setTable(window.table);
    else this.view?.setWindow(window);
  }
}

const hasPlace = ({ instance }: Frame): boolean => ['00200037', '52009229', '52009230', '00540022'].some((tag) => tag in instance.attributes) && numberOf(instance.attributes, '00280010') !== undefined;
