// Is a header shown as it is, sequences and all, and found by any word?
import { expect, test } from 'vitest';
import { lines, matching, nameOf, shownTag } from './elements';

const SET = {
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Wang^X', Ideographic: '王^小东' }] },
  '00080060': { vr: 'CS', Value: ['CT'] },
  '00081140': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2.3'] } }, {}] },
  '7FE00010': { vr: 'OW', BulkDataURI: 'x' },
  '00091001': { vr: 'UN', InlineBinary: 'AQI=' },
};
const NAMES = { '00100010': "Patient's Name", '00081155': 'Referenced SOP Instance UID', '60xx3000': 'Overlay Data' };

test('elements come by tag, items inside their sequence', () => {
  expect(lines(SET).map(({ depth, tag, item, value }) => [depth, tag || item, value])).toEqual([
    [0, '00080060', 'CT'],
    [0, '00081140', ''],
    [1, 1, ''],
    [2, '00081155', '1.2.3'],
    [1, 2, ''],
    [0, '00091001', '01 02'],
    [0, '00100010', 'Wang^X=王^小东'],
    [0, '7FE00010', ''],
  ]);
});
test('a search keeps the way to what it finds', () => {
  const found = matching(lines(SET), 'referencedsop', NAMES).map((line) => line.path);
  expect(found).toEqual(['00081140', '00081140[1]', '00081140[1].00081155']);
  expect(matching(lines(SET), '小东', NAMES).map((line) => line.tag)).toEqual(['00100010']);
  expect(matching(lines(SET), '(0008,0060)', NAMES).length).toBe(1);
  expect(matching(lines(SET), 'nothing', NAMES)).toEqual([]);
});
test('repeating groups have names', () => {
  expect(nameOf('60023000', NAMES)).toBe('Overlay Data');
  expect(nameOf('00091001', NAMES)).toBe('');
  expect(shownTag('00100010')).toBe('(0010,0010)');
});
