// How are patients, studies, series and instances asked for? QIDO-RS (PS3.18 10.6) with our free-text extension `q`.
import { TAG } from '../dicom/tags';
import { text, type Attributes } from '../dicom/names';
import { api } from './client';

const ROOT = '/dicom-web';
const DICOM_JSON = 'application/dicom+json, application/json';
export const PAGE_SIZE = 100;

async function search(path: string, params: URLSearchParams, signal?: AbortSignal, accept = DICOM_JSON): Promise<Attributes[]> {
  return (await api<Attributes[] | undefined>(`${ROOT}${path}?${params}`, { accept, ...(signal ? { signal } : {}) })) ?? [];
}

/** Ask for one page of studies. */
export function findStudies(keys: URLSearchParams, order: string, offset: number, signal?: AbortSignal): Promise<Attributes[]> {
  const params = new URLSearchParams(keys);
  params.set('limit', String(PAGE_SIZE));
  if (offset) params.set('offset', String(offset));
  params.set('orderby', order);
  // As a preload asks: the first page of all studies is on its way already when the page starts (doors/http/pages.py).
  return search('/studies', params, signal, '*/*');
}

/** Ask how many studies match. */
export async function countStudies(keys: URLSearchParams, signal?: AbortSignal): Promise<number> {
  return (await api<{ count: number }>(`${ROOT}/studies/count?${keys}`, signal ? { signal } : {})).count;
}

/** Ask how many bytes the studies that match take; null when the archive cannot tell. */
export async function sizeOfStudies(keys: URLSearchParams, signal?: AbortSignal): Promise<number | null> {
  return (await api<{ bytes: number | null }>(`${ROOT}/studies/size?${keys}`, signal ? { signal } : {})).bytes;
}

/** Ask for one study; undefined when it is not there (any more). */
export async function findStudy(study: string, signal?: AbortSignal): Promise<Attributes | undefined> {
  return (await search('/studies', new URLSearchParams({ StudyInstanceUID: study }), signal))[0];
}

/** Ask for the series of a study, by number. */
export function findSeries(study: string, signal?: AbortSignal): Promise<Attributes[]> {
  const params = new URLSearchParams({ orderby: 'SeriesNumber', includefield: 'BodyPartExamined,SeriesDate,SeriesTime,ProtocolName,StationName' });
  return search(`/studies/${study}/series`, params, signal);
}

/** Ask for instances of a series, by number, from `offset` on. */
export function findInstances(study: string, series: string, offset: number, limit: number, signal?: AbortSignal): Promise<Attributes[]> {
  const params = new URLSearchParams({ orderby: 'InstanceNumber', limit: String(limit), offset: String(offset) });
  return search(`/studies/${study}/series/${series}/instances`, params, signal);
}

/** Ask for the other studies of a study's patient, the newest first. */
export async function findOthers(study: Attributes, signal?: AbortSignal): Promise<Attributes[]> {
  const id = text(study, TAG.PatientID);
  if (!id) return [];
  const params = new URLSearchParams({ PatientID: id, orderby: '-StudyDate,-StudyTime', limit: '50' });
  const issuer = text(study, TAG.IssuerOfPatientID);
  if (issuer) params.set('IssuerOfPatientID', issuer);
  const own = text(study, TAG.StudyInstanceUID);
  return (await search('/studies', params, signal)).filter((other) => text(other, TAG.StudyInstanceUID) !== own && samePatient(study, other));
}

function samePatient(one: Attributes, other: Attributes): boolean {
  return [TAG.PatientName, TAG.PatientBirthDate].every((tag) => JSON.stringify(one[tag]?.Value) === JSON.stringify(other[tag]?.Value));
}

/** The address of a study, series or instance in DICOMweb. */
export function resource(study: string, series?: string, instance?: string): string {
  return `${ROOT}/studies/${study}${series ? `/series/${series}` : ''}${instance ? `/instances/${instance}` : ''}`;
}

/** The address of a thumbnail of `px` pixels. */
export function thumbnail(px: number, study: string, series?: string, instance?: string): string {
  return `${resource(study, series, instance)}/thumbnail?viewport=${px},${px}`;
}

/** The address of a ZIP with all objects of a study, series or instance. */
export function download(study: string, series?: string, instance?: string): string {
  return `${resource(study, series, instance)}?accept=application/zip`;
}

/** The address of the viewer with these studies. */
export function viewerAddress(studies: string[], series?: string): string {
  const params = new URLSearchParams({ StudyInstanceUIDs: studies.join(',') });
  if (series) params.set('SeriesInstanceUID', series);
  return `/viewer?${params.toString().replaceAll('%2C', ',')}`;
}

/** Ask for the header of one instance. */
export async function metadata(study: string, series: string, instance: string, signal?: AbortSignal): Promise<Attributes> {
  const found = await api<Attributes[]>(`${resource(study, series, instance)}/metadata`, { accept: DICOM_JSON, ...(signal ? { signal } : {}) });
  return found[0] ?? {};
}

let names: Promise<Record<string, string>> | undefined;

/** Ask for the names of attributes by tag; once for the page. */
export function dictionary(): Promise<Record<string, string>> {
  names ??= api<Record<string, string>>('/api/dictionary').catch((reason: unknown) => {
    names = undefined;
    throw reason;
  });
  return names;
}
