// How is a study hung by the reader's own protocol, and how is a protocol made of what hangs?
import { isImageModality } from '../model/hanging';
import { ANY_PLACE, hungBy, layoutOf, protocolFor, type Protocol } from '../model/protocols';
import { protocols } from './protocols.svelte';
import type { Viewer } from './viewer.svelte';

const rows = (entries: readonly { readonly row: Viewer['series'][0]['row'] }[]): Viewer['series'][0]['row'][] => entries.map(({ row }) => row);

/** Hang the study as a protocol of the reader asks; say whether one fits. */
export async function hangByProtocol(viewer: Viewer): Promise<boolean> {
  const protocol = protocolFor(rows(viewer.series), protocols.list);
  if (!protocol) return false;
  await hang(viewer, protocol);
  return true;
}

/** Hang the study by one protocol, whether it fits or not. */
export async function hang(viewer: Viewer, protocol: Protocol): Promise<void> {
  viewer.setLayout(layoutOf(protocol));
  const needsPrior = protocol.places.some(({ isPrior }) => isPrior);
  const [newest] = needsPrior ? await viewer.findPriors() : [];
  const prior = (await newest?.load().catch(() => [])) ?? [];
  const placed = hungBy(protocol, rows(viewer.series), rows(prior)).map((choice) => choice && (choice.isPrior ? prior : viewer.series)[choice.index]);
  await Promise.all(placed.map(async (entry, n) => {
    if (!entry) viewer.emptyCell(n);
    else await viewer.place(entry, viewer.cells[n]);
  }));
}

/** Make a protocol of what is on the screen: its layout, and in every cell the series by modality and description. */
export function protocolOf(viewer: Viewer, name: string): Protocol {
  const images = rows(viewer.series).filter(({ modality }) => isImageModality(modality));
  const all = rows(viewer.allSeries());
  const places = viewer.cells.map(({ set }) => {
    const row = all.find(({ uid }) => uid === set?.seriesUid);
    return row ? { modality: row.modality, words: row.description.slice(0, 200), isPrior: row.studyUid !== viewer.studyUid } : ANY_PLACE;
  });
  const { rows: nRows, columns } = viewer.layout;
  return { name, modality: viewer.modality(), bodyPart: images.find(({ bodyPart }) => bodyPart)?.bodyPart ?? '', atLeast: 0, atMost: 0, layout: `${nRows}x${columns}`, places };
}
