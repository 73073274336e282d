// How is a data set written in the DICOM JSON Model (PS3.18 F.2)? Values, sequences, codes, and what objects of a study share.
import type { Attribute, Attributes } from '../../dicom/names';

export type Code = readonly [value: string, scheme: string, meaning: string];

export const one = (vr: string, ...value: unknown[]): Attribute => ({ vr, Value: value });
export const sequence = (...items: Attributes[]): Attribute => ({ vr: 'SQ', Value: items });
export const code = ([value, scheme, meaning]: Code): Attributes => ({ '00080100': one('SH', value), '00080102': one('SH', scheme), '00080104': one('LO', meaning) });

/** What a new object needs beside its contents; UIDs and the time come from the caller. */
export interface Circumstances { readonly seriesUid: string; readonly instanceUid: string; readonly date: string; readonly time: string; readonly observer: string }

// What an object must name even when its value is not known (type 2).
const EMPTY: Attributes = { '00080020': { vr: 'DA' }, '00080030': { vr: 'TM' }, '00080050': { vr: 'SH' }, '00080090': { vr: 'PN' }, '00100010': { vr: 'PN' }, '00100020': { vr: 'LO' }, '00100030': { vr: 'DA' }, '00100040': { vr: 'CS' }, '00200010': { vr: 'SH' } };
const SHARED = ['00080020', '00080030', '00080050', '00080090', '00081030', '00100010', '00100020', '00100021', '00100030', '00100040', '0020000D', '00200010'];

/** Copy what a new object shares with the others of its study; `study` is the header of one of them. */
export function ofStudy(study: Attributes): Attributes {
  return Object.fromEntries(SHARED.map((tag) => [tag, study[tag] ?? EMPTY[tag]]).filter(([, value]) => value));
}

/** Turn a UUID into a UID (PS3.5 B.2). */
export const uidOf = (uuid: string): string => (/^[0-9.]+$/.test(uuid) ? uuid : `2.25.${BigInt(`0x${uuid.replace(/[^0-9a-f]/gi, '').slice(0, 32) || '0'}`)}`);
