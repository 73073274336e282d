// What was made for the slices seen last? A reader goes back and forth; a bounded number of them is kept.
import type { Slice } from '../model/slice';

const KEPT = 24;

export class SliceCache<T> {
  private readonly kept = new Map<string, T>();

  /** Return what belongs to a slice; made when it is not there. */
  get(slice: Slice, make: () => T): T {
    const key = `${slice.uid}#${slice.frameNumber} ${slice.plane ? [slice.plane.position, slice.plane.row, slice.plane.column].join(' ') : ''}`;
    const found = this.kept.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.kept.set(key, made);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value as string);
    return made;
  }

  clear(): void {
    this.kept.clear();
  }
}
