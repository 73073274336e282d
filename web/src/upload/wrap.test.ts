// Are files known by their endings, and do objects say what their bytes are?
import { expect, test } from 'vitest';
import { bodyOf, mediaTypeOf, newUid, objectOf } from './wrap';

test('pictures, videos and documents are known; DICOM files and others are not', () => {
  expect(['a/Photo.JPG', 'scan.pdf', 'x.mp4', 'y.tiff'].map(mediaTypeOf)).toEqual(['image/jpeg', 'application/pdf', 'video/mp4', 'image/tiff']);
  expect(['IM0001', 'a.dcm', 'readme.txt', 'pdf', '1.2.3.4'].map(mediaTypeOf)).toEqual(['', '', '', '', '']);
});
test('UIDs are those of random UUIDs', () => {
  const uid = newUid();
  expect(uid).toMatch(/^2\.25\.[1-9]\d+$/);
  expect(uid.length).toBeLessThanOrEqual(64);
  expect(newUid()).not.toBe(uid);
});
test('bytes of pictures are pixel data, those of documents are documents', async () => {
  expect(objectOf({}, 'image/png', 3, true)).toMatchObject({ '00200013': { Value: [3] }, '00080060': { Value: ['XC'] }, '7FE00010': { BulkDataURI: 'bulk' } });
  expect(Object.keys(objectOf({}, 'application/pdf', 1, true)).sort()).toEqual(['00200013', '00420011']);
  const { type, body } = bodyOf({}, 'image/png', new Blob(['pixels']));
  const boundary = type.split('boundary=')[1] ?? '';
  const parts = (await body.text()).split(`--${boundary}`);
  expect(parts).toHaveLength(4);
  expect(parts[2]).toBe('\r\nContent-Type: image/png\r\nContent-Location: bulk\r\n\r\npixels\r\n');
});
