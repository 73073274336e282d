// Which lines has a header view? The elements of a data set in order, sequences opened into their items (PS3.18 F.2).
import { personName, type Attribute, type Attributes } from '../../dicom/names';

/** One line: `path` identifies it, `depth` indents it, `item` is the number of an item that begins here. */
export type Line = { path: string; depth: number; tag: string; vr: string; value: string; item?: number };

const MOST_TEXT = 1024;

/** Return the lines of a data set. */
export function lines(set: Attributes, depth = 0, prefix = ''): Line[] {
  return Object.keys(set)
    .sort()
    .flatMap((tag) => {
      const element = set[tag] as Attribute;
      const path = `${prefix}${tag}`;
      const line = { path, depth, tag, vr: element.vr, value: element.vr === 'SQ' ? '' : written(element) };
      if (element.vr !== 'SQ') return [line];
      const items = (element.Value ?? []) as Attributes[];
      return [line, ...items.flatMap((item, n) => [{ path: `${path}[${n + 1}]`, depth: depth + 1, tag: '', vr: '', value: '', item: n + 1 }, ...lines(item ?? {}, depth + 2, `${path}[${n + 1}].`)])];
    });
}

function written(element: Attribute): string {
  if (element.BulkDataURI !== undefined || element.InlineBinary !== undefined) return element.InlineBinary ? hex(element.InlineBinary) : '';
  const text = (element.Value ?? []).map((value) => (element.vr === 'PN' ? groups(value) : typeof value === 'object' ? JSON.stringify(value) : String(value))).join('\\');
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

function groups(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Record<string, string>;
  return [Alphabetic, Ideographic, Phonetic].join('=').replace(/=+$/, '') || personName(value);
}

function hex(base64: string): string {
  const bytes = atob(base64.slice(0, 64));
  return [...bytes].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
}

/** Write a tag as people do. */
export function shownTag(tag: string): string {
  return tag ? `(${tag.slice(0, 4)},${tag.slice(4)})` : '';
}

/** Return the name of a tag; repeating groups have names with x for the digits that vary (PS3.6). */
export function nameOf(tag: string, names: Record<string, string>): string {
  if (names[tag]) return names[tag];
  if (!tag) return '';
  const masked = [`${tag.slice(0, 2)}xx${tag.slice(4)}`, `${tag.slice(0, 5)}x${tag.slice(6)}`, `${tag.slice(0, 6)}xx`];
  const known = masked.find((one) => names[one]);
  return known ? (names[known] ?? '') : '';
}

/** Keep the lines that match, with the sequences that lead to them. */
export function matching(all: Line[], q: string, names: Record<string, string>): Line[] {
  const words = q.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return all;
  const found = new Set<string>();
  for (const line of all) {
    const text = `${line.tag} ${shownTag(line.tag)} ${nameOf(line.tag, names)} ${nameOf(line.tag, names).replace(/[\s']/g, '')} ${line.vr} ${line.value}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    found.add(line.path);
    for (let at = line.path.length - 1; at > 0; at--) if (line.path[at] === '[' || line.path[at] === '.') found.add(line.path.slice(0, at));
  }
  return all.filter((line) => found.has(line.path));
}
