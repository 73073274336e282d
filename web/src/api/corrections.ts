// How are patients, studies and series corrected? Changes in the DICOM JSON Model with a reason; what was received stays as it is.
import type { Attribute, Attributes } from '../dicom/names';
import { api } from './client';

export type Patient = { id: number; attributes: Attributes; n_studies: number };
/** Null removes an attribute. */
export type Changes = Record<string, Attribute | null>;
export type Correction = { kind: string; level: 'PATIENT' | 'STUDY' | 'SERIES'; study_uid: string; series_uid: string; before: Attributes; after: Attributes; reason: string; corrected_by: string; corrected_at: number };

export const patientOf = (study: string): Promise<Patient> => api(`/api/studies/${study}/patient`);
export const findPatients = (q: string): Promise<{ total: number; patients: Patient[] }> => api(`/api/patients?${new URLSearchParams({ q, limit: '20' })}`);
export const patientPage = (q: string, offset: number): Promise<{ total: number; patients: Patient[] }> => api(`/api/patients?${new URLSearchParams({ q, limit: '100', offset: String(offset) })}`);
export const editPatient = (id: number, changes: Changes, reason: string): Promise<unknown> => api(`/api/patients/${id}`, { method: 'PUT', body: { changes, reason } });
export const mergePatient = (id: number, into: number, reason: string): Promise<unknown> => api(`/api/patients/${id}/merge`, { method: 'POST', body: { into, reason } });
export const editStudy = (study: string, changes: Changes, reason: string): Promise<void> => api(`/api/studies/${study}`, { method: 'PUT', body: { changes, reason } });
export const editSeries = (study: string, series: string, changes: Changes, reason: string): Promise<void> => api(`/api/studies/${study}/series/${series}`, { method: 'PUT', body: { changes, reason } });
export const moveStudy = (study: string, patient: number, reason: string): Promise<unknown> => api(`/api/studies/${study}/move`, { method: 'POST', body: { patient, reason } });
export const moveToNew = (study: string, patient: Changes, reason: string): Promise<{ patient: number }> => api(`/api/studies/${study}/move`, { method: 'POST', body: { new_patient: patient, reason } });
export const corrections = (study: string): Promise<Correction[]> => api(`/api/studies/${study}/corrections`);
