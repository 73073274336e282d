// How much dose is at a place? RT Dose: a grid of numbers, scaled, its planes at their offsets (PS3.3 C.8.8.3), interpolated between.
import { itemsOf, numberOf, numbersOf, stringOf } from '../../../dicom/values';
import { add, scale, type Plane, type Vector } from '../../model/geometry';
import { planeOf, spacingOf, thicknessOf, type Instance } from '../../model/instance';
import { heightOver, normalOf, placeOf, pixelAt, type Slice } from './slice';

export interface DoseGrid {
  readonly plane: Plane;
  readonly spacing: readonly [number, number];
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly isSigned: boolean;
  readonly scaling: number;
  /** Gy, or nothing for relative doses. */
  readonly unit: string;
  readonly summation: string;
  /** Planes in the order of their heights over the first: height in mm and number of the frame. */
  readonly planes: readonly { readonly height: number; readonly frame: number }[];
  readonly thickness: number;
  readonly frameOfReference: string;
  readonly planUid: string;
}

/** Read a dose grid; undefined when it is none or has no place. */
export function readDose(instance: Instance): DoseGrid | undefined {
  const set = instance.attributes;
  const plane = planeOf({ instance, number: 1 });
  const scaling = numberOf(set, '3004000E');
  if (!plane || !scaling || !instance.rows || !instance.columns) return undefined;
  const offsets = numbersOf(set, '3004000C');
  if (instance.nFrames > 1 && offsets.length !== instance.nFrames) return undefined;
  // Offsets that do not begin with 0 are coordinates along the patient (the second way of C.8.8.3.2).
  const begin = offsets[0] ?? 0;
  const planes = Array.from({ length: instance.nFrames }, (_, i) => ({ height: (offsets[i] ?? 0) - begin, frame: i + 1 })).sort((a, b) => a.height - b.height);
  const [plan] = itemsOf(set, '300C0002');
  const units = stringOf(set, '30040002');
  return {
    plane, planes, scaling, rows: instance.rows, columns: instance.columns,
    spacing: spacingOf({ instance, number: 1 }).spacing,
    bits: numberOf(set, '00280100') ?? 16, isSigned: numberOf(set, '00280103') === 1,
    unit: units === 'GY' || !units ? 'Gy' : '', summation: stringOf(set, '3004000A'),
    thickness: thicknessOf({ instance, number: 1 }) || 2,
    frameOfReference: stringOf(set, '00200052'), planUid: plan ? stringOf(plan, '00081155') : '',
  };
}

/** Turn the bytes of a frame into doses. */
export function dosesOf({ rows, columns, bits, isSigned, scaling }: DoseGrid, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = bits / 8;
  if (view.byteLength < rows * columns * width) throw new RangeError('the frame is short');
  const read = bits === 32 ? (isSigned ? (at: number) => view.getInt32(at, true) : (at: number) => view.getUint32(at, true)) : bits === 16 ? (isSigned ? (at: number) => view.getInt16(at, true) : (at: number) => view.getUint16(at, true)) : (at: number) => view.getUint8(at);
  return Float32Array.from({ length: rows * columns }, (_, i) => read(i * width) * scaling);
}

/** The doses of frames by their number from 1. */
export type Doses = readonly (Float32Array | undefined)[];

/** Return the dose at a place, linear between the points of the grid; NaN outside of it. */
export function doseAt(grid: DoseGrid, doses: Doses, place: Vector): number {
  const [x, y] = pixelAt(grid.plane, grid.spacing, place);
  const level = levelOf(grid, heightOver(grid.plane, place));
  if (!level) return Number.NaN;
  const [low, high, part] = level;
  const below = within(grid, doses[low], x, y);
  return part === 0 ? below : below * (1 - part) + within(grid, doses[high], x, y) * part;
}

/** Return the frames between which a height lies, and how far it is from the first to the second. */
function levelOf({ planes, thickness }: DoseGrid, height: number): [low: number, high: number, part: number] | undefined {
  const [first] = planes;
  const last = planes.at(-1);
  if (!first || !last) return undefined;
  if (planes.length === 1) return Math.abs(height - first.height) <= thickness / 2 ? [first.frame, first.frame, 0] : undefined;
  if (height < first.height - 1e-3 || height > last.height + 1e-3) return undefined;
  let [low, high] = [0, planes.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((planes[middle]?.height ?? 0) <= height) low = middle;
    else high = middle;
  }
  const [a, b] = [planes[low], planes[high]] as [(typeof planes)[number], (typeof planes)[number]];
  return [a.frame, b.frame, Math.min(1, Math.max(0, (height - a.height) / (b.height - a.height)))];
}

function within({ rows, columns }: DoseGrid, doses: Float32Array | undefined, x: number, y: number): number {
  if (!doses || x < -1e-6 || y < -1e-6 || x > columns - 1 + 1e-6 || y > rows - 1 + 1e-6) return Number.NaN;
  const [left, top] = [Math.max(0, Math.min(columns - 2, Math.floor(x))), Math.max(0, Math.min(rows - 2, Math.floor(y)))];
  const [dx, dy] = [x - left, y - top];
  const at = (column: number, row: number): number => doses[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)] ?? 0;
  const upper = at(left, top) * (1 - dx) + at(left + 1, top) * dx;
  return upper * (1 - dy) + (at(left, top + 1) * (1 - dx) + at(left + 1, top + 1) * dx) * dy;
}

export interface Sampled { readonly values: Float32Array; readonly columns: number; readonly rows: number; /** How many pixels of the slice a step is. */ readonly step: number; readonly maximum: number }
const MOST_SIDE = 256;

/** Sample the dose on a slice, at most 256 points a side. */
export function sampleDose(grid: DoseGrid, doses: Doses, slice: Slice): Sampled | undefined {
  const { plane } = slice;
  if (!plane) return undefined;
  const step = Math.max(1, Math.max(slice.rows, slice.columns) / MOST_SIDE);
  const [columns, rows] = [Math.ceil(slice.columns / step), Math.ceil(slice.rows / step)];
  const values = new Float32Array(columns * rows);
  let maximum = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const value = doseAt(grid, doses, placeOf(plane, slice.spacing, [column * step, row * step]));
      values[row * columns + column] = value;
      if (value > maximum) maximum = value;
    }
  }
  return { values, columns, rows, step, maximum };
}

/** Find the greatest dose and where it is. */
export function greatestDose(grid: DoseGrid, doses: Doses): { value: number; place: Vector } {
  let best = { value: 0, frame: 1, index: 0 };
  doses.forEach((frame, number) => frame?.forEach((value, index) => { if (value > best.value) best = { value, frame: number, index }; }));
  const height = grid.planes.find(({ frame }) => frame === best.frame)?.height ?? 0;
  const place = placeOf(grid.plane, grid.spacing, [best.index % grid.columns, Math.floor(best.index / grid.columns)]);
  return { value: best.value, place: add(place, scale(normalOf(grid.plane), height)) };
}
