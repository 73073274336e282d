// Is the address the state, and does QIDO-RS get what the user means?
import { expect, test } from 'vitest';
import { days, fromAddress, isNarrowed, NOTHING, toAddress, toOrder, toQido, type Filters } from './filters';

const DAY = new Date(2026, 2, 1);

test('what is written into the address is read back', () => {
  const filters: Filters = { q: '王 小东', modalities: ['CT', 'MR'], date: '7d', fields: { PatientID: 'A 1', BodyPartExamined: 'CHEST' }, sort: 'PatientName' };
  expect(fromAddress(new URLSearchParams(toAddress(filters).toString()))).toEqual(filters);
  expect(toAddress(NOTHING).toString()).toBe('');
});
test('what does not fit is left out', () => {
  expect(fromAddress(new URLSearchParams('d=soon&m=<b>,CT&sort=a;b'))).toEqual({ ...NOTHING, modalities: ['CT'] });
});
test('relative days cross months', () => {
  expect(days('today', DAY)).toBe('20260301');
  expect(days('yesterday', DAY)).toBe('20260228');
  expect(days('7d', DAY)).toBe('20260223-20260301');
  expect(days('20260101-', DAY)).toBe('20260101-');
});
test('a UID is looked up, other text searched; fields match anywhere unless the user writes wildcards', () => {
  expect(toQido({ ...NOTHING, q: ' 1.2.840.113619.2 ' }, DAY).toString()).toBe('StudyInstanceUID=1.2.840.113619.2');
  expect(toQido({ ...NOTHING, q: '1.5' }, DAY).get('q')).toBe('1.5');
  const asked = toQido({ ...NOTHING, fields: { PatientName: 'doe', AccessionNumber: 'A*', PatientBirthDate: '1970-01-02' } }, DAY);
  expect(Object.fromEntries(asked)).toEqual({ PatientName: '*doe*', AccessionNumber: 'A*', PatientBirthDate: '19700102' });
});
test('the order is total enough to page', () => {
  expect(toOrder('-StudyDate')).toBe('-StudyDate,-StudyTime');
  expect(toOrder('PatientName')).toBe('PatientName,-StudyDate,-StudyTime');
  expect(isNarrowed(NOTHING)).toBe(false);
  expect(isNarrowed({ ...NOTHING, date: 'today' })).toBe(true);
});
