// Prefetch order, cine, presets, corner texts: small decisions, held here.
import { expect, test } from 'vitest';
import { nextOfCine } from './cine';
import { dateText, timeText } from './corner_text';
import { middleOut } from './prefetch';
import { presetsFor } from './presets';
import { rangeOf, windowOf } from './voi';

test('frames are fetched from the middle out, the way the reader goes first', () => {
  expect(middleOut(5, 2)).toEqual([2, 3, 1, 4, 0]);
  expect(middleOut(5, 3, -1)).toEqual([3, 2, 4, 1, 0]);
  expect(middleOut(3, 9)).toEqual([2, 1, 0]);
  expect(middleOut(0, 0)).toEqual([]);
});

test('a film goes round, there and back, or once', () => {
  expect(nextOfCine(2, 3, 'loop', 1)).toEqual({ index: 0, direction: 1, isOver: false });
  expect(nextOfCine(2, 3, 'bounce', 1)).toEqual({ index: 1, direction: -1, isOver: false });
  expect(nextOfCine(0, 3, 'bounce', -1)).toEqual({ index: 1, direction: 1, isOver: false });
  expect(nextOfCine(2, 3, 'once', 1).isOver).toBe(true);
});

test('the windows of the header come first, each window once', () => {
  const presets = presetsFor('CT', [{ center: 40, width: 400, name: 'A' }, { center: 1, width: 2, name: 'B' }]);
  expect(presets.slice(0, 3).map(({ name }) => name)).toEqual(['A', 'B', 'lung']);
  expect(presetsFor('OT', [])).toEqual([]);
});

test('a window and its range are each other\'s inverse', () => {
  expect(rangeOf({ center: 40, width: 400 })).toEqual({ lower: -160, upper: 239 });
  expect(windowOf({ lower: -160, upper: 239 })).toEqual({ center: 40, width: 400 });
});

test('dates and times of the standard read as ISO 8601', () => {
  expect(dateText('20261124')).toBe('2026-11-24');
  expect(dateText('unknown')).toBe('unknown');
  expect(timeText('140509.25')).toBe('14:05:09');
});
