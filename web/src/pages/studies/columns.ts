// Which columns has the list? One line each; order, width, and by which attribute the archive sorts.
import { shownDate, shownTime } from '../../dicom/dates';
import { secondName, text, type Attributes } from '../../dicom/names';
import { TAG } from '../../dicom/tags';
import { t } from '../../i18n/studies';
import { recallJson, remember } from '../../state/remembered';

/** A column: `sort` is the keyword for `orderby`, `min` its least width in px, `grow` its share of what is left. */
export type Column = { id: string; title: () => string; min: number; grow?: number; sort?: string; value: (row: Attributes) => string; second?: (row: Attributes) => string; kind?: 'name' | 'chips' | 'end' | 'mono'; hidden?: boolean };

export const COLUMNS: Column[] = [
  { id: 'name', title: () => t('name'), min: 150, grow: 2, sort: 'PatientName', value: (row) => text(row, TAG.PatientName), second: (row) => secondName(row, TAG.PatientName), kind: 'name' },
  { id: 'id', title: () => t('patientId'), min: 96, grow: 1, sort: 'PatientID', value: (row) => text(row, TAG.PatientID), kind: 'mono' },
  { id: 'birth', title: () => t('birthDate'), min: 96, sort: 'PatientBirthDate', value: (row) => shownDate(text(row, TAG.PatientBirthDate)), hidden: true },
  { id: 'sex', title: () => t('sex'), min: 48, sort: 'PatientSex', value: (row) => text(row, TAG.PatientSex), hidden: true },
  { id: 'date', title: () => t('studyDate'), min: 156, sort: 'StudyDate', value: (row) => shownDate(text(row, TAG.StudyDate)), second: (row) => shownTime(text(row, TAG.StudyTime)) },
  { id: 'modality', title: () => t('modality'), min: 92, grow: 0.7, sort: 'ModalitiesInStudy', value: (row) => text(row, TAG.ModalitiesInStudy), kind: 'chips' },
  { id: 'description', title: () => t('description'), min: 120, grow: 2.4, sort: 'StudyDescription', value: (row) => text(row, TAG.StudyDescription) },
  { id: 'accession', title: () => t('accession'), min: 96, grow: 1, sort: 'AccessionNumber', value: (row) => text(row, TAG.AccessionNumber), kind: 'mono' },
  { id: 'referrer', title: () => t('referrer'), min: 110, grow: 1, sort: 'ReferringPhysicianName', value: (row) => text(row, TAG.ReferringPhysicianName), hidden: true },
  { id: 'studyId', title: () => t('studyId'), min: 90, sort: 'StudyID', value: (row) => text(row, TAG.StudyID), kind: 'mono', hidden: true },
  { id: 'series', title: () => t('series'), min: 64, sort: 'NumberOfStudyRelatedSeries', value: (row) => text(row, TAG.NumberOfStudyRelatedSeries), kind: 'end' },
  { id: 'images', title: () => t('images'), min: 76, sort: 'NumberOfStudyRelatedInstances', value: (row) => text(row, TAG.NumberOfStudyRelatedInstances), kind: 'end' },
];

const isWords = (value: unknown): value is string[] => Array.isArray(value) && value.every((word) => typeof word === 'string');

/** Widths in px that the user gave to columns, by their id. */
export type Widths = Record<string, number>;
export const NARROWEST = 40;

/** Return the grid tracks of these columns, after one for the check box, and the least width of all in px. */
export function tracks(columns: Column[], widths: Widths = {}): { template: string; least: number } {
  const each = columns.map((column) => (widths[column.id] ? `${widths[column.id]}px` : column.grow ? `minmax(${column.min}px, ${column.grow}fr)` : `${column.min}px`));
  return { template: `40px ${each.join(' ')}`, least: 40 + 16 + columns.reduce((sum, column) => sum + (widths[column.id] ?? column.min), 0) };
}

/** Where there is no room for all, these go first. */
const GO_FIRST = ['studyId', 'referrer', 'sex', 'birth', 'series', 'accession'];

/** Return the columns for which `width` px are enough; what stays is wider than that only when nothing more may go. */
export function fitting(columns: Column[], width: number): Column[] {
  let kept = columns;
  for (const id of GO_FIRST) {
    if (tracks(kept).least <= width) break;
    kept = kept.filter((column) => column.id !== id);
  }
  return kept;
}

/** Return the ids of the columns that this browser shows. */
export function shownColumns(): string[] {
  const standard = COLUMNS.filter((column) => !column.hidden).map((column) => column.id);
  const known = recallJson('columns', isWords, standard).filter((id) => COLUMNS.some((column) => column.id === id));
  return known.length ? known : standard;
}

const areWidths = (value: unknown): value is Widths =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'number' && one >= NARROWEST && one < 4000);

/** Return the widths that this browser remembers. */
export function givenWidths(): Widths {
  return recallJson('widths', areWidths, {});
}

/** Remember the widths of columns. */
export function rememberWidths(widths: Widths): void {
  remember('widths', widths);
}

/** Remember which columns are shown. */
export function rememberColumns(ids: string[]): void {
  remember('columns', ids);
}
