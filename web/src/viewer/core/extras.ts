// What belongs to an image beside its pixels? Tables and overlay bits, inline or fetched, once for each object.
import { numberOf } from '../../dicom/values';
import type { Frame, Instance } from '../model/instance';
import { lutItems, lutOf, type LutItem } from '../model/lut_items';
import { overlayMask, overlayPlanes, type OverlayMask, type OverlayPlane } from '../model/overlays';
import type { Lut } from '../model/voi';
import { fetchBulk } from './frame_source';

export interface Extras { readonly modality: Lut | undefined; readonly voi: readonly Lut[]; readonly planes: readonly { plane: OverlayPlane; bytes: Uint8Array | undefined }[] }
const NOTHING: Extras = { modality: undefined, voi: [], planes: [] };

const known = new WeakMap<Instance, Promise<Extras>>();

/** Fetch what belongs to an instance; what cannot be had is left out: the image is worth more than its overlay. */
export function extrasOf(instance: Instance): Promise<Extras> {
  let extras = known.get(instance);
  if (!extras) {
    extras = read(instance);
    known.set(instance, extras);
  }
  return extras;
}

async function read(instance: Instance): Promise<Extras> {
  const set = instance.attributes;
  const isSigned = numberOf(set, '00280103') === 1;
  const planes = overlayPlanes(set);
  // A Modality LUT changes the values themselves: without it the image would lie, so its failure is the image's.
  const [modality] = lutItems(set, '00283000', isSigned);
  const voi = lutItems(set, '00283010', isSigned);
  if (!modality && !voi.length && !planes.length) return NOTHING;
  return {
    modality: modality && (await fetchLut(modality)),
    voi: (await Promise.all(voi.map((item) => fetchLut(item).catch(() => undefined)))).filter((lut) => lut !== undefined),
    planes: await Promise.all(planes.map(async (plane) => ({ plane, bytes: await bytesOf(plane).catch(() => undefined) }))),
  };
}

/** Fetch a table. */
export const fetchLut = async (item: LutItem): Promise<Lut> => lutOf(item, await bytesOf(item));

const bytesOf = async ({ bytes, uri }: { bytes?: Uint8Array<ArrayBuffer>; uri?: string }): Promise<Uint8Array<ArrayBuffer> | undefined> => bytes ?? (uri ? fetchBulk(uri) : undefined);

/** Return the planes of a frame whose bits lie apart from the pixels. */
export function masksOf({ planes }: Extras, { number }: Frame): OverlayMask[] {
  return planes.flatMap(({ plane, bytes }) => {
    const mask = bytes && overlayMask(plane, bytes, number);
    return mask ? [{ plane, mask }] : [];
  });
}

/** Fetch the planes of a presentation state. */
export async function fetchMasks(planes: readonly OverlayPlane[], { number }: Frame): Promise<OverlayMask[]> {
  return masksOf({ ...NOTHING, planes: await Promise.all(planes.map(async (plane) => ({ plane, bytes: await bytesOf(plane).catch(() => undefined) }))) }, { number } as Frame);
}
