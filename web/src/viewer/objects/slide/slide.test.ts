// Are tiles found where they lie, and the level and the scale bar that fit?
import { expect, test } from 'vitest';
import type { Attributes } from '../../../dicom/names';
import { readInstance, type Instance } from '../../model/instance';
import { levelAt, nTiles, readSlide, scaleBar, tilesIn, type Level, type Slide } from './slide';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
const level = (uid: string, columns: number, rows: number, nFrames: number, more: Attributes = {}): Instance => readInstance({
  '0020000D': one('UI', '1'), '0020000E': one('UI', '2'), '00080018': one('UI', uid), '00080008': one('CS', 'ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'),
  '00280010': one('US', 100), '00280011': one('US', 100), '00280008': one('IS', nFrames), '00480006': one('UL', columns), '00480007': one('UL', rows),
  '00209311': one('CS', 'TILED_FULL'), '52009229': one('SQ', { '00289110': one('SQ', { '00280030': one('DS', 0.001, 0.001) }) }), ...more,
}) as Instance;
const slideOf = (...instances: Instance[]): Slide => readSlide(instances) as Slide;
const finest = (slide: Slide): Level => slide.levels[0] as Level;

test('full tiles follow each other by rows; the middle focal plane is the one that is seen', () => {
  const flat = finest(slideOf(level('a', 250, 130, 6)));
  expect(nTiles(flat)).toBe(6);
  expect(tilesIn(flat, { left: 90, top: 90, right: 210, bottom: 99 })).toEqual([{ frame: 1, x: 0, y: 0 }, { frame: 2, x: 100, y: 0 }, { frame: 3, x: 200, y: 0 }]);
  expect(tilesIn(flat, { left: -50, top: 120, right: 20, bottom: 900 })).toEqual([{ frame: 4, x: 0, y: 100 }]);
  expect(tilesIn(flat, { left: 250, top: 0, right: 300, bottom: 50 })).toEqual([]);
  const deep = finest(slideOf(level('a', 250, 130, 18, { '00480303': one('UL', 3) })));
  expect(tilesIn(deep, { left: 0, top: 0, right: 10, bottom: 10 })).toEqual([{ frame: 7, x: 0, y: 0 }]);
});

test('sparse tiles lie where they say, also between the cells', () => {
  const at = (x: number, y: number): Attributes => ({ '0048021A': one('SQ', { '0048021E': one('SL', x), '0048021F': one('SL', y) }) });
  const sparse = finest(slideOf(level('a', 300, 300, 3, { '00209311': one('CS', 'TILED_SPARSE'), '52009230': one('SQ', at(201, 1), at(51, 101), at(201, 1)) })));
  expect(tilesIn(sparse, { left: 0, top: 0, right: 300, bottom: 300 })).toEqual([{ frame: 1, x: 200, y: 0 }, { frame: 2, x: 50, y: 100 }]);
  expect(tilesIn(sparse, { left: 110, top: 120, right: 140, bottom: 130 })).toEqual([{ frame: 2, x: 50, y: 100 }]);
});

test('levels are ordered, label and glass are none of them', () => {
  const slide = slideOf(level('small', 100, 60, 1), level('great', 400, 240, 12), level('label', 80, 80, 1, { '00080008': one('CS', 'ORIGINAL', 'PRIMARY', 'LABEL', 'NONE') }));
  expect(slide.levels.map(({ columns }) => columns)).toEqual([400, 100]);
  expect(slide.pictures.map(({ kind }) => kind)).toEqual(['LABEL']);
  expect(slide.mmPerPixel).toBe(0.001);
  expect([0.1, 0.25, 0.3, 2].map((scale) => levelAt(slide.levels, scale))).toEqual([1, 1, 0, 0]);
});

test('scale bars are round and fit', () => {
  expect(scaleBar(0.0005)).toEqual({ width: 100, text: '50 µm' });
  expect(scaleBar(0.05)).toEqual({ width: 100, text: '5 mm' });
  expect(scaleBar(0.0001, 120)).toEqual({ width: 100, text: '10 µm' });
});
