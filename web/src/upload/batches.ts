// Which files travel together? Small ones in batches, large ones alone; what is surely no image stays here.
import type { Found } from './dropped';

const BATCH_BYTES = 10_000_000;
const BATCH_FILES = 200;
const JUNK = /(^|\/)(\.[^/]*|thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

/** Say whether a file is one of those that systems leave behind in folders. */
export function isJunk(path: string): boolean {
  return JUNK.test(path);
}

/** Take the next batch off the front of a queue. */
export function nextBatch<T extends Found>(queue: T[]): T[] {
  let bytes = 0;
  let n = 0;
  for (const { file, query } of queue) {
    if (n && (query !== queue[0]?.query || bytes + file.size > BATCH_BYTES || n >= BATCH_FILES)) break;
    bytes += file.size;
    n += 1;
  }
  return queue.splice(0, n);
}
