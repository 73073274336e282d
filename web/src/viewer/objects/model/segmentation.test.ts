// Which frames of a segmentation lie in an image, and what do their bytes say?
import { expect, test } from 'vitest';
import type { Attributes } from '../../../dicom/names';
import { readInstance, type Instance } from '../../model/instance';
import { coverage, framesOn, readSegmentation, type Segmentation } from './segmentation';
import { sliceOf } from './slice';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
const FOR = one('UI', '1.2.3');

function instance(more: Attributes): Instance {
  return readInstance({ '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', '3'), '00280010': one('US', 2), '00280011': one('US', 4), '00200052': FOR, ...more }) as Instance;
}

const image = (uid: string, z: number): ReturnType<typeof sliceOf> => sliceOf({ number: 1, instance: instance({ '00080018': one('UI', uid), '00200037': one('DS', 1, 0, 0, 0, 1, 0), '00200032': one('DS', 0, 0, z), '00280030': one('DS', 1, 1) }) });
const frame = (segment: number, z: number, source = ''): Attributes => ({
  '0062000A': one('SQ', { '0062000B': one('US', segment) }),
  '00209113': one('SQ', { '00200032': one('DS', 0, 0, z) }),
  ...(source ? { '00089124': one('SQ', { '00082112': one('SQ', { '00081155': one('UI', source) }) }) } : {}),
});

function segmentation(frames: Attributes[], more: Attributes = {}): Segmentation {
  return readSegmentation(instance({
    '00280008': one('IS', frames.length), '00280100': one('US', 1), '00620001': one('CS', 'BINARY'),
    '00620002': one('SQ', { '00620004': one('US', 1), '00620005': one('LO', 'A') }, { '00620004': one('US', 2) }),
    '52009229': one('SQ', { '00209116': one('SQ', { '00200037': one('DS', 1, 0, 0, 0, 1, 0) }), '00289110': one('SQ', { '00280030': one('DS', 1, 1) }) }),
    '52009230': one('SQ', ...frames), ...more,
  })) as Segmentation;
}

test('by place: the nearest plane of each segment within half a gap', () => {
  const seg = segmentation([frame(1, 0), frame(1, 3), frame(2, 3), frame(1, 6)]);
  expect(seg.gap).toBe(3);
  const numbers = (z: number): number[] => framesOn(seg, image('9', z)).map(({ number }) => number);
  expect(numbers(3)).toEqual([2, 3]);
  expect(numbers(4)).toEqual([2, 3]);
  expect(numbers(5.9)).toEqual([4]);
  expect(numbers(20)).toEqual([]);
});

test('without a common frame of reference: the images it was drawn on', () => {
  const seg = segmentation([frame(1, 0, '7'), frame(1, 3, '8')], { '00200052': one('UI', '9.9') });
  expect(framesOn(seg, image('8', 0)).map(({ number }) => number)).toEqual([2]);
});

test('bits, fractions and labels are read', () => {
  const seg = segmentation([frame(1, 0)]);
  expect([...coverage(seg, 1, new Uint8Array([0b10000001]))]).toEqual([255, 0, 0, 0, 0, 0, 0, 255]);
  expect([...coverage({ ...seg, kind: 'FRACTIONAL', bits: 8, maximum: 200 }, 1, new Uint8Array([0, 100, 200, 200, 0, 0, 0, 0]))].slice(0, 3)).toEqual([0, 128, 255]);
  expect([...coverage({ ...seg, kind: 'LABELMAP', bits: 16 }, 258, new Uint8Array([2, 1, 2, 0]))].slice(0, 2)).toEqual([255, 0]);
});

test('an object without segments or frames is none', () => {
  expect(readSegmentation(instance({ '00280008': one('IS', 1) }))).toBeUndefined();
});
