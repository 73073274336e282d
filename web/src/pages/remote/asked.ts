// What is another archive asked, and in which order are its rows shown? C-FIND knows neither free text nor order (PS3.4 C.2.2).
import { text, type Attributes } from '../../dicom/names';
import { TAG } from '../../dicom/tags';
import { days, type Filters } from '../studies/filters';

const UID = /^[0-9]+(\.[0-9]+){3,}$/;

/** Return what another archive is asked; free text is a name, or an ID when a digit is in it (C-FIND knows no free text). */
export function toKeys(filters: Filters, today: Date): URLSearchParams {
  const params = new URLSearchParams();
  const q = filters.q.trim();
  if (UID.test(q)) params.set('StudyInstanceUID', q);
  else if (q) params.set(/\d/.test(q) ? 'PatientID' : 'PatientName', /[*?]/.test(q) ? q : `*${q}*`);
  if (filters.modalities.length) params.set('ModalitiesInStudy', filters.modalities.join(','));
  if (filters.date && filters.date !== '-') params.set('StudyDate', days(filters.date, today));
  for (const [field, value] of Object.entries(filters.fields)) params.set(field, field === 'PatientBirthDate' ? value.replaceAll('-', '') : /[*?]/.test(value) ? value : `*${value}*`);
  return params;
}

/** Order rows by a column of the list. */
export function ordered(rows: Attributes[], sort: string, tagOf: (keyword: string) => string | undefined): Attributes[] {
  const down = sort.startsWith('-');
  const tag = tagOf(sort.replace(/^-/, ''));
  if (!tag) return rows;
  const key = (row: Attributes): string => text(row, tag) + (tag === TAG.StudyDate ? text(row, TAG.StudyTime) : '');
  return rows.toSorted((a, b) => key(a).localeCompare(key(b), undefined, { numeric: true }) * (down ? -1 : 1));
}
