// Are numbers found in what people write?
import { expect, test } from 'vitest';
import { inRanges } from './ranges';

test('single numbers and ranges, in any spelling of commas and dashes', () => {
  const within = (ranges: string): number[] => [1, 2, 3, 20, 35].filter((n) => inRanges(ranges, String(n)));
  expect(within('1-3, 35')).toEqual([1, 2, 3, 35]);
  expect(within('2–20')).toEqual([2, 3, 20]);
  expect(within('1，35、3')).toEqual([1, 3, 35]);
});
test('what is no number is in no range', () => {
  expect(inRanges('1-3', '')).toBe(false);
  expect(inRanges('', '0')).toBe(false);
  expect(inRanges('a-b, -, 3-1', '2')).toBe(false);
});
