// How large is a pixel of ultrasound? The regions of the image say it, each for itself (PS3.3 C.8.5.5).
import { itemsOf, numberOf } from '../../dicom/values';
import type { Instance } from './instance';

/** A region as Cornerstone reads it: its corners in pixels from 0, what its axes are in, how much of that a pixel is. */
export interface UltrasoundRegion {
  readonly regionLocationMinX0: number; readonly regionLocationMinY0: number; readonly regionLocationMaxX1: number; readonly regionLocationMaxY1: number;
  readonly referencePixelX0: number; readonly referencePixelY0: number;
  readonly physicalUnitsXDirection: number; readonly physicalUnitsYDirection: number; readonly physicalDeltaX: number; readonly physicalDeltaY: number;
  readonly regionSpatialFormat: number | undefined; readonly regionDataType: number | undefined; readonly regionFlags: number | undefined;
}

/** Return the regions of an ultrasound image that say where they lie and how large their pixels are. */
export function ultrasoundRegions({ modality, attributes }: Instance): UltrasoundRegion[] {
  if (modality !== 'US') return [];
  return itemsOf(attributes, '00186011').flatMap((item) => {
    const needed = ['00186018', '0018601A', '0018601C', '0018601E', '00186024', '00186026', '0018602C', '0018602E'].map((tag) => numberOf(item, tag));
    const [left, top, right, bottom, unitX, unitY, deltaX, deltaY] = needed;
    if (left === undefined || top === undefined || right === undefined || bottom === undefined || unitX === undefined || unitY === undefined || !deltaX || !deltaY) return [];
    return [{
      regionLocationMinX0: left, regionLocationMinY0: top, regionLocationMaxX1: right, regionLocationMaxY1: bottom,
      referencePixelX0: numberOf(item, '00186020') ?? 0, referencePixelY0: numberOf(item, '00186022') ?? 0,
      physicalUnitsXDirection: unitX, physicalUnitsYDirection: unitY, physicalDeltaX: deltaX, physicalDeltaY: deltaY,
      regionSpatialFormat: numberOf(item, '00186012'), regionDataType: numberOf(item, '00186014'), regionFlags: numberOf(item, '00186016'),
    }];
  });
}

/** Return the region in which every point lies; points count from the upper left corner of the first pixel. */
export function regionAround(instance: Instance, points: readonly (readonly [number, number])[]): UltrasoundRegion | undefined {
  return ultrasoundRegions(instance).find(({ regionLocationMinX0: left, regionLocationMinY0: top, regionLocationMaxX1: right, regionLocationMaxY1: bottom }) =>
    points.every(([x, y]) => x - 0.5 >= left && x - 0.5 <= right && y - 0.5 >= top && y - 0.5 <= bottom));
}
