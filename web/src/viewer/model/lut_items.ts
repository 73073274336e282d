// Which tables does a header hold? Items of Modality and VOI LUT Sequences (PS3.3 C.11.1, C.11.2) and Presentation LUTs (C.11.6).
import type { Attributes } from '../../dicom/names';
import { binaryOf, itemsOf, numbersOf, stringOf } from '../../dicom/values';
import type { Lut } from './voi';

/** A table whose data may still have to be fetched. */
export interface LutItem { readonly first: number; readonly count: number; readonly bits: number; readonly name: string; readonly bytes?: Uint8Array<ArrayBuffer>; readonly uri?: string; readonly values?: readonly number[] }

/** Read the items of a sequence; the first value is signed when pixels are. */
export function lutItems(set: Attributes, sequence: string, isSigned: boolean): LutItem[] {
  return itemsOf(set, sequence).flatMap((item) => {
    const [count = 0, first = 0, bits = 16] = numbersOf(item, '00283002');
    const wraps = isSigned && item['00283002']?.vr !== 'SS' && first >= 32768;
    const values = numbersOf(item, '00283006');
    const data = values.length ? { values } : binaryOf(item, '00283006');
    if (!values.length && !('bytes' in data) && !('uri' in data)) return [];
    return [{ first: wraps ? first - 65536 : first, count: count || 65536, bits, name: stringOf(item, '00283003').slice(0, 64), ...data }];
  });
}

/** Make the table; 8-bit entries may lie in bytes or in words. */
export function lutOf({ first, count, bits, name, values }: LutItem, bytes?: Uint8Array<ArrayBuffer>): Lut {
  const entries = new Uint16Array(count);
  const isWide = !!bytes && bytes.length >= 2 * count;
  for (let i = 0; i < count; i += 1) entries[i] = values ? (values[i] ?? 0) : isWide ? (bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8) : (bytes?.[i] ?? 0);
  return { first, entries, top: 2 ** Math.min(16, Math.max(1, bits)) - 1, name };
}
