// Do measurements survive being written as a report and read back, each as the shape that it was?
import { expect, test } from 'vitest';
import type { Attributes } from '../../dicom/names';
import { readInstance, type Frame, type Instance } from './instance';
import { digits, toCsv, toPixel, toWorld, valuesOf, type Measurement, type Point, type Shape } from './measurements';
import { uidOf } from './dataset';
import { onFrame, readPlaced, readReport, writeReport } from './measurement_report';

const ds = (...values: unknown[]): { vr: string; Value: unknown[] } => ({ vr: 'DS', Value: values });
const header: Attributes = {
  '0020000D': ds('1.2'), '0020000E': ds('1.2.3'), '00080018': ds('1.2.3.4'), '00080016': ds('1.2.840.10008.5.1.4.1.1.2'), '00280010': ds(64), '00280011': ds(64),
  '00200037': ds(1, 0, 0, 0, 0.6, 0.8), '00200032': ds(-10, 5, 7), '00280030': ds(0.5, 0.25), '7FE00010': { vr: 'OW' },
};
const instance = readInstance(header);
if (!instance) throw new Error('not read');
const frame: Frame = { instance, number: 1 };
const square: Point[] = [[1, 1], [9, 1], [1, 5], [9, 5]];
const drawn: [Shape, Point[]][] = [
  ['length', [[1, 2], [3.5, 4]]], ['bidirectional', [[1, 1], [9, 9], [3, 6], [6, 3]]], ['angle', [[1, 1], [5, 5], [9, 1]]], ['cobb', [[1, 1], [5, 1], [1, 9], [5, 8]]],
  ['ellipse', [[1, 5], [9, 5], [5, 3], [5, 7]]], ['rectangle', square], ['freehand', [[1, 1], [9, 2], [8, 8], [4, 9], [2, 6]]], ['probe', [[4, 4]]], ['arrow', [[1, 1], [5, 5]]],
];
const made = drawn.map(([shape, points], index): Measurement => ({
  uid: uidOf(`0000000${index + 1}-0000-4000-8000-000000000000`), shape, frame, points, label: shape === 'arrow' ? '结节 <b>' : '',
  values: shape === 'arrow' ? [] : shape === 'angle' || shape === 'cobb' ? [{ name: 'angle', value: 41.5, unit: '°' }] : shape === 'length' || shape === 'bidirectional' ? [{ name: 'length', value: 12.25, unit: 'mm' }] : [{ name: 'mean', value: -31, unit: 'HU' }],
}));

test('every shape is read back as it was written', () => {
  const report = writeReport(made, header, { seriesUid: '1.9', instanceUid: '1.9.1', date: '20261124', time: '120000', observer: 'Li^Ming' });
  const back = readReport(JSON.parse(JSON.stringify(report)) as Attributes);
  expect(back.map(({ shape, points, label, values, uid }) => ({ shape, points, label, values, uid }))).toEqual(made.map(({ shape, points, label, values, uid }) => ({ shape, points, label, values, uid })));
  expect(back.every(({ sopInstanceUid, frameNumber }) => sopInstanceUid === '1.2.3.4' && frameNumber === 1)).toBe(true);
});

test('a report that is none holds no measurement', () => {
  expect(readReport({})).toEqual([]);
});

test('pixels and places are each other\'s inverse', () => {
  const place = toWorld(frame, [10.5, 20.5]);
  expect(place.map((v) => Math.round(v * 1e6) / 1e6)).toEqual([-7.5, 11, 15]);
  expect(toPixel(frame, place).map((v) => Math.round(v * 1e6) / 1e6)).toEqual([10.5, 20.5]);
});

test('values come with their units, and without the source in them', () => {
  expect(valuesOf({ length: 3, unit: 'mm PROJECTION' })).toEqual([{ name: 'length', value: 3, unit: 'mm' }]);
  expect(valuesOf({ area: 4, areaUnit: 'mm²', mean: 1, stdDev: 2, modalityUnit: 'HU' }).map(({ name, unit }) => `${name} ${unit}`)).toEqual(['area mm²', 'mean HU', 'sd HU']);
  expect([digits(1234.5), digits(123.45), digits(12.3), digits(10)]).toEqual(['1235', '123.5', '12.3', '10']);
});

test('CSV quotes what must be quoted and defuses formulas', () => {
  const csv = toCsv([{ ...(made[0] as Measurement), label: '=1+1,"x"' }], { length: 'Length' });
  expect(csv.split('\r\n')[1]).toBe('1.2,1.2.3,1.2.3.4,1,Length,"\'=1+1,""x""",Length,12.25,mm,pixel');
});

test('a region in the patient is put on the image whose plane it lies in', () => {
  const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
  const concept = (value: string): { vr: string; Value: unknown[] } => one('SQ', { '00080100': one('SH', value) });
  const region = { '0040A040': one('CS', 'SCOORD3D'), '00700023': one('CS', 'POLYGON'), '00700022': one('FD', 1, 2, 3, 5, 2, 3, 5, 6, 3, 1, 2, 3), '30060024': one('UI', '1.2.3') };
  const group = { '0040A043': concept('125007'), '0040A730': one('SQ', { '0040A043': concept('112039'), '0040A160': one('UT', 'Nodule') }, region) };
  const [read] = readPlaced({ '0040A730': one('SQ', group) });
  expect(read).toMatchObject({ frameOfReference: '1.2.3', tracked: 'Nodule' });
  const instance = readInstance({ '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', '3'), '00200037': one('DS', 1, 0, 0, 0, 1, 0), '00200032': one('DS', 0, 0, 3), '00280030': one('DS', 0.5, 0.5) }) as Instance;
  expect(read && onFrame(read, { instance, number: 1 })).toMatchObject({ shape: 'freehand', points: [[2.5, 4.5], [10.5, 4.5], [10.5, 12.5]] });
});
