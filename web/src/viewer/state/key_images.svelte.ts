// Which images matter? Those that the reader marks and those that stored selections name; both can be all that is seen.
import { told } from '../../api/client';
import { t } from '../../i18n/stack';
import { toast } from '../../ui/toasts.svelte';
import { circumstances, storeObjects } from '../core/stow';
import type { DisplaySet } from '../model/display_sets';
import type { Frame, Instance } from '../model/instance';
import { readKeyObject, selects, writeKeyObject } from '../model/key_objects';
import type { Viewer } from './viewer.svelte';

const same = (a: Frame, b: Frame): boolean => a.instance.uid === b.instance.uid && a.number === b.number;

export class KeyImages {
  marked = $state.raw<readonly Frame[]>([]);
  isOpen = $state(false);
  isSaving = $state(false);
  /** The whole stacks of the cells that show key images only. */
  private readonly whole = new Map<string, DisplaySet>();
  /** Changes when a filter is set or taken away. */
  private version = $state(0);

  constructor(private readonly viewer: Viewer) {}

  has(frame: Frame | undefined): boolean {
    return !!frame && this.marked.some((one) => same(one, frame));
  }

  /** Mark the active image, or take its mark away. */
  toggle(frame: Frame | undefined = this.viewer.active.frame): void {
    if (!frame) return;
    if (!this.marked.length) this.isOpen = true;
    this.marked = this.has(frame) ? this.marked.filter((one) => !same(one, frame)) : [...this.marked, frame];
  }

  /** Store the marked images of each study as a Key Object Selection. */
  async save(): Promise<void> {
    this.isSaving = true;
    try {
      for (const study of new Set(this.marked.map(({ instance }) => instance.studyUid))) {
        await storeObjects(study, [writeKeyObject(this.marked.filter(({ instance }) => instance.studyUid === study), t('keyImages'), circumstances())]);
      }
      await this.viewer.refresh();
      for (const entry of this.viewer.series) await entry.load();
      toast(t('keySaved'), { tone: 'ok' });
    } catch (reason) {
      toast(told(reason), { tone: 'danger' });
    }
    this.isSaving = false;
  }

  /** Return the stored selections of the open studies. */
  stored(): Instance[] {
    return this.viewer.allSeries().flatMap(({ sets }) => sets ?? []).filter(({ kind }) => kind === 'keys').flatMap(({ instances }) => instances);
  }

  /** Say whether the active cell shows key images only. */
  isFiltered(): boolean {
    return this.version >= 0 && this.whole.has(this.viewer.active.id) && this.whole.get(this.viewer.active.id)?.seriesUid === this.viewer.active.set?.seriesUid;
  }

  /** Show only the images of a stored selection, or those marked here, in the active cell. */
  async filter(by?: Instance): Promise<void> {
    const selected = by ? readKeyObject(by.attributes) : undefined;
    const isKey = (frame: Frame): boolean => (selected ? selects(selected, frame) : this.has(frame));
    const { active } = this.viewer;
    this.unfilterQuietly();
    for (const set of [active.set, ...this.viewer.allSeries().flatMap(({ sets }) => sets ?? [])]) {
      const frames = set?.kind === 'stack' ? set.frames.filter(isKey) : [];
      if (!set || !frames.length) continue;
      this.whole.set(active.id, set);
      await active.show({ ...set, id: `${set.id}/keys`, frames }, 0);
      this.version += 1;
      return;
    }
    toast(t('noKeyImage'), { tone: 'info' });
  }

  /** Show the whole stack again, at the image that is seen. */
  async unfilter(): Promise<void> {
    const { active } = this.viewer;
    const { frame } = active;
    const set = this.unfilterQuietly();
    if (set && frame) await active.show(set, Math.max(0, set.frames.findIndex((one) => same(one, frame))));
  }

  private unfilterQuietly(): DisplaySet | undefined {
    const set = this.whole.get(this.viewer.active.id);
    this.whole.delete(this.viewer.active.id);
    this.version += 1;
    return set;
  }
}
