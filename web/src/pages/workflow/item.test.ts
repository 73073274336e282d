// Does a form become the item that the archive takes, and an item the form?
import { describe, expect, it } from 'vitest';
import { formOf, itemOf, stepOf } from './item';

const ITEM = {
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Doe^Jane', Ideographic: '杜' }] },
  '00100020': { vr: 'LO', Value: ['4711'] },
  '00100030': { vr: 'DA', Value: ['19710405'] },
  '00400100': { vr: 'SQ', Value: [{ '00080060': { vr: 'CS', Value: ['CT'] }, '00400002': { vr: 'DA', Value: ['20260301'] }, '00400003': { vr: 'TM', Value: ['091500'] } }] },
};

describe('the form of a scheduled step', () => {
  it('shows an item', () => {
    const form = formOf(ITEM);
    expect([form.patientName, form.patientId, form.birthDate]).toEqual(['Doe^Jane', '4711', '1971-04-05']);
    expect([form.modality, form.date, form.time, form.stationAet]).toEqual(['CT', '2026-03-01', '09:15', '']);
  });

  it('sends what is filled in of a new step', () => {
    const form = { ...formOf({}), patientId: ' 7 ', modality: 'mr', time: '08:05', patientName: 'A^B' };
    expect(itemOf(form, null)).toEqual({
      '00100020': { vr: 'LO', Value: ['7'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'A^B' }] },
      '00400100': { vr: 'SQ', Value: [{ '00080060': { vr: 'CS', Value: ['MR'] }, '00400003': { vr: 'TM', Value: ['0805'] } }] },
    });
  });

  it('sends only what was changed of a known step, never its patient', () => {
    const before = formOf(ITEM);
    const item = itemOf({ ...before, patientName: 'Other', accession: 'A1', time: '', state: 'CANCELED' }, before);
    expect(Object.keys(item)).toEqual(['00080050', '00400100']);
    expect(stepOf(item)).toEqual({ '00400003': { vr: 'TM' }, '00400020': { vr: 'CS', Value: ['CANCELED'] } });
  });
});
