// Are the parts of an answer found, whatever bytes they hold?
import { expect, test } from 'vitest';
import { partsOf } from './multipart';

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (c) => c.charCodeAt(0));
const TYPE = 'multipart/related; type="application/octet-stream"; boundary=abc';

test('bodies come out whole, line breaks and empty ones too', () => {
  const parts = partsOf(TYPE, bytes('--abc\r\nContent-Type: a\r\n\r\none\r\n\r\ntwo--ab\r\n--abc\r\nContent-Type: a\r\n\r\n\r\n--abc--\r\n'));
  expect(parts.map((part) => String.fromCharCode(...part))).toEqual(['one\r\n\r\ntwo--ab', '']);
});

test('what is cut off is told', () => {
  expect(() => partsOf(TYPE, bytes('--abc\r\n\r\nhalf'))).toThrow(RangeError);
  expect(() => partsOf('application/json', bytes('{}'))).toThrow(RangeError);
});
