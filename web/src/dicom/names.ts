// How is a DICOM attribute shown as text? Names by PS3.5 6.2.1, DICOM JSON by PS3.18 F.2.
export type Attribute = { vr: string; Value?: unknown[]; BulkDataURI?: string; InlineBinary?: string };
export type Attributes = Record<string, Attribute>;

/** Write a person name: ideographic, else alphabetic, else phonetic; `^` parts joined by spaces. */
export function personName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const groups = value as Record<string, unknown>;
  const chosen = [groups.Ideographic, groups.Alphabetic, groups.Phonetic].find((g) => typeof g === 'string' && g.replace(/[\^ ]/g, ''));
  return typeof chosen === 'string' ? spaced(chosen) : '';
}

/** Write the alphabetic group of a name whose ideographic group is shown first; empty when there is nothing more to say. */
export function secondName(row: Attributes, tag: string): string {
  const value = row[tag]?.Value?.[0];
  if (typeof value !== 'object' || value === null) return '';
  const { Ideographic, Alphabetic } = value as Record<string, unknown>;
  return typeof Ideographic === 'string' && Ideographic.replace(/[\^ ]/g, '') && typeof Alphabetic === 'string' ? spaced(Alphabetic) : '';
}

function spaced(group: string): string {
  return group.split('^').map((part) => part.trim()).filter(Boolean).join(' ');
}

/** Write all values of one attribute, or the empty text. */
export function text(row: Attributes, tag: string): string {
  const attribute = row[tag];
  return (attribute?.Value ?? []).map((v) => (attribute?.vr === 'PN' ? personName(v) : String(v ?? ''))).join(', ');
}

/** Return all values of one attribute as texts. */
export function texts(row: Attributes, tag: string): string[] {
  return (row[tag]?.Value ?? []).map(String);
}
