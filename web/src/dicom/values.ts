// How are values read from the DICOM JSON Model (PS3.18 F.2) without trusting it? Missing or odd values become undefined.
import { personName, type Attribute, type Attributes } from './names';

/** Return all values of one attribute. */
export function values(set: Attributes, tag: string): unknown[] {
  const value = set[tag]?.Value;
  return Array.isArray(value) ? value : [];
}

/** Return one value as text; empty when there is none. */
export function stringOf(set: Attributes, tag: string, index = 0): string {
  const value = values(set, tag)[index];
  if (value === null || value === undefined) return '';
  return set[tag]?.vr === 'PN' ? personName(value) : String(value);
}

/** Return every value as text. */
export function stringsOf(set: Attributes, tag: string): string[] {
  return values(set, tag).map((value) => String(value ?? ''));
}

/** Return one value as a finite number. */
export function numberOf(set: Attributes, tag: string, index = 0): number | undefined {
  const value = values(set, tag)[index];
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** Return all values as numbers, or none of them when one is not a finite number. */
export function numbersOf(set: Attributes, tag: string): number[] {
  const numbers = values(set, tag).map(Number);
  return numbers.every(Number.isFinite) ? numbers : [];
}

/** Return the items of a sequence. */
export function itemsOf(set: Attributes, tag: string): Attributes[] {
  return values(set, tag).filter((item): item is Attributes => typeof item === 'object' && item !== null);
}

/** Return the bytes of an inline binary value, or where they can be fetched. */
export function binaryOf(set: Attributes, tag: string): { bytes?: Uint8Array<ArrayBuffer>; uri?: string } {
  const attribute = set[tag] as (Attribute & { InlineBinary?: unknown; BulkDataURI?: unknown }) | undefined;
  if (typeof attribute?.InlineBinary === 'string') return { bytes: Uint8Array.from(atob(attribute.InlineBinary), (c) => c.charCodeAt(0)) };
  if (typeof attribute?.BulkDataURI === 'string') return { uri: attribute.BulkDataURI };
  return {};
}
