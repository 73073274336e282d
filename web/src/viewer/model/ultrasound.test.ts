// Are regions read whole or not at all, and is a measure said to be of the region only where every point lies in it?
import { expect, test } from 'vitest';
import { readInstance, type Instance } from './instance';
import { calibrationOf } from './measurements';
import { ultrasoundRegions } from './ultrasound';

const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });
const region = (change: Record<string, unknown> = {}) => ({
  '00186018': of('UL', 10), '0018601A': of('UL', 20), '0018601C': of('UL', 50), '0018601E': of('UL', 60),
  '00186024': of('US', 3), '00186026': of('US', 3), '0018602C': of('FD', 0.05), '0018602E': of('FD', 0.05), '00186014': of('US', 1), ...change,
});
const image = (modality: string, ...regions: unknown[]): Instance => readInstance({
  '0020000D': of('UI', '1.1'), '0020000E': of('UI', '1.2'), '00080018': of('UI', '1.3'), '00080060': of('CS', modality), '00280010': of('US', 100), '00280011': of('US', 100),
  '00186011': of('SQ', ...regions),
}) as Instance;

test('only whole regions of ultrasound count', () => {
  expect(ultrasoundRegions(image('US', region())).map(({ physicalDeltaX, regionDataType }) => [physicalDeltaX, regionDataType])).toEqual([[0.05, 1]]);
  expect(ultrasoundRegions(image('US', region({ '0018602C': of('FD', 0) }), region({ '00186018': of('UL') })))).toEqual([]);
  expect(ultrasoundRegions(image('CT', region()))).toEqual([]);
});

test('a measure that leaves the region is not of it', () => {
  const frame = { instance: image('US', region()), number: 1 };
  expect(calibrationOf({ frame, points: [[10.5, 20.5], [50.5, 60.5]] })).toBe('region');
  expect(calibrationOf({ frame, points: [[10.5, 20.5], [52, 60]] })).toBe('none');
});
