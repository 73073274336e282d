// How does the form of a scheduled step become a worklist item, and an item the form again? (PS3.4 Table K.6-1)
import { text, type Attribute, type Attributes } from '../../dicom/names';

const STEPS = '00400100';
/** The fields of the form: tag, VR, and whether it belongs to the patient, the request or the step. */
export const FIELDS = {
  patientId: ['00100020', 'LO', 'patient'],
  issuer: ['00100021', 'LO', 'patient'],
  patientName: ['00100010', 'PN', 'patient'],
  birthDate: ['00100030', 'DA', 'patient'],
  sex: ['00100040', 'CS', 'patient'],
  accession: ['00080050', 'SH', 'request'],
  procedureText: ['00321060', 'LO', 'request'],
  referring: ['00080090', 'PN', 'request'],
  modality: ['00080060', 'CS', 'step'],
  date: ['00400002', 'DA', 'step'],
  time: ['00400003', 'TM', 'step'],
  stationAet: ['00400001', 'AE', 'step'],
  stepText: ['00400007', 'LO', 'step'],
  physician: ['00400006', 'PN', 'step'],
  location: ['00400011', 'SH', 'step'],
  state: ['00400020', 'CS', 'step'],
} as const;
export type Field = keyof typeof FIELDS;
export type Form = Record<Field, string>;

/** Return the scheduled step of an item. */
export function stepOf(item: Attributes): Attributes {
  return (item[STEPS]?.Value?.[0] as Attributes | undefined) ?? {};
}

/** Return what the form shows of an item. */
export function formOf(item: Attributes): Form {
  const found = {} as Form;
  for (const [field, [tag, vr, part]] of Object.entries(FIELDS) as [Field, (typeof FIELDS)[Field]][]) {
    const from = part === 'step' ? stepOf(item) : item;
    found[field] = shown(from, tag, vr);
  }
  return found;
}

/** Return the item that the form describes; `before` is the form as it was: only what differs is sent. */
export function itemOf(form: Form, before: Form | null): Attributes {
  const item: Attributes = {};
  const step: Attributes = {};
  for (const [field, [tag, vr, part]] of Object.entries(FIELDS) as [Field, (typeof FIELDS)[Field]][]) {
    const value = form[field].trim();
    if (before ? value === before[field] || part === 'patient' : !value) continue;
    (part === 'step' ? step : item)[tag] = written(value, vr);
  }
  return { ...item, [STEPS]: { vr: 'SQ', Value: [step] } };
}

function shown(from: Attributes, tag: string, vr: string): string {
  const value = text(from, tag);
  if (vr === 'PN') return (from[tag]?.Value?.[0] as Record<string, string> | undefined)?.Alphabetic ?? '';
  if (vr === 'DA') return /^\d{8}$/.test(value) ? `${value.slice(0, 4)}-${value.slice(4, 6)}-${value.slice(6)}` : '';
  if (vr === 'TM') return /^\d{4}/.test(value) ? `${value.slice(0, 2)}:${value.slice(2, 4)}` : '';
  return value;
}

function written(value: string, vr: string): Attribute {
  if (!value) return { vr };
  if (vr === 'PN') return { vr, Value: [{ Alphabetic: value }] };
  if (vr === 'DA' || vr === 'TM') return { vr, Value: [value.replace(/\D/g, '')] };
  return { vr, Value: [vr === 'CS' ? value.toUpperCase() : value] };
}
