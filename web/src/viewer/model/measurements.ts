// What is a measurement, apart from how it is drawn? A shape in pixels of one frame, what it says, and its values with units.
import { spacingOf, type Frame, type SpacingSource } from './instance';
import { add, dot, scale, subtract, type Plane, type Vector } from './geometry';
import { planeOf } from './instance';
import { regionAround } from './ultrasound';

export const SHAPES = ['length', 'bidirectional', 'angle', 'cobb', 'ellipse', 'rectangle', 'freehand', 'arrow', 'probe'] as const;
export type Shape = (typeof SHAPES)[number];
export type ValueName = 'length' | 'width' | 'angle' | 'area' | 'perimeter' | 'mean' | 'sd' | 'min' | 'max' | 'value';

export interface Value { readonly name: ValueName; readonly value: number; readonly unit: string }
/** A column and a row, counted from the upper left corner of the first pixel (PS3.3 C.18.6.1.1): its middle is 0.5, 0.5. */
export type Point = readonly [number, number];

export interface Measurement {
  readonly uid: string;
  readonly shape: Shape;
  readonly frame: Frame;
  readonly points: readonly Point[];
  /** Where it lies in the patient, in mm, when it was drawn on a plane of a volume and lies on no image; the frame is then the nearest one. */
  readonly places?: readonly Vector[];
  readonly label: string;
  readonly values: readonly Value[];
}

const UNPLACED: Plane = { row: [1, 0, 0], column: [0, 1, 0], position: [0, 0, 0] };

/** Return where a point of a frame lies in the patient, in mm. */
export function toWorld(frame: Frame, [x, y]: Point): Vector {
  const plane = planeOf(frame) ?? UNPLACED;
  const [vertical, horizontal] = spacingOf(frame).spacing;
  return add(plane.position, add(scale(plane.row, (x - 0.5) * horizontal), scale(plane.column, (y - 0.5) * vertical)));
}

/** Return which point of a frame lies at a place in the patient. */
export function toPixel(frame: Frame, place: Vector): Point {
  const plane = planeOf(frame) ?? UNPLACED;
  const [vertical, horizontal] = spacingOf(frame).spacing;
  const from = subtract(place, plane.position);
  return [dot(from, plane.row) / horizontal + 0.5, dot(from, plane.column) / vertical + 0.5];
}

/** What Cornerstone keeps of a drawn shape. */
export type Stats = Readonly<Record<string, unknown>>;

/** Read the values of a shape out of Cornerstone's statistics. */
export function valuesOf(stats: Stats): Value[] {
  const out: Value[] = [];
  const put = (name: ValueName, key: string, unit: unknown): void => {
    const raw = stats[key];
    const value = Array.isArray(raw) ? (raw as unknown[])[0] : raw;
    if (typeof value === 'number' && Number.isFinite(value)) out.push({ name, value, unit: typeof unit === 'string' ? plainUnit(unit) : '' });
  };
  put('length', 'length', stats.unit);
  put('width', 'width', stats.widthUnit ?? stats.unit);
  put('angle', 'angle', '°');
  put('area', 'area', stats.areaUnit);
  put('perimeter', 'perimeter', stats.unit);
  for (const [name, key] of [['mean', 'mean'], ['sd', 'stdDev'], ['min', 'min'], ['max', 'max'], ['value', 'value']] as const) put(name, key, stats.modalityUnit);
  return out;
}

/** Leave only the unit: how it was calibrated is told apart. */
const plainUnit = (unit: string): string => unit.replace(/ .*$/, '').replace(/^raw$/, '');

/** Say where the size of a pixel comes from, for the reader: a measure at the detector is no measure in the patient. */
export function calibrationOf({ frame, points }: Pick<Measurement, 'frame' | 'points'>): SpacingSource | 'region' {
  return regionAround(frame.instance, points) ? 'region' : spacingOf(frame).source;
}

/** Write a number with as many digits as are worth reading. */
export const digits = (value: number): string => String(Number(value.toFixed(Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2)));

/** Write measurements as CSV (RFC 4180); a cell that begins like a formula is kept from being one. */
export function toCsv(measurements: readonly Measurement[], names: Readonly<Record<string, string>>): string {
  const quoted = (text: string | number): string => {
    const plain = typeof text === 'number' ? String(text) : /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
  };
  const head = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'Frame', 'Shape', 'Label', 'Name', 'Value', 'Unit', 'Calibration'];
  const rows = measurements.flatMap(({ frame, points, shape, label, values }) => {
    const begin = [frame.instance.studyUid, frame.instance.seriesUid, frame.instance.uid, frame.number, names[shape] ?? shape, label];
    return (values.length ? values : [undefined]).map((value) => [...begin, ...(value ? [names[value.name] ?? value.name, Number(value.value.toFixed(4)), value.unit] : ['', '', '']), calibrationOf({ frame, points })]);
  });
  return [head, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n';
}
