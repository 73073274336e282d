import { expect, test } from 'vitest';
import { readView, writeView, type ViewLink } from './view_link';

const VIEW: ViewLink = {
  layout: { rows: 1, columns: 2 }, active: 1,
  cells: [undefined, { image: '1.2.3', frame: 4, window: [-600, 1500.5], camera: { zoom: 2.5, x: 10.25, y: 20, rotation: 90, isFlipped: true, isUpsideDown: false, isInverted: true }, colors: 'hotIron' }],
};

test('a view is read as it was written', () => {
  expect(readView(writeView(VIEW))).toEqual(VIEW);
  expect(readView('1x1;0;1.2,1,,,,,,,,grey')).toEqual({ layout: { rows: 1, columns: 1 }, active: 0, cells: [{ image: '1.2', frame: 1, colors: 'grey' }] });
});

test('what is no view, or not quite one, does no harm', () => {
  for (const text of ['', 'x', '9x9;0', '1x1', '1x2;0;1.2']) expect(readView(text)).toBeUndefined();
  expect(readView('1x1;7;<img>,1')).toEqual({ layout: { rows: 1, columns: 1 }, active: 0, cells: [undefined] });
  expect(readView('1x1;0;1.2,-3,1,0,NaN,1,1,Infinity,hvi,pink')?.cells[0]).toEqual({ image: '1.2', frame: 1, colors: 'grey' });
});
