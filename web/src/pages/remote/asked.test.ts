// Are other archives asked what the user means, and rows put in order?
import { expect, test } from 'vitest';
import { NOTHING } from '../studies/filters';
import { ordered, toKeys } from './asked';

const DAY = new Date(2026, 2, 1);

test('text is a name, an ID or a UID', () => {
  expect(Object.fromEntries(toKeys({ ...NOTHING, q: '王' }, DAY))).toEqual({ PatientName: '*王*' });
  expect(Object.fromEntries(toKeys({ ...NOTHING, q: 'P12' }, DAY))).toEqual({ PatientID: '*P12*' });
  expect(Object.fromEntries(toKeys({ ...NOTHING, q: '1.2.3.4' }, DAY))).toEqual({ StudyInstanceUID: '1.2.3.4' });
  expect(Object.fromEntries(toKeys({ ...NOTHING, modalities: ['CT'], date: 'today', fields: { AccessionNumber: 'A?' } }, DAY))).toEqual({ ModalitiesInStudy: 'CT', StudyDate: '20260301', AccessionNumber: 'A?' });
});
test('rows are ordered by the column, dates with their times', () => {
  const row = (date: string, time: string) => ({ '00080020': { vr: 'DA', Value: [date] }, '00080030': { vr: 'TM', Value: [time] } });
  const rows = [row('20260101', '10'), row('20260102', '09'), row('20260101', '11')];
  const tagOf = (keyword: string): string | undefined => ({ StudyDate: '00080020' })[keyword];
  expect(ordered(rows, '-StudyDate', tagOf)).toEqual([rows[1], rows[2], rows[0]]);
  expect(ordered(rows, 'StudyDate', tagOf)).toEqual([rows[0], rows[2], rows[1]]);
  expect(ordered(rows, 'Unknown', tagOf)).toEqual(rows);
});
