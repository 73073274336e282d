// Is only sent what has changed, names as whole names, and emptied fields as removals?
import { expect, test } from 'vitest';
import { TAG } from '../../dicom/tags';

// The fields speak through `t`, which asks the browser for its language.
globalThis.navigator ??= { language: 'en' } as Navigator;
const { changesOf, FIELDS, valuesOf } = await import('./fields');

const SET = { [TAG.PatientName]: { vr: 'PN', Value: [{ Alphabetic: 'Li^Lei', Ideographic: '李^雷' }] }, [TAG.PatientBirthDate]: { vr: 'DA', Value: ['19800102'] }, [TAG.PatientID]: { vr: 'LO', Value: ['1'] } };

test('nothing changed is nothing sent', () => {
  const before = valuesOf(FIELDS.patient, SET);
  expect(before).toMatchObject({ alphabetic: 'Li^Lei', ideographic: '李^雷', phonetic: '', birth: '1980-01-02', id: '1' });
  expect(changesOf(FIELDS.patient, before, { ...before })).toEqual({});
});
test('one group of a name is sent with the others; an emptied field is removed', () => {
  const before = valuesOf(FIELDS.patient, SET);
  expect(changesOf(FIELDS.patient, before, { ...before, alphabetic: 'Li^Lili', birth: '', id: ' 2 ' })).toEqual({
    [TAG.PatientName]: { vr: 'PN', Value: [{ Alphabetic: 'Li^Lili', Ideographic: '李^雷' }] },
    [TAG.PatientBirthDate]: null,
    [TAG.PatientID]: { vr: 'LO', Value: ['2'] },
  });
});
test('dates are DA, numbers numbers', () => {
  expect(changesOf(FIELDS.study, { date: '' }, { date: '2026-01-02' })).toMatchObject({ [TAG.StudyDate]: { vr: 'DA', Value: ['20260102'] } });
  expect(changesOf(FIELDS.series, { number: '1' }, { number: '7' })).toMatchObject({ [TAG.SeriesNumber]: { vr: 'IS', Value: [7] } });
});
