// Which hanging protocol does a study ask for, and which series goes where? By modality, body part and number of series; the first that fits wins.
import { isImageModality, likeness, readLayout, type Layout } from './hanging';

/** What stands in one cell: the next series whose modality and words these are; of the newest prior when `isPrior`. */
export interface Place { readonly modality: string; readonly words: string; readonly isPrior: boolean }
export interface Protocol {
  readonly name: string;
  /** Empty for any. */
  readonly modality: string;
  readonly bodyPart: string;
  /** How many series of images the study has; 0 for no limit. */
  readonly atLeast: number;
  readonly atMost: number;
  /** Rows and columns as "2x3". */
  readonly layout: string;
  /** One for each cell, row by row; cells beyond take the next series. */
  readonly places: readonly Place[];
}
/** What hanging looks at: one line for each series. */
export interface Candidate { readonly modality: string; readonly description: string; readonly bodyPart: string; readonly nInstances: number }

export const ANY_PLACE: Place = { modality: '', words: '', isPrior: false };
export const MAX_PROTOCOLS = 100;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 200;
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Say whether a value, as a browser kept it, is a list of protocols. */
export function areProtocols(value: unknown): value is Protocol[] {
  return Array.isArray(value) && value.length <= MAX_PROTOCOLS && value.every((one: Partial<Protocol> | null) => isText(one?.name) && isText(one?.modality) && isText(one?.bodyPart) && isCount(one?.atLeast) && isCount(one?.atMost)
    && isText(one?.layout) && readLayout(one.layout) !== undefined && Array.isArray(one?.places) && one.places.every((place: Partial<Place> | null) => isText(place?.modality) && isText(place?.words) && typeof place?.isPrior === 'boolean'));
}

const same = (a: string, b: string): boolean => a.trim().toUpperCase() === b.trim().toUpperCase();

/** Return the first protocol that fits the series of a study. */
export function protocolFor(series: readonly Candidate[], protocols: readonly Protocol[]): Protocol | undefined {
  const images = series.filter(({ modality }) => isImageModality(modality));
  return protocols.find(({ modality, bodyPart, atLeast, atMost }) =>
    images.length > 0 && (!modality || images.some((one) => same(one.modality, modality))) && (!bodyPart || images.some((one) => same(one.bodyPart, bodyPart)))
    && images.length >= atLeast && (atMost === 0 || images.length <= atMost));
}

/** Return the layout of a protocol. */
export const layoutOf = ({ layout }: Protocol): Layout => readLayout(layout) ?? { rows: 1, columns: 1 };

const fits = ({ modality, words }: Place, one: Candidate): boolean => {
  const description = one.description.toLowerCase();
  return isImageModality(one.modality) && (!modality || same(one.modality, modality)) && words.toLowerCase().split(/\s+/).every((word) => description.includes(word));
};

/** Choose the series of every cell, as indices into the study's or the prior's; undefined leaves a cell empty. */
export function hungBy(protocol: Protocol, series: readonly Candidate[], prior: readonly Candidate[]): ({ isPrior: boolean; index: number } | undefined)[] {
  const { rows, columns } = layoutOf(protocol);
  const used = { own: new Set<number>(), prior: new Set<number>() };
  const places = Array.from({ length: rows * columns }, (_, n) => protocol.places[n] ?? ANY_PLACE);
  const hung: ({ isPrior: boolean; index: number } | undefined)[] = places.map(() => undefined);
  // What is asked for by name goes first, so that no cell that takes anything takes it away.
  const order = places.map((_, n) => n).sort((a, b) => Number(isOpen(places[a])) - Number(isOpen(places[b])) || a - b);
  let shown: Candidate | undefined;
  for (const n of [...order.filter((at) => !places[at]?.isPrior), ...order.filter((at) => places[at]?.isPrior)]) {
    const place = places[n] as Place;
    const [from, taken] = place.isPrior ? [prior, used.prior] : [series, used.own];
    const left = from.map((one, index) => ({ one, index })).filter(({ one, index }) => !taken.has(index) && fits(place, one));
    const compared = shown;
    const [best] = place.isPrior && compared ? left.toSorted((a, b) => likeness(b.one, compared) - likeness(a.one, compared)) : left;
    if (!best) continue;
    taken.add(best.index);
    if (!place.isPrior) shown ??= best.one;
    hung[n] = { isPrior: place.isPrior, index: best.index };
  }
  return hung;
}

const isOpen = (place: Place | undefined): boolean => !place?.modality && !place?.words.trim();
