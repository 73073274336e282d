// How are other archives registered, tried, searched and fetched from? Found rows come as lines of JSON while they are found.
import type { Attributes } from '../dicom/names';
import { serverText } from '../ui/serverText';
import { ApiError, api, request } from './client';

export type FetchBy = 'get' | 'move' | 'web';
export type Remote = { name: string; ae_title: string; web_url: string; fetch: FetchBy; keep: boolean; has_credentials: boolean };
export type RemoteTest = { ok: boolean; ms: number; error: string | null; can: string[] };
type Line = { row: Attributes } | { error: string } | { n_rows: number };

const path = (name: string): string => `/api/remotes/${encodeURIComponent(name)}`;

export const remotes = (): Promise<Remote[]> => api('/api/remotes');
export const putRemote = (remote: Omit<Remote, 'has_credentials'> & { web_authorization?: string }): Promise<Remote> => api(path(remote.name), { method: 'PUT', body: remote });
export const removeRemote = (name: string): Promise<void> => api(path(name), { method: 'DELETE' });
export const testRemote = (name: string): Promise<RemoteTest> => api(`${path(name)}/test`, { method: 'POST' });
export const fetchStudy = (name: string, study: string): Promise<{ job: string }> => api(`${path(name)}/studies/${study}/fetch`, { method: 'POST' });

/** Search studies of another archive; yields rows in the portions in which they arrive. Raises ApiError. */
export function searchRemote(name: string, params: URLSearchParams, signal: AbortSignal): AsyncGenerator<Attributes[]> {
  return lines(`${path(name)}/studies?${params}`, signal);
}

/** Ask another archive for the series of a study. */
export async function remoteSeries(name: string, study: string, signal: AbortSignal): Promise<Attributes[]> {
  const found: Attributes[] = [];
  for await (const rows of lines(`${path(name)}/studies/${study}/series`, signal)) found.push(...rows);
  return found;
}

async function* lines(address: string, signal: AbortSignal): AsyncGenerator<Attributes[]> {
  const answer = await request(address, { signal, accept: 'application/x-ndjson' });
  if (!answer.body) return;
  let rest = '';
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + piece).split('\n');
    rest = whole.pop() ?? '';
    const rows: Attributes[] = [];
    for (const line of whole) {
      if (!line) continue;
      const said = JSON.parse(line) as Line;
      if ('row' in said) rows.push(said.row);
      else if ('error' in said) throw new ApiError(serverText(said.error), answer.status);
    }
    if (rows.length) yield rows;
  }
}
