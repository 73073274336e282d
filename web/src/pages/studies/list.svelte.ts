// Which rows does the list hold? Pages of 100 by position, fetched when they come into sight; old rows stay until the new ones are there.
import { told } from '../../api/client';
import { countStudies, findStudies, PAGE_SIZE, sizeOfStudies } from '../../api/studies';
import type { Attributes } from '../../dicom/names';
import { text } from '../../dicom/names';
import { TAG } from '../../dicom/tags';
import type { Rows } from './rows';

/** Beyond this a browser cannot scroll exactly any more. */
export const MOST_ROWS = 400_000;
/** Counting reads every study that matches: it waits until rows are painted and nobody types any more. */
const COUNT_AFTER_MS = 200;

export class StudyList implements Rows {
  /** How many studies match; null until it is known. */
  total = $state<number | null>(null);
  /** How many bytes a search's studies take; null until it is known, and for the whole archive (the dashboard tells it). */
  bytes = $state<number | null>(null);
  error = $state('');
  busy = $state(false);
  pages = $state.raw<ReadonlyMap<number, Attributes[]>>(new Map());
  /** Where the user left the list. */
  scrollTop = 0;
  readonly shown = $derived(Math.min(this.total ?? 0, MOST_ROWS));

  #keys = new URLSearchParams();
  #order = '';
  #asked = '';
  #abort = new AbortController();
  #loading = new Set<number>();
  #inSight: [number, number] = [0, 0];

  /** Ask for another set of rows and wait for the first; nothing happens when it is the one that is shown. */
  async show(keys: URLSearchParams, order: string): Promise<void> {
    const asked = `${keys}|${order}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#keys = keys;
    this.#order = order;
    this.scrollTop = 0;
    this.bytes = null;
    await this.#fresh([0]);
  }

  /** Ask again for what is in sight; the rest is forgotten. */
  async refresh(): Promise<void> {
    if (!this.#asked) return;
    await this.#fresh(pagesOf(...this.#inSight));
  }

  /** Return the row at a position, if it is here. */
  at(index: number): Attributes | undefined {
    return this.pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE];
  }

  /** Return the position of a study among the rows that are here, or -1. */
  indexOf(study: string): number {
    for (const [page, rows] of this.pages) {
      const at = rows.findIndex((row) => text(row, TAG.StudyInstanceUID) === study);
      if (at >= 0) return page * PAGE_SIZE + at;
    }
    return -1;
  }

  /** Fetch the pages of these positions that are missing. */
  see(first: number, last: number): void {
    this.#inSight = [first, last];
    for (const page of pagesOf(first, last)) if (!this.pages.has(page)) void this.#load(page);
  }

  async #fresh(wanted: number[]): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#loading.clear();
    const { signal } = this.#abort;
    this.busy = true;
    try {
      const found = await Promise.all(wanted.map(async (page) => [page, await this.#page(page, signal)] as const));
      if (signal.aborted) return;
      const [last, rows] = found.at(-1) ?? [0, []];
      const atLeast = last * PAGE_SIZE + rows.length;
      const isEnd = rows.length < PAGE_SIZE && (rows.length > 0 || !last);
      this.total = isEnd ? atLeast : Math.max(this.total ?? 0, atLeast);
      this.pages = new Map(found);
      this.error = '';
      this.busy = false;
      void this.#sum(isEnd, signal);
    } catch (reason) {
      if (signal.aborted) return;
      this.error = told(reason);
      this.busy = false;
    }
  }

  /** Ask how many rows there are, unless all are here, and how much a search found; the rows are painted already. */
  async #sum(isCounted: boolean, signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, COUNT_AFTER_MS));
    if (signal.aborted) return;
    try {
      const [total, bytes] = await Promise.all([
        isCounted ? this.total : countStudies(this.#keys, signal),
        this.#keys.size && this.total ? sizeOfStudies(this.#keys, signal) : null,
      ]);
      if (signal.aborted) return;
      this.total = total;
      this.bytes = bytes;
    } catch (reason) {
      if (!signal.aborted) this.error = told(reason);
    }
  }

  async #load(page: number): Promise<void> {
    if (this.#loading.has(page)) return;
    this.#loading.add(page);
    const { signal } = this.#abort;
    // Whoever drags the scroll bar passes many pages; only where it rests is asked for.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const stillWanted = pagesOf(...this.#inSight).includes(page) && !signal.aborted;
    try {
      if (stillWanted) {
        const rows = await this.#page(page, signal);
        if (!signal.aborted) this.pages = new Map([...this.pages, [page, rows]]);
      }
    } catch (reason) {
      if (!signal.aborted) this.error = told(reason);
    } finally {
      this.#loading.delete(page);
    }
  }

  #page(page: number, signal: AbortSignal): Promise<Attributes[]> {
    return findStudies(this.#keys, this.#order, page * PAGE_SIZE, signal);
  }
}

function pagesOf(first: number, last: number): number[] {
  const from = Math.floor(first / PAGE_SIZE);
  return Array.from({ length: Math.floor(Math.max(first, last) / PAGE_SIZE) - from + 1 }, (_, n) => from + n);
}
