// How does Cornerstone get an image? Fetched here, decoded by its workers or in place, then always treated by our own rules.
import type { Types } from '@cornerstonejs/core';
import { binaryOf, numberOf, numbersOf, stringOf } from '../../dicom/values';
import { extremes, readPalette, rescale, throughPalettes, toRgb, unpack, type Cells, type Palette, type Samples, type Values } from '../model/pixels';
import { rescaleOf, spacingOf, voiFunctionOf, windowsOf, type Frame } from '../model/instance';
import { suvFactor } from '../model/suv';
import { embeddedMask, type OverlayMask } from '../model/overlays';
import { shuttersOf } from '../model/shutters';
import { ultrasoundRegions } from '../model/ultrasound';
import { rangeOf, rangeOfLut, throughLut, windowOf } from '../model/voi';
import { extrasOf, masksOf, type Extras } from './extras';
import { fetchBulk, fetchStored, fetchUncompressed, type FetchedFrame } from './frame_source';
import { cornerstone } from './packages';
import { announce, type Drawable } from './painter';
import { frameOf, frameUrl } from './registry';

const NATIVE = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1']);
// The name under which Cornerstone's image loader registers its decoding workers.
const DECODER = 'dicomImageLoader';
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
const CODECS = '1.2.840.10008.1.2.4.';
// Codecs that undo the colour transformation themselves.
const GIVES_RGB = new Set(['YBR_RCT', 'YBR_ICT', 'YBR_PARTIAL_420', 'YBR_PARTIAL_422', 'XYB', 'RGB']);

/** Load an image for Cornerstone (its ImageLoaderFn). */
export function loadImage(imageId: string, options?: Record<string, unknown>): { promise: Promise<Types.IImage>; cancelFn: () => void } {
  const abort = new AbortController();
  return { promise: load(imageId, abort.signal, options), cancelFn: () => abort.abort() };
}

async function load(imageId: string, signal: AbortSignal, options?: Record<string, unknown>): Promise<Types.IImage> {
  const frame = frameOf(imageId);
  if (!frame) throw new Error(`${imageId} is not registered`);
  const url = frameUrl(frame);
  const cells = cellsOf(frame);
  const [fetched, extras] = await Promise.all([fetchStored(url, signal), extrasOf(frame.instance)]);
  const embedded: OverlayMask[] = [];
  const values = await decoded(fetched, cells, frame, extras, embedded).catch(async (reason: unknown) => {
    if (NATIVE.has(fetched.transferSyntax) || signal.aborted) throw reason;
    return finished(await fetchUncompressed(url, signal), { ...cells, isPlanar: false, photometric: cells.samples === 3 ? 'RGB' : cells.photometric }, frame, extras, embedded);
  });
  const target = (options?.targetBuffer as { type?: string } | undefined)?.type;
  return toImage(imageId, frame, cells, target ? as(values, target) : values, { luts: extras.voi, overlays: [...masksOf(extras, frame), ...embedded] });
}

/** Read how the cells of a frame lie. */
export function cellsOf({ instance }: Frame): Cells {
  const set = instance.attributes;
  const bitsAllocated = numberOf(set, '00280100') ?? ('7FE00009' in set ? 64 : '7FE00008' in set ? 32 : 8);
  const bitsStored = numberOf(set, '00280101') ?? bitsAllocated;
  return {
    rows: instance.rows, columns: instance.columns, bitsAllocated, bitsStored,
    samples: numberOf(set, '00280002') ?? 1,
    highBit: numberOf(set, '00280102') ?? bitsStored - 1,
    isSigned: numberOf(set, '00280103') === 1,
    isFloat: '7FE00008' in set || '7FE00009' in set,
    isPlanar: numberOf(set, '00280006') === 1,
    photometric: stringOf(set, '00280004') || 'MONOCHROME2',
  };
}

async function decoded(fetched: FetchedFrame, cells: Cells, frame: Frame, extras: Extras, embedded: OverlayMask[]): Promise<Values> {
  if (NATIVE.has(fetched.transferSyntax)) return finished(fetched, cells, frame, extras, embedded);
  if (fetched.transferSyntax === JPEG_BASELINE && cells.samples === 3) {
    // Without an Adobe or JFIF marker a browser takes every JPEG for YCbCr: the server knows better.
    if (cells.photometric === 'RGB') throw new Error('decoded by the server');
    return { data: await jpegRgb(fetched.bytes, cells), min: 0, max: 255 };
  }
  const imageFrame = {
    rows: cells.rows, columns: cells.columns, bitsAllocated: cells.bitsAllocated, bitsStored: cells.bitsStored, highBit: cells.highBit,
    pixelRepresentation: 0, samplesPerPixel: cells.samples, planarConfiguration: cells.isPlanar ? 1 : 0,
    photometricInterpretation: cells.photometric,
  };
  const task = { imageFrame, transferSyntax: fetched.transferSyntax, pixelData: fetched.bytes, options: { preScale: { enabled: false } }, decodeConfig: {} };
  const answer = (await cornerstone.getWebWorkerManager().executeTask(DECODER, 'decodeTask', task)) as { pixelData: Samples };
  if (answer.pixelData.length < cells.rows * cells.columns * cells.samples) throw new RangeError('the decoder gave too few pixels');
  const isRgb = cells.samples === 3 && GIVES_RGB.has(cells.photometric);
  // Whatever the codec says of the sign, the header's decides (as pydicom has it); all but the plain ones give pixel after pixel.
  const clean = {
    ...cells, bitsAllocated: 32, highBit: cells.bitsStored - 1,
    photometric: isRgb ? 'RGB' : cells.photometric, isPlanar: cells.isPlanar && !fetched.transferSyntax.startsWith(CODECS),
  };
  return shaded(answer.pixelData, clean, frame, extras);
}

function finished(fetched: FetchedFrame, cells: Cells, frame: Frame, extras: Extras, embedded: OverlayMask[]): Promise<Values> {
  const raw = unpack(fetched.bytes, cells);
  for (const { plane } of extras.planes) if (plane.bit !== undefined && raw.length === plane.rows * plane.columns) embedded.push({ plane, mask: embeddedMask(raw, plane.bit) });
  return shaded(raw, cells, frame, extras);
}

async function shaded(raw: ReturnType<typeof unpack>, cells: Cells, frame: Frame, extras: Extras): Promise<Values> {
  if (cells.samples >= 3) return { data: toRgb(raw, cells), min: 0, max: 255 };
  if (cells.photometric === 'PALETTE COLOR') {
    return { data: throughPalettes(rescale(raw, cells, 1, 0).data, await palettesOf(frame)), min: 0, max: 255 };
  }
  if (extras.modality) {
    const data = throughLut(rescale(raw, cells, 1, 0).data, extras.modality);
    return { data, ...extremes(data) };
  }
  const { slope, intercept } = rescaleOf(frame);
  const factor = suvFactor(frame.instance) ?? 1;
  return rescale(raw, cells, slope * factor, intercept * factor);
}

async function jpegRgb(bytes: Uint8Array<ArrayBuffer>, cells: Cells): Promise<Uint8Array<ArrayBuffer>> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }), { colorSpaceConversion: 'none' });
  if (bitmap.width !== cells.columns || bitmap.height !== cells.rows) throw new RangeError('the JPEG image has another size than its header');
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, cells.columns, cells.rows).data;
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from] ?? 0;
    rgb[to + 1] = rgba[from + 1] ?? 0;
    rgb[to + 2] = rgba[from + 2] ?? 0;
  }
  return rgb;
}

const palettes = new WeakMap<object, Promise<[Palette, Palette, Palette]>>();

function palettesOf({ instance }: Frame): Promise<[Palette, Palette, Palette]> {
  const set = instance.attributes;
  let known = palettes.get(set);
  if (!known) {
    const one = async (descriptor: string, data: string): Promise<Palette> => {
      const { bytes, uri } = binaryOf(set, data);
      const found = bytes ?? (uri ? await fetchBulk(uri) : undefined);
      if (!found) throw new Error('the palette is missing');
      return readPalette(numbersOf(set, descriptor), found);
    };
    known = Promise.all([one('00281101', '00281201'), one('00281102', '00281202'), one('00281103', '00281203')]);
    palettes.set(set, known);
  }
  return known;
}

function as(values: Values, type: string): Values {
  const kinds: Record<string, new (from: Samples) => Samples> = { Float32Array, Int16Array, Uint16Array, Uint8Array };
  const kind = kinds[type];
  return !kind || values.data instanceof kind ? values : { ...values, data: new kind(values.data) };
}

function toImage(imageId: string, frame: Frame, cells: Cells, { data, min, max }: Values, { luts, overlays }: Pick<Drawable, 'luts' | 'overlays'>): Types.IImage {
  const { spacing } = spacingOf(frame);
  const isColor = cells.samples >= 3 || cells.photometric === 'PALETTE COLOR';
  const [own] = windowsOf(frame);
  const by = voiFunctionOf(frame);
  // Cornerstone knows windows of the linear function only: it is told the one that has the same range.
  const { center, width } = isColor ? { center: 128, width: 256 } : windowOf(own ? rangeOf(own, by) : luts[0] ? rangeOfLut(luts[0]) : { lower: min, upper: Math.max(min + 1e-6, max) });
  const { rows, columns } = cells;
  const { slope, intercept } = rescaleOf(frame);
  const image: Types.IImage = {
    imageId, rows, columns, height: rows, width: columns, color: isColor, rgba: false, numberOfComponents: isColor ? 3 : 1,
    dataType: data.constructor.name as Types.PixelDataTypedArrayString,
    voxelManager: cornerstone.utilities.VoxelManager.createImageVoxelManager({ scalarData: data, width: columns, height: rows, numberOfComponents: isColor ? 3 : 1 }),
    getPixelData: () => data,
    getCanvas: () => { throw new Error('not drawn in two dimensions'); },
    minPixelValue: min, maxPixelValue: max, windowCenter: center, windowWidth: width,
    voiLUTFunction: 'LINEAR' as Types.IImage['voiLUTFunction'],
    slope, intercept, preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope: slope, rescaleIntercept: intercept, modality: frame.instance.modality } },
    invert: cells.photometric === 'MONOCHROME1', photometricInterpretation: isColor ? 'RGB' : cells.photometric,
    rowPixelSpacing: spacing[0], columnPixelSpacing: spacing[1], sizeInBytes: data.byteLength,
  };
  const regions = ultrasoundRegions(frame.instance);
  if (regions.length) image.calibration = { sequenceOfUltrasoundRegions: regions } as unknown as NonNullable<Types.IImage['calibration']>;
  const shutters = shuttersOf(frame.instance.attributes);
  announce(image, { frame, data, columns, rows, isColor, voiFunction: by, luts, hasWindow: own !== undefined, overlays, ...(shutters ? { shutters } : {}) });
  return image;
}

