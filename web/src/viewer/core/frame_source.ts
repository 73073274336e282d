// How do frames come from the archive? WADO-RS frames (PS3.18 10.4.1.1.6), as stored or, when the browser cannot decode them, uncompressed.

import { request } from '../../api/client';

const UNCOMPRESSED = '1.2.840.10008.1.2.1';

export interface FetchedFrame { readonly bytes: Uint8Array<ArrayBuffer>; readonly transferSyntax: string }

const begun = new Map<string, Promise<FetchedFrame>>();

/** Begin to fetch a frame before anybody can show it. */
export function beginFetch(url: string): void {
  if (begun.has(url)) return;
  const frame = fetchFrame(url, '*');
  frame.catch(() => begun.delete(url));
  begun.set(url, frame);
}

/** Fetch one frame in the stored transfer syntax. */
export function fetchStored(url: string, signal?: AbortSignal): Promise<FetchedFrame> {
  const known = begun.get(url);
  begun.delete(url);
  return known ?? fetchFrame(url, '*', signal);
}

/** Fetch one frame decoded by the server. */
export const fetchUncompressed = (url: string, signal?: AbortSignal): Promise<FetchedFrame> => fetchFrame(url, UNCOMPRESSED, signal);

async function fetchFrame(url: string, syntax: string, signal?: AbortSignal): Promise<FetchedFrame> {
  const answer = await request(url, { accept: `application/octet-stream; transfer-syntax=${syntax}`, ...(signal ? { signal } : {}) });
  const given = /transfer-syntax="?([0-9.]+)/.exec(answer.headers.get('Content-Type') ?? '')?.[1];
  return { bytes: new Uint8Array(await answer.arrayBuffer()), transferSyntax: given ?? UNCOMPRESSED };
}

/** Fetch a bulk value, such as a palette. */
export async function fetchBulk(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await request(url, { accept: 'application/octet-stream' });
  return new Uint8Array(await answer.arrayBuffer());
}
