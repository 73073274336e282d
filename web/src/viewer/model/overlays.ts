// Which overlay planes lie over an image? Groups 60xx (PS3.3 C.9.2), their bits apart or among those of the pixels.
import type { Attributes } from '../../dicom/names';
import { binaryOf, numberOf, numbersOf, stringOf } from '../../dicom/values';

/** One plane; `top` and `left` count pixels from 0; `bit` is where an embedded one lies. */
export interface OverlayPlane {
  readonly group: string;
  readonly rows: number;
  readonly columns: number;
  readonly top: number;
  readonly left: number;
  readonly nFrames: number;
  readonly firstFrame: number;
  readonly label: string;
  readonly bit?: number;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly uri?: string;
}
/** A plane with its bits for one frame: 1 where something is drawn. */
export interface OverlayMask { readonly plane: OverlayPlane; readonly mask: Uint8Array }

const MAX_SIDE = 65535;

/** Read the planes of a header. */
export function overlayPlanes(set: Attributes): OverlayPlane[] {
  const planes: OverlayPlane[] = [];
  for (let number = 0; number < 32; number += 2) {
    const group = (0x6000 + number).toString(16).toUpperCase();
    const of = (element: string): string => group + element;
    const [rows, columns] = [numberOf(set, of('0010')) ?? 0, numberOf(set, of('0011')) ?? 0];
    const data = binaryOf(set, of('3000'));
    const isEmbedded = !data.bytes && !data.uri && (numberOf(set, of('0100')) ?? 1) > 1;
    const size = isEmbedded ? [numberOf(set, '00280010') ?? 0, numberOf(set, '00280011') ?? 0] as const : [rows, columns] as const;
    if (size[0] < 1 || size[1] < 1 || size[0] > MAX_SIDE || size[1] > MAX_SIDE || !(of('0010') in set || isEmbedded) || !(isEmbedded || data.bytes || data.uri)) continue;
    const [top = 1, left = 1] = numbersOf(set, of('0050'));
    planes.push({
      group, rows: size[0], columns: size[1], top: top - 1, left: left - 1,
      nFrames: numberOf(set, of('0015')) ?? 0, firstFrame: numberOf(set, of('0051')) ?? 1,
      label: stringOf(set, of('1500')) || stringOf(set, of('0022')),
      ...(isEmbedded ? { bit: numberOf(set, of('0102')) ?? 0 } : data),
    });
  }
  return planes;
}

/** Unpack a plane's own bits for a frame; undefined when the plane does not belong to the frame or its bits are missing. */
export function overlayMask(plane: OverlayPlane, bytes: Uint8Array, frameNumber: number): Uint8Array | undefined {
  const index = plane.nFrames > 1 ? frameNumber - plane.firstFrame : 0;
  const count = plane.rows * plane.columns;
  if (index < 0 || (plane.nFrames > 1 && index >= plane.nFrames) || bytes.length * 8 < (index + 1) * count) return undefined;
  const from = index * count;
  return Uint8Array.from({ length: count }, (_, i) => ((bytes[(from + i) >> 3] ?? 0) >> ((from + i) & 7)) & 1);
}

/** Take a plane out of the pixels that it is embedded in. */
export const embeddedMask = (raw: ArrayLike<number>, bit: number): Uint8Array => Uint8Array.from({ length: raw.length }, (_, i) => ((raw[i] ?? 0) >> bit) & 1);
