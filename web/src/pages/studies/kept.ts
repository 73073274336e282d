// Which searches did the user keep? By name, in this browser.
import { recallJson, remember } from '../../state/remembered';

export type KeptSearch = { name: string; query: string };

const areKept = (value: unknown): value is KeptSearch[] =>
  Array.isArray(value) && value.every((one) => typeof (one as KeptSearch | null)?.name === 'string' && typeof (one as KeptSearch).query === 'string');

/** Return the kept searches. */
export function keptSearches(): KeptSearch[] {
  return recallJson('searches', areKept, []);
}

/** Keep these searches; returns them. */
export function keepSearch(searches: KeptSearch[]): KeptSearch[] {
  remember('searches', searches);
  return searches;
}
