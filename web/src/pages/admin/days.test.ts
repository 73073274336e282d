// Has the chart all days, and a round ceiling?
import { expect, test } from 'vitest';
import { ceiling, filled } from './days';

test('days without arrivals are there', () => {
  const days = filled([{ day: 99, n_studies: 3, n_instances: 4, size_bytes: 5 }], 3, 100);
  expect(days.map((day) => [day.day, day.n_studies])).toEqual([[98, 0], [99, 3], [100, 0]]);
});
test('the ceiling is round and not too low', () => {
  expect([1, 3, 10, 11, 51, 200].map(ceiling)).toEqual([1, 5, 10, 20, 100, 200]);
});
