// Are the times of a stack told apart by what tells them, and left alone where there are none?
import { expect, test } from 'vitest';
import type { Attributes } from '../../../dicom/names';
import { readInstance, type Frame, type Instance } from '../../model/instance';
import { phasesOf, seconds } from './phases';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
let n = 0;
const frame = (z: number, more: Attributes = {}, x = 0): Frame => ({ number: 1, instance: readInstance({
  '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', `3.${n++}`), '00200037': one('DS', 1, 0, 0, 0, 1, 0), '00200032': one('DS', x, 0, z), ...more,
}) as Instance });
const z = ({ instance }: Frame): unknown => instance.attributes['00200032']?.Value?.[2];

test('temporal positions, whatever the order of the images', () => {
  const found = phasesOf([2, 1, 3].flatMap((time) => [0, 5, 10].map((place) => frame(place, { '00200100': one('IS', time) }))));
  expect(found?.kind).toBe('position');
  expect(found?.all.map(({ value }) => value)).toEqual([1, 2, 3]);
  expect(found?.all[2]?.frames.map(z)).toEqual([0, 5, 10]);
  expect(found?.all[2]?.frames.every(({ instance }) => instance.attributes['00200100']?.Value?.[0] === 3)).toBe(true);
});

test('b-values of place after place; times that differ from place to place count from the first', () => {
  expect(phasesOf([0, 5].flatMap((place) => [1000, 0, 500].map((b) => frame(place, { '00189087': one('FD', b) }))))).toMatchObject({ kind: 'diffusion', all: [{ value: 0 }, { value: 500 }, { value: 1000 }] });
  const timed = phasesOf([10, 20].flatMap((start) => [0, 5].map((place) => frame(place, { '00080032': one('TM', `1200${start + place / 5}.5`) }))));
  expect(timed).toMatchObject({ kind: 'time', all: [{ value: 0 }, { value: 10 }] });
});

test('equal b-values do not tell: the order does', () => {
  expect(phasesOf([0, 5].flatMap((place) => [0, 800, 800].map((b) => frame(place, { '00189087': one('FD', b) }))))).toMatchObject({ kind: 'order', all: [{ value: 1 }, { value: 2 }, { value: 3 }] });
});

test('an enhanced multi-frame tells by its functional groups', () => {
  const groups = [0, 5].flatMap((place) => [300, 100].map((delay): Attributes => ({ '00209113': one('SQ', { '00200032': one('DS', 0, 0, place) }), '00189118': one('SQ', { '00209153': one('FD', delay) }) })));
  const instance = readInstance({ '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', '3'), '00280008': one('IS', 4), '52009229': one('SQ', { '00209116': one('SQ', { '00200037': one('DS', 1, 0, 0, 0, 1, 0) }) }), '52009230': one('SQ', ...groups) }) as Instance;
  const found = phasesOf([1, 2, 3, 4].map((number) => ({ instance, number })));
  expect(found).toMatchObject({ kind: 'trigger', all: [{ value: 100 }, { value: 300 }] });
  expect(found?.all[0]?.frames.map(({ number }) => number)).toEqual([2, 4]);
});

test('volumes, uneven stacks, oblique pairs and tiles side by side stay as they are', () => {
  expect(phasesOf([0, 5, 10].map((place) => frame(place)))).toBeUndefined();
  expect(phasesOf([0, 5, 5].map((place) => frame(place)))).toBeUndefined();
  expect(phasesOf([0, 0, 0].map((place) => frame(place)))).toBeUndefined();
  expect(phasesOf([0, 0, 5, 5].map((place, i) => frame(place, {}, (i % 2) * 30)))).toBeUndefined();
  expect(phasesOf([frame(0), frame(0), frame(5), { number: 1, instance: readInstance({ '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', '3') }) as Instance }])).toBeUndefined();
});

test('times of the day are read', () => {
  expect(seconds('120001.25')).toBe(43201.25);
  expect(seconds('12')).toBeUndefined();
});
