// What is asked for, and how does the address say it? Filters ⇄ query of the page → parameters of QIDO-RS (PS3.18 8.3.4).
import { asDate } from '../../dicom/dates';

/** Attributes with a field of their own in the filter panel. */
export const FIELDS = ['PatientName', 'PatientID', 'PatientBirthDate', 'AccessionNumber', 'StudyDescription', 'ReferringPhysicianName', 'BodyPartExamined', 'InstitutionName', 'StudyID'] as const;
export type Field = (typeof FIELDS)[number];
export const RANGES = ['today', 'yesterday', '7d', '30d', '1y'] as const;
export type Range = (typeof RANGES)[number];

/** `date` is "", a range relative to today, or YYYYMMDD-YYYYMMDD with open ends; `sort` a column with "-" for descending. */
export type Filters = { q: string; modalities: string[]; date: string; fields: Partial<Record<Field, string>>; sort: string };

export const DEFAULT_SORT = '-StudyDate';
export const NOTHING: Filters = { q: '', modalities: [], date: '', fields: {}, sort: DEFAULT_SORT };
const DAYS: Record<Exclude<Range, 'yesterday'>, number> = { today: 0, '7d': 6, '30d': 29, '1y': 364 };
const UID = /^[0-9]+(\.[0-9]+){3,}$/;

/** Read the filters from the address; what does not fit is left out. */
export function fromAddress(params: URLSearchParams): Filters {
  const date = params.get('d') ?? '';
  const fields: Filters['fields'] = {};
  for (const field of FIELDS) {
    const value = params.get(field)?.trim();
    if (value) fields[field] = value;
  }
  return {
    q: params.get('q') ?? '',
    modalities: (params.get('m') ?? '').split(',').filter((word) => /^[A-Z0-9_ ]{1,16}$/.test(word)),
    date: (RANGES as readonly string[]).includes(date) || /^(\d{8})?-(\d{8})?$/.test(date) ? date : '',
    fields,
    sort: /^-?[A-Za-z]+$/.test(params.get('sort') ?? '') ? (params.get('sort') as string) : DEFAULT_SORT,
  };
}

/** Write the filters into an address; defaults are not written. */
export function toAddress(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  if (filters.q) params.set('q', filters.q);
  if (filters.modalities.length) params.set('m', filters.modalities.join(','));
  if (filters.date) params.set('d', filters.date);
  for (const field of FIELDS) if (filters.fields[field]) params.set(field, filters.fields[field]);
  if (filters.sort !== DEFAULT_SORT) params.set('sort', filters.sort);
  return params;
}

/** Say whether anything narrows the list. */
export function isNarrowed(filters: Filters): boolean {
  return Boolean(filters.q.trim() || filters.modalities.length || filters.date || Object.keys(filters.fields).length);
}

/** Return the days of a relative or typed range as a QIDO value. */
export function days(date: string, today: Date): string {
  const back = (n: number): string => asDate(new Date(today.getFullYear(), today.getMonth(), today.getDate() - n));
  if (date === 'yesterday') return back(1);
  if (date === 'today') return back(0);
  const n = (DAYS as Record<string, number>)[date];
  return n === undefined ? date : `${back(n)}-${back(0)}`;
}

/** Return what QIDO-RS is asked: the keys without order and page. */
export function toQido(filters: Filters, today: Date): URLSearchParams {
  const params = new URLSearchParams();
  const q = filters.q.trim();
  if (UID.test(q)) params.set('StudyInstanceUID', q);
  else if (q) params.set('q', q);
  if (filters.modalities.length) params.set('ModalitiesInStudy', filters.modalities.join(','));
  if (filters.date && filters.date !== '-') params.set('StudyDate', days(filters.date, today));
  for (const field of FIELDS) {
    const value = filters.fields[field];
    if (value) params.set(field, field === 'PatientBirthDate' ? value.replace(/-/g, '') : /[*?]/.test(value) ? value : `*${value}*`);
  }
  return params;
}

/** Return the order for QIDO-RS; days are ordered by time too. */
export function toOrder(sort: string): string {
  const sign = sort.startsWith('-') ? '-' : '';
  const keyword = sort.slice(sign.length);
  const second = keyword === 'StudyDate' ? `,${sign}StudyTime` : ',-StudyDate,-StudyTime';
  return sort + second;
}
