// Which images are in the browser? Counted by series, told to the page at most once per drawn frame.
import { frameOf } from '../core/registry';

export class Loaded {
  private readonly bySeries = new Map<string, Set<string>>();
  private isPlanned = false;
  /** Changes when anything has been loaded or dropped. */
  version = $state(0);

  add(imageId: string): void {
    const series = frameOf(imageId)?.instance.seriesUid;
    if (series === undefined) return;
    const ids = this.bySeries.get(series) ?? new Set();
    ids.add(imageId);
    this.bySeries.set(series, ids);
    this.plan();
  }

  remove(imageId: string): void {
    const series = frameOf(imageId)?.instance.seriesUid;
    if (series !== undefined && this.bySeries.get(series)?.delete(imageId)) this.plan();
  }

  /** Return how many images of a series are loaded; reactive. */
  count(seriesUid: string): number {
    return this.version >= 0 ? (this.bySeries.get(seriesUid)?.size ?? 0) : 0;
  }

  has(seriesUid: string, imageId: string): boolean {
    return this.version >= 0 && (this.bySeries.get(seriesUid)?.has(imageId) ?? false);
  }

  private plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    requestAnimationFrame(() => {
      this.isPlanned = false;
      this.version += 1;
    });
  }
}
