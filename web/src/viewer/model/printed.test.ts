// Is an image printed with the window and the inversion that it is seen with, and with no table of its view?
import { expect, test } from 'vitest';
import type { Frame } from './instance';
import { printedImage } from './printed';

const frame = { instance: { uid: '1.2' }, number: 3 } as Frame;

test('a window and an inversion go along', () => {
  expect(printedImage(frame, { window: { center: 40, width: 400 }, isInverted: true })).toEqual({ sop_instance_uid: '1.2', frame: 3, window: [40, 400], invert: true });
});

test('a table is the image’s own; nothing is said that was not chosen', () => {
  expect(printedImage(frame, { window: { center: 0, width: 1, table: 'SIGMOID' }, isInverted: false })).toEqual({ sop_instance_uid: '1.2', frame: 3 });
  expect(printedImage(frame, { isInverted: false })).toEqual({ sop_instance_uid: '1.2', frame: 3 });
});
