// Which attributes can be corrected with a form, and what has changed? Only what differs is sent.
import type { Changes } from '../../api/corrections';
import { shownDate } from '../../dicom/dates';
import type { Attributes } from '../../dicom/names';
import { TAG } from '../../dicom/tags';
import { t } from '../../i18n/correct';

/** A field: `group` is the component group of a name; dates are edited as ISO writes them. */
export type Field = { id: string; tag: string; vr: string; name: () => string; group?: 'Alphabetic' | 'Ideographic' | 'Phonetic'; kind?: 'date' };
export type Level = 'patient' | 'study' | 'series';

export const FIELDS: Record<Level, Field[]> = {
  patient: [
    { id: 'alphabetic', tag: TAG.PatientName, vr: 'PN', group: 'Alphabetic', name: () => t('alphabetic') },
    { id: 'ideographic', tag: TAG.PatientName, vr: 'PN', group: 'Ideographic', name: () => t('ideographic') },
    { id: 'phonetic', tag: TAG.PatientName, vr: 'PN', group: 'Phonetic', name: () => t('phonetic') },
    { id: 'id', tag: TAG.PatientID, vr: 'LO', name: () => t('patientId') },
    { id: 'issuer', tag: TAG.IssuerOfPatientID, vr: 'LO', name: () => t('issuer') },
    { id: 'birth', tag: TAG.PatientBirthDate, vr: 'DA', name: () => t('birthDate'), kind: 'date' },
    { id: 'sex', tag: TAG.PatientSex, vr: 'CS', name: () => t('sex') },
  ],
  study: [
    { id: 'description', tag: TAG.StudyDescription, vr: 'LO', name: () => t('description') },
    { id: 'accession', tag: TAG.AccessionNumber, vr: 'SH', name: () => t('accession') },
    { id: 'date', tag: TAG.StudyDate, vr: 'DA', name: () => t('studyDate'), kind: 'date' },
    { id: 'studyId', tag: TAG.StudyID, vr: 'SH', name: () => t('studyId') },
    { id: 'referrer', tag: TAG.ReferringPhysicianName, vr: 'PN', group: 'Alphabetic', name: () => t('referrer') },
  ],
  series: [
    { id: 'description', tag: TAG.SeriesDescription, vr: 'LO', name: () => t('description') },
    { id: 'bodyPart', tag: TAG.BodyPartExamined, vr: 'CS', name: () => t('bodyPart') },
    { id: 'number', tag: TAG.SeriesNumber, vr: 'IS', name: () => t('number') },
  ],
};

/** Return what the form shows of a data set. */
export function valuesOf(fields: Field[], set: Attributes): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => {
      const value = set[field.tag]?.Value?.[0];
      if (field.group) return [field.id, String((value as Record<string, string> | undefined)?.[field.group] ?? '')];
      const text = String(value ?? '');
      return [field.id, field.kind === 'date' ? shownDate(text) : text];
    }),
  );
}

/** Return what the form changes; the groups of one name belong together. */
export function changesOf(fields: Field[], before: Record<string, string>, after: Record<string, string>): Changes {
  const changes: Changes = {};
  for (const tag of new Set(fields.map((field) => field.tag))) {
    const own = fields.filter((field) => field.tag === tag);
    if (own.every((field) => before[field.id] === after[field.id]?.trim())) continue;
    const { vr } = own[0] as Field;
    const groups = own.filter((field) => field.group && after[field.id]?.trim()).map((field) => [field.group, after[field.id]?.trim()]);
    const plain = after[(own[0] as Field).id]?.trim() ?? '';
    const value = vr === 'PN' ? (groups.length ? Object.fromEntries(groups) : null) : vr === 'DA' ? plain.replaceAll('-', '') : plain;
    changes[tag] = value ? { vr, Value: [vr === 'IS' ? Number(value) : value] } : null;
  }
  return changes;
}
