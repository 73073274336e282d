// Are small files gathered and large ones left alone?
import { expect, test } from 'vitest';
import { isJunk, nextBatch } from './batches';

const file = (size: number) => ({ file: { size } as File, path: 'x' });

test('a batch ends before it grows too large; one large file is a batch', () => {
  const queue = [file(4e6), file(5e6), file(2e6), file(50e6), file(1)];
  expect([nextBatch(queue).length, nextBatch(queue).length, nextBatch(queue).length, nextBatch(queue).length, nextBatch(queue).length]).toEqual([2, 1, 1, 1, 0]);
});
test('a batch has at most 200 files', () => {
  expect(nextBatch(Array.from({ length: 450 }, () => file(1))).length).toBe(200);
});
test('what systems leave behind is no image', () => {
  expect(['a/.DS_Store', 'Thumbs.db', '__MACOSX/._a'].map(isJunk)).toEqual([true, true, true]);
  expect(['a/IM0001', '1.2.840.dcm', 'a.b/c'].map(isJunk)).toEqual([false, false, false]);
});
