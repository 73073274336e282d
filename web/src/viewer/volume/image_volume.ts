// How do the frames of a series become one volume for Cornerstone? Slice by slice as they come, shown at once, without a second copy where slices stand straight.
import type { ImageVolume } from '@cornerstonejs/core';
import { stringOf } from '../../dicom/values';
import { cellsOf } from '../core/image_loader';
import { cornerstone } from '../core/packages';
import { imageIdOf } from '../core/registry';
import { rescaleOf } from '../model/instance';
import type { Samples } from '../model/pixels';
import { middleOut } from '../model/prefetch';
import { suvFactor } from '../model/suv';
import type { Cell } from './limits';
import type { Plan } from './plan';
import { moved } from './shear';

const AT_ONCE = 6;
const AIR_HU = -1024;

/** Say in which cells the values of all frames fit: what the header allows, not what one frame happens to hold. */
export function cellOf({ frames }: Plan): Cell {
  let [least, most] = [0, 0];
  for (const frame of frames) {
    const cells = cellsOf(frame);
    const { slope, intercept } = rescaleOf(frame);
    const factor = suvFactor(frame.instance) ?? 1;
    if (cells.isFloat || factor !== 1 || !Number.isInteger(slope) || !Number.isInteger(intercept) || cells.bitsStored > 16) return 'Float32Array';
    const ends = cells.isSigned ? [-(2 ** (cells.bitsStored - 1)), 2 ** (cells.bitsStored - 1) - 1] : [0, 2 ** cells.bitsStored - 1];
    for (const end of ends) [least, most] = [Math.min(least, end * slope + intercept), Math.max(most, end * slope + intercept)];
  }
  if (least >= 0 && most < 256) return 'Uint8Array';
  if (least >= -32768 && most < 32768) return 'Int16Array';
  return least >= 0 && most < 65536 ? 'Uint16Array' : 'Float32Array';
}

/** What the volume tells while it loads. */
export interface Progress { loaded(n: number, nFailed: number): void }

export class LoadedVolume {
  readonly id: string;
  readonly cell: Cell;
  readonly modality: string;
  /** The unit of the values: HU, SUV (body weight, g/ml), or what the header says. */
  readonly unit: string;
  private readonly ids: readonly string[];
  private readonly volume: ImageVolume;
  private isClosed = false;
  nLoaded = 0;
  nFailed = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;

  constructor(readonly plan: Plan, id: string) {
    this.id = id;
    this.cell = cellOf(plan);
    const [first] = plan.frames as [Plan['frames'][0]];
    this.modality = first.instance.modality;
    const isSuv = suvFactor(first.instance) !== undefined;
    this.unit = isSuv ? 'SUV' : this.modality === 'CT' ? 'HU' : this.modality === 'PT' ? stringOf(first.instance.attributes, '00541001') : rescaleOf(first).unit.replace(/^US$/, '');
    this.ids = plan.shifts ? plan.frames.map((_, index) => `derived:${id}/${index}`) : plan.frames.map(imageIdOf);
    this.volume = this.made(isSuv);
    cornerstone.cache.putVolumeSync(id, this.volume as Parameters<typeof cornerstone.cache.putVolumeSync>[1]);
  }

  private made(isSuv: boolean): ImageVolume {
    const { grid, frames } = this.plan;
    const { instance } = frames[0] as Plan['frames'][0];
    const frameOfReference = stringOf(instance.attributes, '00200052') || instance.seriesUid;
    const metadata = {
      Modality: this.modality, FrameOfReferenceUID: frameOfReference, SeriesInstanceUID: instance.seriesUid, StudyInstanceUID: instance.studyUid,
      BitsAllocated: 16, BitsStored: 16, SamplesPerPixel: 1, HighBit: 15, PhotometricInterpretation: 'MONOCHROME2', PixelRepresentation: 1,
      ImageOrientationPatient: [...grid.axes[0], ...grid.axes[1]], PixelSpacing: [grid.spacing[1], grid.spacing[0]], Columns: grid.dimensions[0], Rows: grid.dimensions[1], voiLut: [], VOILUTFunction: 'LINEAR',
    };
    const volume = new cornerstone.ImageVolume({
      volumeId: this.id, metadata, imageIds: [...this.ids], referencedImageIds: frames.map(imageIdOf), dataType: this.cell, numberOfComponents: 1,
      dimensions: [...grid.dimensions], spacing: [...grid.spacing], origin: [...grid.origin], direction: new Float32Array(grid.axes.flat()),
      ...(isSuv ? { scaling: { PT: { suvbw: 1 } } } : {}),
    } as unknown as ConstructorParameters<typeof ImageVolume>[0]);
    volume.isPreScaled = true;
    return volume;
  }

  /** Load the slices from the middle outwards; resolves when the first one is there, goes on by itself. */
  async load(progress: Progress): Promise<void> {
    const order = [...middleOut(this.ids.length, Math.floor(this.ids.length / 2), 1)];
    const next = async (): Promise<void> => {
      const index = order.shift();
      if (index === undefined || this.isClosed) return;
      await this.one(index).then(() => { this.nLoaded += 1; }, () => { this.nFailed += 1; });
      if (!this.isClosed) progress.loaded(this.nLoaded, this.nFailed);
    };
    await next();
    for (let n = 0; n < AT_ONCE; n += 1) void (async () => { while (order.length && !this.isClosed) await next(); })();
  }

  private async one(index: number): Promise<void> {
    const frame = this.plan.frames[index] as Plan['frames'][0];
    const image = await cornerstone.imageLoader.loadAndCacheImage(imageIdOf(frame), { priority: 0, requestType: cornerstone.Enums.RequestType.Prefetch });
    if (this.isClosed) return;
    this.min = Math.min(this.min, image.minPixelValue);
    this.max = Math.max(this.max, image.maxPixelValue);
    if (this.plan.shifts) this.straighten(index, image.getPixelData() as Samples);
    this.volume.vtkOpenGLTexture.setUpdatedFrame(index);
  }

  /** Put a slice of a tilted gantry where it belongs on the straight grid. */
  private straighten(index: number, slice: Samples): void {
    const { grid, frames, shifts } = this.plan;
    const { instance } = frames[index] as Plan['frames'][0];
    const [columns, rows] = grid.dimensions;
    // In the cells of the whole volume: the emptiness around a slice must fit in too.
    const kinds = { Uint8Array, Int16Array, Uint16Array, Float32Array };
    const held = slice.constructor.name === this.cell ? slice : new kinds[this.cell](slice);
    const scalarData = moved(held, [instance.columns, instance.rows], [columns, rows], shifts?.[index] ?? [0, 0], this.modality === 'CT' ? AIR_HU : 0);
    cornerstone.imageLoader.createAndCacheLocalImage(this.ids[index] as string, {
      scalarData, dimensions: [columns, rows], spacing: [grid.spacing[0], grid.spacing[1]], targetBuffer: { type: this.cell },
      origin: grid.origin.map((v, i) => v + index * grid.spacing[2] * (grid.axes[2][i] ?? 0)) as [number, number, number],
      direction: [...grid.axes[0], ...grid.axes[1]] as unknown as Parameters<typeof cornerstone.imageLoader.createAndCacheLocalImage>[1]['direction'],
      frameOfReferenceUID: stringOf(instance.attributes, '00200052') || instance.seriesUid,
    } as Parameters<typeof cornerstone.imageLoader.createAndCacheLocalImage>[1]);
  }

  /** Return the value of the voxel at whole coordinates, undefined outside or while it is not there. */
  valueAt([i, j, k]: readonly [number, number, number]): number | undefined {
    const [columns, rows, slices] = this.plan.grid.dimensions;
    if (i < 0 || j < 0 || k < 0 || i >= columns || j >= rows || k >= slices) return undefined;
    const value: unknown = cornerstone.cache.getImage(this.ids[k] ?? '')?.voxelManager?.getAtIndex(j * columns + i);
    return typeof value === 'number' ? value : undefined;
  }

  /** Let the volume go; slices that are images of the series stay in the cache of images. */
  close(): void {
    this.isClosed = true;
    if (cornerstone.cache.getVolume(this.id)) cornerstone.cache.removeVolumeLoadObject(this.id);
    this.volume.vtkOpenGLTexture.releaseGraphicsResources();
    if (!this.plan.shifts) return;
    for (const id of this.ids) if (cornerstone.cache.getImageLoadObject(id)) cornerstone.cache.removeImageLoadObject(id, { force: true });
  }
}
