// How do the frames of a segmentation or a dose come in? Uncompressed, many in one answer, one block after the other (PS3.18 10.4.1.1.6).
import { request } from '../../../api/client';
import { studiesRoot } from '../../core/roots';
import type { Instance } from '../../model/instance';
import { partsOf } from '../model/multipart';

const BLOCK_BYTES = 8 << 20;
const MOST_BYTES = 2 ** 30;
const MAX_PER_BLOCK = 200;
const ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';

export class FrameStore {
  private readonly frames: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  private readonly stop = new AbortController();

  constructor(private readonly instance: Instance, private readonly bits: number, private readonly came: (part: number) => void) {}

  /** Return a frame by its number from 1, when it is there. */
  get(number: number): Uint8Array<ArrayBuffer> | undefined {
    return this.frames[number];
  }

  /** Fetch all frames; raises what the archive answers, and RangeError for more than the browser should hold. */
  async load(): Promise<void> {
    const { nFrames, rows, columns } = this.instance;
    const frameBytes = Math.ceil((rows * columns * this.bits) / 8);
    if (frameBytes * nFrames > MOST_BYTES) throw new RangeError('larger than 1 GiB');
    const perBlock = Math.max(1, Math.min(MAX_PER_BLOCK, Math.floor(BLOCK_BYTES / frameBytes)));
    for (let first = 1; first <= nFrames; first += perBlock) {
      const numbers = Array.from({ length: Math.min(perBlock, nFrames - first + 1) }, (_, i) => first + i);
      const parts = await this.fetchBlock(numbers);
      numbers.forEach((number, i) => { this.frames[number] = parts[i]; });
      this.came((first + numbers.length - 1) / nFrames);
    }
  }

  private async fetchBlock(numbers: readonly number[]): Promise<Uint8Array<ArrayBuffer>[]> {
    const { studyUid, seriesUid, uid } = this.instance;
    const answer = await request(`${studiesRoot()}/${studyUid}/series/${seriesUid}/instances/${uid}/frames/${numbers.join(',')}`, { accept: ACCEPT, signal: this.stop.signal });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const parts = partsOf(answer.headers.get('Content-Type') ?? '', bytes);
    if (parts.length !== numbers.length) throw new RangeError(`${parts.length} frames came instead of ${numbers.length}`);
    return parts;
  }

  /** Stop fetching. */
  close(): void {
    this.stop.abort();
  }
}
