// How do tiles come from the archive? The nearest first, some at once, those no longer wanted given up, a bounded number kept.
import { request } from '../../../api/client';
import { studiesRoot } from '../../core/roots';
import type { Level } from './slide';

const AT_ONCE = 6;
const KEPT_PIXELS = 96 << 20;
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';

export interface WantedTile { readonly level: Level; readonly frame: number }
const keyOf = ({ level, frame }: WantedTile): string => `${level.instance.uid}#${frame}`;

export class TileSource {
  private readonly kept = new Map<string, ImageBitmap>();
  private readonly running = new Map<string, AbortController>();
  private readonly failed = new Set<string>();
  private wanted: readonly WantedTile[] = [];
  private nPixels = 0;
  private isClosed = false;

  constructor(private readonly came: () => void) {}

  /** Return a tile that is there. */
  get(tile: WantedTile): ImageBitmap | undefined {
    const key = keyOf(tile);
    const found = this.kept.get(key);
    // The one used last goes last.
    if (found) { this.kept.delete(key); this.kept.set(key, found); }
    return found;
  }

  /** Ask for tiles, the first one first; what was asked for before and is not among them is given up. */
  want(tiles: readonly WantedTile[]): void {
    this.wanted = tiles;
    const keys = new Set(tiles.map(keyOf));
    for (const [key, abort] of this.running) if (!keys.has(key)) abort.abort();
    this.fill();
  }

  /** Return how many of the wanted tiles are still to come. */
  get nMissing(): number {
    return this.wanted.filter((tile) => !this.kept.has(keyOf(tile)) && !this.failed.has(keyOf(tile))).length;
  }

  private fill(): void {
    for (const tile of this.wanted) {
      const key = keyOf(tile);
      if (this.isClosed || this.running.size >= AT_ONCE) return;
      if (this.kept.has(key) || this.running.has(key) || this.failed.has(key)) continue;
      const abort = new AbortController();
      this.running.set(key, abort);
      fetchTile(tile, abort.signal).then((bitmap) => this.keep(key, bitmap), () => { if (!abort.signal.aborted) this.failed.add(key); })
        .finally(() => { this.running.delete(key); if (!this.isClosed) { this.came(); this.fill(); } });
    }
  }

  private keep(key: string, bitmap: ImageBitmap): void {
    if (this.isClosed) { bitmap.close(); return; }
    this.kept.set(key, bitmap);
    this.nPixels += bitmap.width * bitmap.height;
    const needed = new Set(this.wanted.map(keyOf));
    for (const [old, tile] of this.kept) {
      if (this.nPixels <= KEPT_PIXELS) break;
      if (needed.has(old)) continue;
      this.kept.delete(old);
      this.nPixels -= tile.width * tile.height;
      tile.close();
    }
  }

  close(): void {
    this.isClosed = true;
    for (const abort of this.running.values()) abort.abort();
    for (const tile of this.kept.values()) tile.close();
    this.kept.clear();
  }
}

/** Fetch one tile: the stored JPEG where a browser reads it as it is meant, else the archive's drawing of it. */
async function fetchTile({ level: { instance }, frame }: WantedTile, signal: AbortSignal): Promise<ImageBitmap> {
  const url = `${studiesRoot()}/${instance.studyUid}/series/${instance.seriesUid}/instances/${instance.uid}/frames/${frame}`;
  const photometric = String(instance.attributes['00280004']?.Value?.[0] ?? '');
  // Without a marker a browser takes every JPEG of three components for YCbCr.
  const isReadable = instance.transferSyntax === JPEG_BASELINE && photometric.startsWith('YBR');
  const answer = isReadable ? await request(url, { accept: `image/jpeg; transfer-syntax=${JPEG_BASELINE}`, signal }) : await request(`${url}/rendered`, { accept: 'image/jpeg', signal });
  return createImageBitmap(new Blob([await answer.arrayBuffer()], { type: 'image/jpeg' }));
}
