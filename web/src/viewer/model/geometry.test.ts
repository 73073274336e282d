// Are patient directions, reference lines and nearest planes right?
import { expect, test } from 'vitest';
import { directionLetters, intersection, nearestPlane, oppositeLetters, type Plane } from './geometry';

const axial = (z: number): Plane => ({ row: [1, 0, 0], column: [0, 1, 0], position: [-50, -50, z] });

test('directions are named by their strongest parts', () => {
  expect(directionLetters([1, 0, 0])).toBe('L');
  expect(directionLetters([0, -1, 0])).toBe('A');
  expect(directionLetters([0.3, 0, -0.95])).toBe('FL');
  expect(oppositeLetters('FL')).toBe('HR');
});

test('a sagittal plane cuts an axial image in a vertical line', () => {
  const line = intersection({ ...axial(10), width: 100, height: 80 }, { row: [0, 1, 0], column: [0, 0, -1], position: [20, -50, 100] });
  const ends = line?.map((point) => point.map(Math.round));
  expect(ends).toContainEqual([20, -50, 10]);
  expect(ends).toContainEqual([20, 30, 10]);
});

test('parallel planes do not cut', () => {
  expect(intersection({ ...axial(10), width: 100, height: 80 }, axial(20))).toBeUndefined();
});

test('the nearest plane is found along the normal', () => {
  expect(nearestPlane([axial(0), axial(2), axial(4)], [300, 300, 2.9])).toBe(1);
});
