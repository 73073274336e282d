// Does a presentation state name its images once, close what is closed, and keep apart what cannot be in one?
import { expect, test } from 'vitest';
import { itemsOf, numbersOf, stringOf, stringsOf } from '../../../dicom/values';
import { readInstance, type Instance } from '../../model/instance';
import type { Measurement } from '../../model/measurements';
import { partsForStates, writeState, type Worded } from './presentation_state';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
const image = (uid: string, photometric = 'MONOCHROME2', intercept = 0): Instance => readInstance({
  '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', uid), '00280010': one('US', 10), '00280011': one('US', 20), '00280008': one('IS', 5),
  '00280004': one('CS', photometric), '00281052': one('DS', intercept), '00281053': one('DS', 1), '00280030': one('DS', 0.5, 0.4),
}) as Instance;
const worded = (instance: Instance, number: number, shape: Measurement['shape'], points: Measurement['points'], ...lines: string[]): Worded => ({ lines, measurement: { uid: '1', shape, points, label: '', values: [], frame: { instance, number } } });
const given = { seriesUid: '2.25.1', instanceUid: '2.25.2', date: '20260101', time: '120000', observer: 'A' };

test('images of one kind are one state; polarity, transformation and colour divide', () => {
  const all = [image('a'), image('b'), image('c', 'MONOCHROME1'), image('d', 'MONOCHROME2', -1024), image('e', 'RGB')].map((instance) => worded(instance, 1, 'probe', [[1, 1]]));
  expect(partsForStates(all).map((part) => part.map(({ measurement }) => measurement.frame.instance.uid))).toEqual([['a', 'b'], ['c'], ['d']]);
  expect(stringOf(writeState([all[2] as Worded], () => undefined, given), '20500020')).toBe('INVERSE');
});

test('frames are named, shapes are closed, words stand at the right of them', () => {
  const instance = image('a');
  const state = writeState([worded(instance, 3, 'rectangle', [[1, 1], [5, 1], [1, 4], [5, 4]], 'Area 12 mm²'), worded(instance, 2, 'length', [[0, 0], [9, 9]])], () => ({ center: 40, width: 400 }), given);
  const [series] = itemsOf(state, '00081115');
  expect(series && itemsOf(series, '00081140').map((reference) => numbersOf(reference, '00081160'))).toEqual([[2, 3]]);
  const [square, line] = itemsOf(state, '00700001');
  const [graphic] = square ? itemsOf(square, '00700009') : [];
  expect(graphic && numbersOf(graphic, '00700022')).toEqual([1, 1, 5, 1, 5, 4, 1, 4, 1, 1]);
  expect(graphic && stringOf(graphic, '00700024')).toBe('N');
  const [text] = square ? itemsOf(square, '00700008') : [];
  expect(text && [stringOf(text, '00700006'), ...numbersOf(text, '00700014')]).toEqual(['Area 12 mm²', 5, 1]);
  expect(line && itemsOf(line, '00700008')).toEqual([]);
  expect(stringsOf(itemsOf(state, '00283110')[0] ?? {}, '00281050')).toEqual(['40']);
  expect(numbersOf(itemsOf(state, '0070005A')[0] ?? {}, '00700053')).toEqual([20, 10]);
});
