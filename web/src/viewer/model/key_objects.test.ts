import { expect, test } from 'vitest';
import { readInstance, type Instance } from './instance';
import { readKeyObject, selects, writeKeyObject } from './key_objects';

const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });
const instance = (uid: string, nFrames = 1): Instance => readInstance({ '0020000D': of('UI', '1.1'), '0020000E': of('UI', '1.2'), '00080018': of('UI', uid), '00080016': of('UI', '1.9'), '00280008': of('IS', nFrames) }) as Instance;

test('what is written is read back, frames of a multi-frame image too', () => {
  const [single, several] = [instance('1.3'), instance('1.4', 10)];
  const written = writeKeyObject([{ instance: single, number: 1 }, { instance: several, number: 3 }, { instance: several, number: 7 }], 'Key images', { seriesUid: '1.5', instanceUid: '1.6', date: '20261124', time: '120000', observer: 'A' });
  const selected = readKeyObject(written);
  expect(selected).toEqual([{ uid: '1.3', frames: [] }, { uid: '1.4', frames: [3, 7] }]);
  expect([1, 3, 4].map((number) => selects(selected, { instance: several, number }))).toEqual([false, true, false]);
  expect(selects(selected, { instance: single, number: 1 })).toBe(true);
  expect(readKeyObject({})).toEqual([]);
});
