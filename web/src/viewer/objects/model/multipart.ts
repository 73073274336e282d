// Which parts does an answer of multipart/related have? RFC 2387 as WADO-RS uses it (PS3.18 8.7.1).

/** Return the bodies of all parts; raises RangeError when the answer is no multipart or ends too early. */
export function partsOf(contentType: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const boundary = /boundary="?([^";]+)/i.exec(contentType)?.[1];
  if (!boundary) throw new RangeError('the answer has no parts');
  const mark = new TextEncoder().encode(`--${boundary}`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let at = find(bytes, mark, 0);
  while (at >= 0) {
    const head = at + mark.length;
    if (bytes[head] === 45 && bytes[head + 1] === 45) return parts;
    const body = find(bytes, BLANK, head);
    if (body < 0) break;
    const next = find(bytes, mark, body + BLANK.length);
    if (next < 0) break;
    // The line break before a boundary belongs to the boundary.
    parts.push(bytes.subarray(body + BLANK.length, next - 2));
    at = next;
  }
  throw new RangeError('the answer ends in the middle of a part');
}

const BLANK = new Uint8Array([13, 10, 13, 10]);

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first] = wanted;
  for (let at = bytes.indexOf(first ?? 0, from); at >= 0; at = bytes.indexOf(first ?? 0, at + 1)) {
    let n = 1;
    while (n < wanted.length && bytes[at + n] === wanted[n]) n += 1;
    if (n === wanted.length) return at;
  }
  return -1;
}
