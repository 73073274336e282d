// How does the viewer ask the archive about a study? QIDO-RS for its series, WADO-RS for headers (PS3.18 10.6, 10.4.1.1.2).
import { api } from '../../api/client';
import type { Attributes } from '../../dicom/names';
import { numberOf, stringOf } from '../../dicom/values';
import { readInstance, type Instance } from '../model/instance';
import { dicomWebRoot, studiesRoot } from './roots';

const JSON_TYPE = 'application/dicom+json';

/** One series as the list shows it, before any header is there. */
export interface SeriesRow {
  readonly studyUid: string;
  readonly uid: string;
  readonly modality: string;
  readonly number: number | undefined;
  readonly description: string;
  readonly bodyPart: string;
  readonly nInstances: number;
}

/** One study of the patient. */
export interface StudyRow {
  readonly uid: string;
  readonly date: string;
  readonly time: string;
  readonly description: string;
  readonly modalities: readonly string[];
  readonly attributes: Attributes;
}

const address = (path: string, query: Record<string, string>): string => `${dicomWebRoot()}/${path}?${new URLSearchParams(query)}`;

/** List the series of a study in the order of their numbers. */
export async function findSeries(studyUid: string): Promise<SeriesRow[]> {
  const rows = (await api<Attributes[] | undefined>(address(`studies/${studyUid}/series`, { includefield: '0008103E,00201209,00180015,00080060,00200011' }), { accept: JSON_TYPE })) ?? [];
  return rows.map((row) => ({
    studyUid,
    uid: stringOf(row, '0020000E'),
    modality: stringOf(row, '00080060'),
    number: numberOf(row, '00200011'),
    description: stringOf(row, '0008103E'),
    bodyPart: stringOf(row, '00180015'),
    nInstances: numberOf(row, '00201209') ?? 0,
  })).sort((a, b) => (a.number ?? 1e9) - (b.number ?? 1e9) || (a.uid < b.uid ? -1 : 1));
}

/** Fetch the headers of a series. */
export async function fetchInstances(studyUid: string, seriesUid: string): Promise<Instance[]> {
  const found = (await api<Attributes[] | undefined>(`${studiesRoot()}/${studyUid}/series/${seriesUid}/metadata`, { accept: JSON_TYPE })) ?? [];
  return found.map(readInstance).filter((instance) => instance !== undefined);
}

/** Find studies: one by its UID, or those of a patient. */
export async function findStudies(query: Record<string, string>): Promise<StudyRow[]> {
  const rows = (await api<Attributes[] | undefined>(address('studies', { ...query, includefield: '00081030,00080061,00100030,00100040' }), { accept: JSON_TYPE })) ?? [];
  return rows.map((row) => ({
    uid: stringOf(row, '0020000D'),
    date: stringOf(row, '00080020'),
    time: stringOf(row, '00080030'),
    description: stringOf(row, '00081030'),
    modalities: (row['00080061']?.Value ?? []).map(String),
    attributes: row,
  }));
}

/** Return the address of a drawn picture that fits into a box of so many pixels. */
export function pictureUrl(path: string, width: number, height: number): string {
  return `${studiesRoot()}/${path}/rendered?viewport=${Math.max(1, Math.round(width))},${Math.max(1, Math.round(height))}`;
}
