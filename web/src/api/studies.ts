// How are studies asked for? QIDO-RS (PS3.18 10.6) with our free-text extension `q`.
import type { Attributes } from '../dicom/names';

export const PAGE_SIZE = 100;

/** Ask for one page of studies and the count of all that match. Raises Error with one sentence. */
export async function findStudies(q: string, offset: number, signal: AbortSignal): Promise<{ rows: Attributes[]; count: number }> {
  const match: Record<string, string> = q.trim() ? { q: q.trim() } : {};
  const page = new URLSearchParams({ ...match, limit: String(PAGE_SIZE), offset: String(offset), orderby: '-StudyDate,-StudyTime', includefield: '00081030' });
  const init = { signal, headers: { Accept: 'application/dicom+json, application/json' } };
  const [list, total] = await Promise.all([
    fetch(`/dicom-web/studies?${page}`, init),
    fetch(`/dicom-web/studies/count?${new URLSearchParams(match)}`, init),
  ]);
  for (const answer of [list, total]) if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const rows = list.status === 204 ? [] : ((await list.json()) as Attributes[]);
  return { rows, count: ((await total.json()) as { count: number }).count };
}
