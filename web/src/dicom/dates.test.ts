// Do dates, times and ages come out right?
import { expect, test } from 'vitest';
import { ageOn, asDate, shownDate, shownTime } from './dates';

test('dates and times are shown as ISO writes them; others stay', () => {
  expect(shownDate('20261101')).toBe('2026-11-01');
  expect(shownDate('2026.11.01')).toBe('2026.11.01');
  expect(shownTime('140512.123')).toBe('14:05');
  expect(shownTime('')).toBe('');
  expect(asDate(new Date(2026, 0, 5))).toBe('20260105');
});
test('the age counts whole years up to the birthday', () => {
  expect(ageOn('19700615', '20260614')).toBe(55);
  expect(ageOn('19700615', '20260615')).toBe(56);
  expect(ageOn('20260615', '20250101')).toBeNull();
  expect(ageOn('', '20250101')).toBeNull();
});
