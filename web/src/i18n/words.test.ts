// Do parameters and plurals come out right?
import { expect, test } from 'vitest';
import { written } from './words';

test('parameters are put in; numbers are grouped; unknown names stay', () => {
  expect(written('{n} of {total} {x}', { n: 1, total: 12345 }, 'en')).toBe('1 of 12,345 {x}');
});
test('one and other are chosen by n', () => {
  const words = { one: '{n} study', other: '{n} studies' };
  expect(written(words, { n: 1 }, 'en')).toBe('1 study');
  expect(written(words, { n: 0 }, 'en')).toBe('0 studies');
  expect(written(words, { n: 1 }, 'zh-CN')).toBe('1 studies');
});
test('a value never becomes a pattern', () => {
  expect(written('{a}{b}', { a: '{b}', b: '$&' }, 'en')).toBe('{b}$&');
});
