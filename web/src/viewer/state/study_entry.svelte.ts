// What is known of one study of the patient? When it was, what it is, and its series once it is opened.
import { findSeries, findStudies, type StudyRow } from '../core/archive';
import { stringOf } from '../../dicom/values';
import { SeriesEntry } from './series_entry.svelte';

export class StudyEntry {
  series = $state.raw<SeriesEntry[] | undefined>();
  private loading: Promise<SeriesEntry[]> | undefined;

  constructor(readonly row: StudyRow) {}

  /** List the series, once. */
  load(): Promise<SeriesEntry[]> {
    this.loading ??= findSeries(this.row.uid).then((rows) => {
      this.series = rows.map((row) => new SeriesEntry(row));
      return this.series;
    });
    return this.loading;
  }
}

/** Find the other studies of the patient of a study, the newest first; the same ID with another name is somebody else. */
export async function findPriors(studyUid: string): Promise<StudyEntry[]> {
  const [own] = await findStudies({ StudyInstanceUID: studyUid });
  const id = own ? stringOf(own.attributes, '00100020') : '';
  if (!own || !id) return [];
  const found = await findStudies({ PatientID: id.replace(/[*?\\]/g, '?') });
  const person = (attributes: typeof own.attributes): string => `${stringOf(attributes, '00100020')} ${stringOf(attributes, '00100010')}`;
  return found
    .filter((row) => row.uid !== studyUid && person(row.attributes) === person(own.attributes))
    .sort((a, b) => (a.date + a.time < b.date + b.time ? 1 : -1))
    .map((row) => new StudyEntry(row));
}
