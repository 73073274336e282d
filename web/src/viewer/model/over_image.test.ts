import { expect, test } from 'vitest';
import { colorsOf, COLOR_MAPS } from './color_maps';
import { lutItems, lutOf } from './lut_items';
import { embeddedMask, overlayMask, overlayPlanes } from './overlays';
import { packed } from './shading';
import { shuttersOf } from './shutters';

const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });

test('tables are read from words, from bytes and from values, signed where pixels are', () => {
  const item = (first: number, more: object) => ({ '00283010': of('SQ', { '00283002': of('US', 4, first, 8), '00283003': of('LO', 'Soft'), ...more }) });
  const [words] = lutItems(item(65526, { '00283006': { vr: 'OW', InlineBinary: btoa('\u0001\u0000\u0002\u0000\u0003\u0000\u00ff\u0000') } }), '00283010', true);
  expect(words && { ...lutOf(words, words.bytes), entries: [...lutOf(words, words.bytes).entries] }).toEqual({ first: -10, entries: [1, 2, 3, 255], top: 255, name: 'Soft' });
  const [bytes] = lutItems(item(0, { '00283006': { vr: 'OW', InlineBinary: btoa('\u0001\u0002\u0003\u0004') } }), '00283010', false);
  expect(bytes && [...lutOf(bytes, bytes.bytes).entries]).toEqual([1, 2, 3, 4]);
  const [values] = lutItems(item(0, { '00283006': of('US', 5, 6, 7, 8) }), '00283010', false);
  expect(values && [...lutOf(values).entries]).toEqual([5, 6, 7, 8]);
  expect(lutItems(item(0, {}), '00283010', false)).toEqual([]);
});

test('overlay planes: own bits by frame, embedded bits, nothing where bits are missing', () => {
  const set = {
    '00280010': of('US', 2), '00280011': of('US', 3),
    '60000010': of('US', 1), '60000011': of('US', 8), '60000050': of('SS', 2, 3), '60000015': of('IS', '2'), '60000051': of('US', 2), '60003000': { vr: 'OW', InlineBinary: btoa('\u0081\u0001') },
    '60020100': of('US', 16), '60020102': of('US', 12),
  };
  const [own, embedded] = overlayPlanes(set);
  expect(own).toMatchObject({ group: '6000', top: 1, left: 2, rows: 1, columns: 8 });
  expect(embedded).toMatchObject({ group: '6002', bit: 12, rows: 2, columns: 3 });
  expect([...(overlayMask(own!, own!.bytes!, 2) ?? [])]).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
  expect([...(overlayMask(own!, own!.bytes!, 3) ?? [])]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  expect(overlayMask(own!, own!.bytes!, 1)).toBeUndefined();
  expect(overlayMask(own!, new Uint8Array(1), 3)).toBeUndefined();
  expect([...embeddedMask([0x1000, 5, 0x2000], 12)]).toEqual([1, 0, 0]);
});

test('shutters: shapes in pixels from the corner, the grey of their P-Value', () => {
  const set = {
    '00181600': of('CS', 'RECTANGULAR', 'CIRCULAR', 'POLYGONAL'), '00181602': of('IS', '3'), '00181604': of('IS', '10'), '00181606': of('IS', '2'), '00181608': of('IS', '9'),
    '00181610': of('IS', '5', '6'), '00181612': of('IS', '4'), '00181620': of('IS', 1, 2, 3, 4, 5, 6), '00181622': of('US', 65535),
  };
  expect(shuttersOf(set)).toEqual({
    grey: 1, overlayGroup: '',
    shapes: [{ kind: 'rectangle', left: 2, top: 1, right: 10, bottom: 9 }, { kind: 'circle', x: 5.5, y: 4.5, radius: 4 }, { kind: 'polygon', points: [[1.5, 0.5], [3.5, 2.5], [5.5, 4.5]] }],
  });
  expect(shuttersOf({})).toBeUndefined();
  expect(shuttersOf({ '00181600': of('CS', 'BITMAP'), '00181623': of('US', 0x6002) })?.overlayGroup).toBe('6002');
});

test('colour maps go from their first to their last corner', () => {
  const iron = colorsOf('hotIron');
  expect([iron[0], iron[64], iron[128], iron[255]]).toEqual([packed(0, 0, 0), packed(128, 0, 0), packed(255, 0, 0), packed(255, 255, 255)]);
  for (const name of COLOR_MAPS) expect(new Set(colorsOf(name)).size).toBeGreaterThan(150);
});
