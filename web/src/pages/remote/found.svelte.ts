// What have other archives found? Rows of several, as they arrive, each with its origin; what fails is said of that archive alone.
import { told } from '../../api/client';
import { searchRemote } from '../../api/remotes';
import type { Attributes } from '../../dicom/names';
import type { Rows } from '../studies/rows';

const LIMIT = '500';

export class Found implements Rows {
  pages = $state.raw<Attributes[]>([]);
  busy = $state(false);
  errors = $state.raw<[string, string][]>([]);
  scrollTop = 0;
  readonly shown = $derived(this.pages.length);
  readonly #origins = new Map<Attributes, string>();
  #sorted: (rows: Attributes[]) => Attributes[] = (rows) => rows;
  #abort = new AbortController();

  at(index: number): Attributes | undefined {
    return this.pages[index];
  }

  see(): void {
    // Everything that was found is here.
  }

  /** Say from which archive a row came. */
  origin(row: Attributes): string {
    return this.#origins.get(row) ?? '';
  }

  /** Order what is here, and what will come. */
  sort(by: (rows: Attributes[]) => Attributes[]): void {
    this.#sorted = by;
    this.pages = by(this.pages);
  }

  /** Ask these archives at the same time. */
  async search(sources: string[], keys: URLSearchParams): Promise<void> {
    this.stop();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#origins.clear();
    this.pages = [];
    this.errors = [];
    this.busy = true;
    const params = new URLSearchParams(keys);
    params.set('limit', LIMIT);
    await Promise.all(
      sources.map(async (source) => {
        try {
          for await (const rows of searchRemote(source, params, signal)) {
            for (const row of rows) this.#origins.set(row, source);
            this.pages = this.#sorted([...this.pages, ...rows]);
          }
        } catch (reason) {
          if (!signal.aborted) this.errors = [...this.errors, [source, told(reason)]];
        }
      }),
    );
    if (!signal.aborted) this.busy = false;
  }

  /** Ask no further. */
  stop(): void {
    this.#abort.abort();
    this.busy = false;
  }
}
