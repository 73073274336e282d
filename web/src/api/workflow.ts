// How is the worklist searched and changed, and what have modalities done?
import type { Attributes } from '../dicom/names';
import { api } from './client';

export const SCHEDULED_STATES = ['SCHEDULED', 'STARTED', 'COMPLETED', 'CANCELED', 'DISCONTINUED'] as const;
export const PERFORMED_STATES = ['IN PROGRESS', 'COMPLETED', 'DISCONTINUED'] as const;
export type ScheduledState = (typeof SCHEDULED_STATES)[number];
export type PerformedState = (typeof PERFORMED_STATES)[number];
export type Scheduled = { id: string; state: ScheduledState; study_uid: string; order_number: string; updated_at: number; attributes: Attributes };
export type Performed = { uid: string; state: PerformedState; study_uid: string; has_study: boolean; source_aet: string; n_made: number; n_stored: number; created_at: number; updated_at: number; attributes: Attributes };
export type Page<T> = { total: number; items: T[] };
export type ScheduledFilter = { state: string; text: string; modality: string; from_date: string; to_date: string };

const asked = (wanted: Record<string, string | number>): string =>
  new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== '').map(([name, value]) => [name, String(value)])).toString();

export const scheduled = (wanted: ScheduledFilter, limit: number): Promise<Page<Scheduled>> => api(`/api/worklist?${asked({ ...wanted, limit })}`);
export const schedule = (item: Attributes): Promise<Scheduled> => api('/api/worklist', { method: 'POST', body: item });
export const changeScheduled = (id: string, item: Attributes): Promise<Scheduled> => api(`/api/worklist/${id}`, { method: 'PUT', body: item });
export const removeScheduled = (id: string): Promise<void> => api(`/api/worklist/${id}`, { method: 'DELETE' });
export const performed = (wanted: { state: string; text: string }, limit: number): Promise<Page<Performed>> => api(`/api/mpps?${asked({ ...wanted, limit })}`);
