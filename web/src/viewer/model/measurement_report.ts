// How are measurements kept in the archive? As a structured report by TID 1500 (PS3.16), written and read as DICOM JSON.
import type { Attribute, Attributes } from '../../dicom/names';
import { itemsOf, numberOf, numbersOf, stringOf } from '../../dicom/values';
import { code, ofStudy, one, sequence, uidOf, type Circumstances, type Code } from './dataset';
import type { Frame } from './instance';
import type { Vector } from './geometry';
import { toPixel, type Measurement, type Point, type Shape, type Value, type ValueName } from './measurements';

const COMPREHENSIVE_SR = '1.2.840.10008.5.1.4.1.1.88.33';
// The only one that knows regions in the patient (PS3.3 A.35.13).
const COMPREHENSIVE_3D_SR = '1.2.840.10008.5.1.4.1.1.88.34';
const CONCEPTS: Readonly<Record<ValueName, Code>> = {
  length: ['410668003', 'SCT', 'Length'],
  width: ['103355008', 'SCT', 'Width'],
  angle: ['1483009', 'SCT', 'Angle'],
  area: ['42798000', 'SCT', 'Area'],
  perimeter: ['131191004', 'SCT', 'Perimeter'],
  mean: ['373098007', 'SCT', 'Mean'],
  sd: ['386136009', 'SCT', 'Standard Deviation'],
  min: ['255605001', 'SCT', 'Minimum'],
  max: ['56851009', 'SCT', 'Maximum'],
  value: ['373098007', 'SCT', 'Mean'],
};
// What others write for the same things: retired SNOMED codes, diameters.
const OTHER_NAMES: Readonly<Record<string, ValueName>> = {
  'G-D7FE': 'length', 'G-A22A': 'length', '103339001': 'length', 'G-A185': 'length', 'G-A186': 'width', '103340004': 'width', 'M-54000': 'angle', 'G-A166': 'area',
  'R-00317': 'mean', 'R-10047': 'sd', 'R-404FB': 'min', 'G-A437': 'max', '112031': 'value',
};
const UNITS: Readonly<Record<string, Code>> = {
  mm: ['mm', 'UCUM', 'mm'], cm: ['cm', 'UCUM', 'cm'], px: ['{pixels}', 'UCUM', 'pixels'], 'mm²': ['mm2', 'UCUM', 'mm2'], 'cm²': ['cm2', 'UCUM', 'cm2'], 'px²': ['{pixels}', 'UCUM', 'pixels'],
  '°': ['deg', 'UCUM', 'deg'], HU: ['[hnsf\'U]', 'UCUM', 'Hounsfield unit'], SUV: ['{SUVbw}g/ml', 'UCUM', 'Standardized Uptake Value body weight'],
};
const IS_READ: Readonly<Record<string, string>> = { mm2: 'mm²', cm2: 'cm²', deg: '°', '[hnsf\'U]': 'HU', '{pixels}': 'px', '{SUVbw}g/ml': 'SUV', '1': '' };

function item(relation: string, kind: string, concept: Code, more: Attributes): Attributes {
  return { '0040A010': one('CS', relation), '0040A040': one('CS', kind), '0040A043': sequence(code(concept)), ...more };
}
const container = (relation: string, concept: Code, children: Attributes[]): Attributes => item(relation, 'CONTAINER', concept, { '0040A050': one('CS', 'SEPARATE'), '0040A730': sequence(...children) });

/** Write a report of measurements of one study; `study` is the header of one of its images. */
export function writeReport(measurements: readonly Measurement[], study: Attributes, given: Circumstances): Attributes {
  const english: Attributes = item('HAS CONCEPT MOD', 'CODE', ['121049', 'DCM', 'Language of Content Item and Descendants'], { '0040A168': sequence(code(['en', 'RFC5646', 'English'])) });
  const person: Attributes = item('HAS OBS CONTEXT', 'PNAME', ['121008', 'DCM', 'Person Observer Name'], { '0040A123': one('PN', { Alphabetic: given.observer }) });
  const procedure: Attributes = item('HAS CONCEPT MOD', 'CODE', ['121058', 'DCM', 'Procedure Reported'], { '0040A168': sequence(code(['363679005', 'SCT', 'Imaging procedure'])) });
  return {
    ...ofStudy(study),
    '00080005': one('CS', 'ISO_IR 192'),
    '00080016': one('UI', measurements.some(({ places }) => places) ? COMPREHENSIVE_3D_SR : COMPREHENSIVE_SR), '00080018': one('UI', given.instanceUid), '0020000E': one('UI', given.seriesUid),
    '00080021': one('DA', given.date), '00080031': one('TM', given.time), '00080023': one('DA', given.date), '00080033': one('TM', given.time), '00080012': one('DA', given.date), '00080013': one('TM', given.time),
    '00080060': one('CS', 'SR'), '00080070': one('LO', 'Lumenarc'), '0008103E': one('LO', 'Measurements'), '00200011': one('IS', 900), '00200013': one('IS', 1), '00081111': { vr: 'SQ' },
    '0040A491': one('CS', 'COMPLETE'), '0040A493': one('CS', 'UNVERIFIED'), '0040A372': { vr: 'SQ' },
    '0040A375': evidence(measurements.map(({ frame }) => frame)),
    '0040A040': one('CS', 'CONTAINER'), '0040A050': one('CS', 'SEPARATE'), '0040A043': sequence(code(['126000', 'DCM', 'Imaging Measurement Report'])),
    '0040A504': sequence({ '00080105': one('CS', 'DCMR'), '0040DB00': one('CS', '1500') }),
    '0040A730': sequence(
      english, person, procedure,
      container('CONTAINS', ['126010', 'DCM', 'Imaging Measurements'], measurements.map(group)),
    ),
  };
}

/** List the images that are spoken of, by series (PS3.3 C.17.2.3). */
export function evidence(frames: readonly Frame[]): Attribute {
  const bySeries = new Map<string, Map<string, string>>();
  let study = '';
  for (const { instance } of frames) {
    study = instance.studyUid;
    const images = bySeries.get(instance.seriesUid) ?? new Map<string, string>();
    bySeries.set(instance.seriesUid, images.set(instance.uid, instance.sopClass));
  }
  const series = [...bySeries].map(([uid, images]) => ({ '0020000E': one('UI', uid), '00081199': sequence(...[...images].map(([image, sopClass]) => ({ '00081150': one('UI', sopClass), '00081155': one('UI', image) }))) }));
  return sequence({ '0020000D': one('UI', study), '00081115': sequence(...series) });
}

function group(measurement: Measurement): Attributes {
  const { shape, label, uid, values } = measurement;
  const regions = (relation: string): Attributes[] => (measurement.places ? graphicsOf({ shape, points: measurement.places }).map((region) => placed(relation, region, measurement.frame)) : graphicsOf(measurement).map((region) => located(relation, region, measurement.frame)));
  const numbers = values.map((value) => item('CONTAINS', 'NUM', CONCEPTS[value.name], { '0040A300': sequence({ '0040A30A': one('DS', decimal(value.value)), '004008EA': sequence(code(unitCode(value.unit))) }), '0040A730': sequence(...regions('INFERRED FROM')) }));
  return container('CONTAINS', ['125007', 'DCM', 'Measurement Group'], [
    item('HAS OBS CONTEXT', 'TEXT', ['112039', 'DCM', 'Tracking Identifier'], { '0040A160': one('UT', `${TRACKED}${shape}`) }),
    item('HAS OBS CONTEXT', 'UIDREF', ['112040', 'DCM', 'Tracking Unique Identifier'], { '0040A124': one('UI', uidOf(uid)) }),
    item('CONTAINS', 'CODE', ['121071', 'DCM', 'Finding'], { '0040A168': sequence(code(['52988006', 'SCT', 'Lesion'])) }),
    ...numbers,
    // What has no number keeps its place by itself.
    ...(numbers.length ? [] : regions('CONTAINS')),
    ...(label ? [item('CONTAINS', 'TEXT', ['121106', 'DCM', 'Comment'], { '0040A160': one('UT', label.slice(0, 1024)) })] : []),
  ]);
}

const TRACKED = 'Lumenarc:';
const unitCode = (unit: string): Code => UNITS[unit] ?? (unit ? [`{${unit.replace(/[^A-Za-z0-9]/g, '') || 'unit'}}`, 'UCUM', unit] : ['1', 'UCUM', 'no units']);
const decimal = (value: number): number => Number(value.toPrecision(10));

export interface Graphic<At extends readonly number[] = Point> { readonly kind: string; readonly points: readonly At[] }

function located(relation: string, { kind, points }: Graphic, { instance, number }: Frame): Attributes {
  const reference: Attributes = { '00081150': one('UI', instance.sopClass), '00081155': one('UI', instance.uid), ...(instance.nFrames > 1 ? { '00081160': one('IS', number) } : {}) };
  return item(relation, 'SCOORD', ['111030', 'DCM', 'Image Region'], {
    '00700023': one('CS', kind), '00700022': one('FL', ...points.flat().map((v) => Math.fround(v))),
    '0040A730': sequence({ '0040A010': one('CS', 'SELECTED FROM'), '0040A040': one('CS', 'IMAGE'), '00081199': sequence(reference) }),
  });
}

/** Write where a region lies in the patient (SCOORD3D, PS3.3 C.18.9); what ends where it begins is a polygon there. */
function placed(relation: string, { kind, points }: Graphic<Vector>, { instance }: Frame): Attributes {
  const isClosed = kind === 'POLYLINE' && points.length > 3 && points[0] === points.at(-1);
  return item(relation, 'SCOORD3D', ['111030', 'DCM', 'Image Region'], {
    '00700023': one('CS', isClosed ? 'POLYGON' : kind), '00700022': one('FL', ...points.flat().map((v) => Math.fround(v))),
    '30060024': one('UI', stringOf(instance.attributes, '00200052')),
  });
}

/** Write a shape as the graphics of SCOORD (PS3.3 C.18.6.1.2). */
export function graphicsOf<At extends readonly number[] = Point>({ shape, points }: { readonly shape: Shape; readonly points: readonly At[] }): Graphic<At>[] {
  const [a, b, c, d] = points as unknown as [At, At, At, At];
  if (shape === 'probe') return [{ kind: 'POINT', points: [a] }];
  if (shape === 'bidirectional' || shape === 'cobb') return [{ kind: 'POLYLINE', points: [a, b] }, { kind: 'POLYLINE', points: [c, d] }];
  // Cornerstone keeps bottom, top, left and right of an ellipse; the standard wants the long axis first.
  if (shape === 'ellipse') {
    const long = (from: At, to: At): number => Math.hypot(...to.map((v, i) => v - (from[i] ?? 0)));
    return [{ kind: 'ELLIPSE', points: long(a, b) >= long(c, d) ? [a, b, c, d] : [c, d, a, b] }];
  }
  // And of a rectangle the corners by rows.
  if (shape === 'rectangle') return [{ kind: 'POLYLINE', points: [a, b, d, c, a] }];
  if (shape === 'freehand') return [{ kind: 'POLYLINE', points: [...points, a] }];
  return [{ kind: 'POLYLINE', points }];
}

/** A measurement that was read: the frame is still to be found. */
export interface ReadMeasurement extends Omit<Measurement, 'frame'> { readonly sopInstanceUid: string; readonly frameNumber: number }

/** A measurement that was read and lies in the patient: an image at its place is still to be found. */
export interface PlacedMeasurement {
  readonly uid: string;
  readonly label: string;
  readonly values: readonly Value[];
  readonly tracked: string;
  readonly frameOfReference: string;
  readonly graphics: readonly { readonly kind: string; readonly places: readonly Vector[] }[];
}

/** Read the measurements of a report, ours or another program's: every group that lies on an image. */
export const readReport = (report: Attributes): ReadMeasurement[] => groupsOf(report).map(readGroup).filter((one_) => one_ !== undefined);

/** Read the measurements of a report that lie in the patient and not on one image (SCOORD3D, PS3.3 C.18.9). */
export const readPlaced = (report: Attributes): PlacedMeasurement[] => groupsOf(report).map(readPlacedGroup).filter((one_) => one_ !== undefined);

/** Put a measurement that lies in the patient on an image; undefined when its shape is none that can be drawn. */
export function onFrame({ uid, label, values, tracked, graphics }: PlacedMeasurement, frame: Frame): Measurement | undefined {
  const drawn = graphics.map(({ kind, places }) => ({ kind, points: places.map((place) => toPixel(frame, place)) }));
  const shaped = shapeFrom(drawn, tracked, values);
  return shaped && { uid, label, values, frame, ...shaped };
}

/** Find the measurement groups, however deep they lie. */
function groupsOf(report: Attributes): Attributes[][] {
  const found: Attributes[][] = [];
  const left = [{ set: report, depth: 0 }];
  while (left.length) {
    const { set, depth } = left.pop() as { set: Attributes; depth: number };
    const children = itemsOf(set, '0040A730');
    if (conceptOf(set) === '125007') {
      found.push(children);
    } else if (depth < 32) left.push(...children.toReversed().map((child) => ({ set: child, depth: depth + 1 })));
  }
  return found;
}

const conceptOf = (set: Attributes): string => { const [name] = itemsOf(set, '0040A043'); return name ? stringOf(name, '00080100') : ''; };

const textsOf = (children: readonly Attributes[], concept: string): string => { const set = children.find((child) => conceptOf(child) === concept); return set ? stringOf(set, '0040A160') || stringOf(set, '0040A124') : ''; };
const isOf = (kind: string) => (set: Attributes): boolean => stringOf(set, '0040A040') === kind;

/** Return the regions of a group, each once: its own and those that its numbers are inferred from. */
function regionsOf(children: readonly Attributes[], kind: string): Attributes[] {
  const regions = children.flatMap((child) => (isOf(kind)(child) ? [child] : itemsOf(child, '0040A730').filter(isOf(kind))));
  return [...new Map(regions.map((region) => [JSON.stringify(numbersOf(region, '00700022')), region])).values()];
}

/** Return what a group says beside its regions: who it is, what was remarked, and its numbers. */
function factsOf(children: readonly Attributes[]): { uid: string; label: string; values: Value[] } {
  const values = children.filter(isOf('NUM')).map(readValue).filter((value) => value !== undefined);
  return { uid: textsOf(children, '112040') || crypto.randomUUID(), label: textsOf(children, '121106'), values };
}

function readGroup(children: readonly Attributes[]): ReadMeasurement | undefined {
  const regions = regionsOf(children, 'SCOORD');
  const facts = factsOf(children);
  const read = regions.map(readGraphic).filter((graphic) => graphic !== undefined);
  const [image] = regions.flatMap((region) => itemsOf(region, '0040A730')).flatMap((child) => itemsOf(child, '00081199'));
  const shaped = shapeFrom(read, textsOf(children, '112039'), facts.values);
  return image && shaped && { ...facts, ...shaped, sopInstanceUid: stringOf(image, '00081155'), frameNumber: numberOf(image, '00081160') ?? 1 };
}

function readPlacedGroup(children: readonly Attributes[]): PlacedMeasurement | undefined {
  const regions = regionsOf(children, 'SCOORD3D');
  const [first] = regions;
  const graphics = regions.flatMap((region) => {
    const numbers = numbersOf(region, '00700022');
    if (numbers.length < 3 || numbers.length % 3 || numbers.length > MOST_NUMBERS) return [];
    return [{ kind: stringOf(region, '00700023'), places: Array.from({ length: numbers.length / 3 }, (_, i): Vector => [numbers[3 * i] ?? 0, numbers[3 * i + 1] ?? 0, numbers[3 * i + 2] ?? 0]) }];
  });
  return first && graphics.length ? { ...factsOf(children), tracked: textsOf(children, '112039'), frameOfReference: stringOf(first, '30060024'), graphics } : undefined;
}

function readValue(set: Attributes): Value | undefined {
  const measured = itemsOf(set, '0040A300')[0];
  const value = measured ? numberOf(measured, '0040A30A') : undefined;
  const concept = conceptOf(set);
  const name = OTHER_NAMES[concept] ?? (Object.keys(CONCEPTS) as ValueName[]).find((key) => CONCEPTS[key][0] === concept);
  if (!measured || value === undefined || !name) return undefined;
  const [unit] = itemsOf(measured, '004008EA');
  const given = unit ? stringOf(unit, '00080100') : '';
  return { name, value, unit: IS_READ[given] ?? given };
}

const MOST_NUMBERS = 20_000;

function readGraphic(set: Attributes): Graphic | undefined {
  const numbers = numbersOf(set, '00700022');
  if (numbers.length < 2 || numbers.length % 2 || numbers.length > MOST_NUMBERS) return undefined;
  return { kind: stringOf(set, '00700023'), points: Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i] ?? 0, numbers[2 * i + 1] ?? 0] as const) };
}

const isSame = (a: Point | undefined, b: Point | undefined): boolean => !!a && !!b && Math.abs(a[0] - b[0]) < 1e-3 && Math.abs(a[1] - b[1]) < 1e-3;

function shapeFrom(read: readonly Graphic[], tracked: string, values: readonly Value[]): { shape: Shape; points: Point[] } | undefined {
  const [first, second] = read;
  if (!first) return undefined;
  const name = tracked.replace(/^.*:/, '').toLowerCase();
  const points = [...first.points];
  if (second && points.length === 2 && second.points.length === 2) return { shape: name.startsWith('cobb') || values.some((value) => value.name === 'angle') ? 'cobb' : 'bidirectional', points: [...points, ...second.points] };
  if (first.kind === 'POINT') return { shape: 'probe', points };
  if (first.kind === 'ELLIPSE' && points.length === 4) return { shape: 'ellipse', points };
  const [middle, rim] = points;
  if (first.kind === 'CIRCLE' && middle && rim) {
    const radius = Math.hypot(rim[0] - middle[0], rim[1] - middle[1]);
    const at = (dx: number, dy: number): Point => [middle[0] + dx * radius, middle[1] + dy * radius];
    return { shape: 'ellipse', points: [at(0, 1), at(0, -1), at(-1, 0), at(1, 0)] };
  }
  if (first.kind === 'POLYGON' && points.length > 2) return { shape: 'freehand', points: isSame(points[0], points.at(-1)) ? points.slice(0, -1) : points };
  if (first.kind !== 'POLYLINE') return undefined;
  if (points.length === 2) return { shape: name.startsWith('arrow') || !values.length ? 'arrow' : 'length', points };
  if (isSame(points[0], points.at(-1))) {
    const corners = points.slice(0, -1);
    const [a, b, c, d] = corners;
    if (a && b && c && d && corners.length === 4 && !name.includes('freehand')) return { shape: 'rectangle', points: [a, b, d, c] };
    return corners.length > 2 ? { shape: 'freehand', points: corners } : undefined;
  }
  return points.length === 3 ? { shape: 'angle', points } : points.length === 4 ? { shape: 'cobb', points } : undefined;
}
