// How does the page ask the archive? One function for JSON; every failure is an ApiError with one sentence.
import { t } from '../i18n/shell';
import { session } from '../state/session.svelte';

/** What went wrong: `status` 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export type Ask = { method?: string; body?: unknown; signal?: AbortSignal; accept?: string };

/** Send a request; raise ApiError unless it is answered with success. An abort stays an AbortError. */
export async function request(path: string, { method = 'GET', body, signal, accept = 'application/json' }: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null });
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw new ApiError(t('offline'), 0);
  }
  if (answer.status === 401) session.expired();
  if (!answer.ok) throw new ApiError(await sentence(answer), answer.status);
  return answer;
}

/** Ask for JSON; an answer without content is undefined. */
export async function api<T>(path: string, ask: Ask = {}): Promise<T> {
  const answer = await request(path, ask);
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function sentence(answer: Response): Promise<string> {
  try {
    const told = (await answer.json()) as { error?: unknown; kind?: unknown };
    if (typeof told.error !== 'string' || !told.error) return t('badAnswer', { status: answer.status });
    // What the server may say in Chinese is long, and the first rows need none of it.
    const { serverText } = await import('../ui/serverText');
    return serverText(told.error, String(told.kind ?? ''));
  } catch {
    // Not our JSON: a proxy in between, perhaps.
  }
  return t('badAnswer', { status: answer.status });
}

/** Write any failure as a sentence for people; aborts are empty. */
export function told(reason: unknown): string {
  if (reason instanceof DOMException && reason.name === 'AbortError') return '';
  return reason instanceof Error ? reason.message : String(reason);
}
