// How does a picture, video or document become a DICOM object? Attributes and the file, stored as metadata and bulk data (PS3.18 10.5).
import type { Attributes } from '../dicom/names';
import { TAG } from '../dicom/tags';

/** The kinds of files that the archive makes objects of, by their ending: media type, and whether they are documents. */
const KINDS: Record<string, string> = {
  jpg: 'image/jpeg', jpeg: 'image/jpeg', jp2: 'image/jp2', png: 'image/png', gif: 'image/gif', bmp: 'image/bmp', tif: 'image/tiff', tiff: 'image/tiff', webp: 'image/webp',
  mp4: 'video/mp4', m4v: 'video/mp4', mov: 'video/mp4', pdf: 'application/pdf', stl: 'model/stl', obj: 'model/obj',
};
const DOCUMENT = /^(application|model)\//;

/** Return the media type of a file that can be wrapped, "" for others. */
export function mediaTypeOf(path: string): string {
  const ending = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return KINDS[ending] ?? '';
}

/** Return a UID that nobody has (PS3.5 B.2). Random bits, for `randomUUID` is not there without TLS. */
export function newUid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `2.25.${bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)}`;
}

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
const PHOTO = '1.2.840.10008.5.1.4.1.1.77.1.4';

/** Return the attributes of one object: those that all share, its number, and what refers to its bytes. */
export function objectOf(shared: Attributes, mediaType: string, n: number, photo: boolean): Attributes {
  const own: Attributes = { ...shared, [TAG.InstanceNumber]: { vr: 'IS', Value: [n] } };
  if (mediaType.startsWith('image/')) own[TAG.SOPClassUID] = { vr: 'UI', Value: [photo ? PHOTO : SECONDARY_CAPTURE] };
  if (photo && !DOCUMENT.test(mediaType)) own[TAG.Modality] = { vr: 'CS', Value: ['XC'] };
  own[DOCUMENT.test(mediaType) ? '00420011' : '7FE00010'] = { vr: 'OB', BulkDataURI: 'bulk' };
  return own;
}

/** Write the body of one STOW-RS request. */
export function bodyOf(object: Attributes, mediaType: string, file: Blob): { type: string; body: Blob } {
  const boundary = newUid();
  const head = `--${boundary}\r\nContent-Type: application/dicom+json\r\n\r\n${JSON.stringify([object])}\r\n--${boundary}\r\nContent-Type: ${mediaType}\r\nContent-Location: bulk\r\n\r\n`;
  return { type: `multipart/related; type="application/dicom+json"; boundary=${boundary}`, body: new Blob([head, file, `\r\n--${boundary}--\r\n`]) };
}
