// How are the frames of the stacks on the screen fetched ahead? From where the reader is outwards, some at once, never more than the cache may hold.
import { middleOut } from '../model/prefetch';
import type { Frame } from '../model/instance';
import { cacheLimitBytes } from './engine';
import { cornerstone } from './packages';
import { imageIdOf } from './registry';

const AT_ONCE = 5;

/** One stack that wants to be loaded; `position` follows the reader. */
export interface Wanted { readonly frames: readonly Frame[]; position: number; direction: 1 | -1 }

export class Prefetcher {
  private wanted: readonly Wanted[] = [];
  private running = 0;
  /** Asked for now, or in vain: neither is asked for again by itself. */
  private readonly taken = new Set<string>();
  private isClosed = false;

  /** Load these stacks, the first one first. */
  want(wanted: readonly Wanted[]): void {
    this.wanted = wanted;
    this.fill();
  }

  /** Look again at what is nearest to the reader. */
  fill(): void {
    while (!this.isClosed && this.running < AT_ONCE) {
      const id = this.next();
      if (id === undefined) return;
      this.running += 1;
      this.taken.add(id);
      cornerstone.imageLoader.loadAndCacheImage(id, { priority: 10, requestType: cornerstone.Enums.RequestType.Prefetch })
        .then(() => this.taken.delete(id), () => undefined)
        .finally(() => { this.running -= 1; this.fill(); });
    }
  }

  private next(): string | undefined {
    // Leave room: what the cache must drop for a frame further away would be fetched again at once.
    if (cornerstone.cache.getCacheSize() > cacheLimitBytes() * 0.9) return undefined;
    for (const { frames, position, direction } of this.wanted) {
      for (const index of middleOut(frames.length, position, direction)) {
        const frame = frames[index];
        if (!frame) continue;
        const id = imageIdOf(frame);
        if (!this.taken.has(id) && !cornerstone.cache.getImageLoadObject(id)) return id;
      }
    }
    return undefined;
  }

  close(): void {
    this.isClosed = true;
  }
}
