// Do the planes hang as readers expect, turn together, and cut each other where they should?
import { expect, test } from 'vitest';
import { cross, directionLetters, dot, type Vector } from '../model/geometry';
import { alongAxes, cutOnScreen, isStraight, mirrored, ontoPlane, PLANES, rightOf, spun, STRAIGHT, turned, turnedIn, type Looks } from './planes';

const letters = (looks: Looks, name: (typeof PLANES)[number]): string => `${directionLetters(rightOf(looks[name]))}${directionLetters(looks[name].up)}`;
const near = (a: Vector, b: Vector): void => b.forEach((v, i) => expect(a[i]).toBeCloseTo(v, 9));

test('left is on the right, the front or the head on top', () => {
  expect(PLANES.map((name) => letters(STRAIGHT, name))).toEqual(['LA', 'PH', 'LH']);
});

test('vectors turn counter-clockwise for whom the axis points to', () => {
  near(turned([1, 0, 0], [0, 0, 1], Math.PI / 2), [0, 1, 0]);
});

test('turning in one plane turns the two others, all three stay upright to each other', () => {
  const looks = turnedIn(STRAIGHT, 'axial', Math.PI / 6);
  expect(looks.axial).toEqual(STRAIGHT.axial);
  for (const [a, b] of [['axial', 'sagittal'], ['axial', 'coronal'], ['sagittal', 'coronal']] as const) expect(dot(looks[a].normal, looks[b].normal)).toBeCloseTo(0, 9);
  for (const name of PLANES) expect(dot(looks[name].normal, looks[name].up)).toBeCloseTo(0, 9);
  expect(isStraight(looks.sagittal, 'sagittal')).toBe(false);
  // Counter-clockwise on the axial screen: the coronal line, which ran to the right, now rises by 30 degrees.
  const [right, down] = cutOnScreen(looks.axial, looks.coronal);
  expect(down / right).toBeCloseTo(-Math.tan(Math.PI / 6), 9);
});

test('many small turns leave unit vectors', () => {
  let looks = STRAIGHT;
  for (let n = 0; n < 5000; n += 1) looks = turnedIn(looks, PLANES[n % 3] ?? 'axial', 0.1);
  for (const name of PLANES) expect(Math.hypot(...looks[name].normal)).toBeCloseTo(1, 9);
});

test('a quarter turn clockwise brings the right side to the top, as letters say', () => {
  const look = spun(STRAIGHT.axial, Math.PI / 2);
  expect(directionLetters(look.up)).toBe('R');
  expect(directionLetters(rightOf(look))).toBe('A');
});

test('mirrored planes are seen from the other side', () => {
  expect(directionLetters(rightOf(mirrored(STRAIGHT.axial, 'horizontal')))).toBe('R');
  const upside = mirrored(STRAIGHT.axial, 'vertical');
  expect([directionLetters(rightOf(upside)), directionLetters(upside.up)]).toEqual(['L', 'P']);
});

test('the axes of a series take the names of the planes that they are nearest to', () => {
  // A sagittal series, nodding by 20 degrees.
  const [c, s] = [Math.cos(0.35), Math.sin(0.35)];
  const row: Vector = [0, c, s];
  const column: Vector = [0, s, -c];
  const looks = alongAxes([row, column, cross(row, column)]);
  near(looks.sagittal.normal, [1, 0, 0]);
  near(looks.axial.normal, [0, s, -c]);
  expect(isStraight(looks.axial, 'axial')).toBe(false);
});

test('a place is moved onto a plane along its normal only', () => {
  near(ontoPlane([1, 2, 3], [10, 20, 30], STRAIGHT.axial), [1, 2, 30]);
});
