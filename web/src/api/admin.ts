// How is the archive run from the page? Peers, trash, jobs, figures, settings: the administration API in plain JSON.
import { api } from './client';

export type Server = { name: string; version: string; aet: string; dicom: { host: string; port: number }; n_patients: number; n_studies: number; n_series: number; n_instances: number; size_bytes: number; free_bytes: number; started_at: number; now: number };
export type Permission = 'store' | 'find' | 'move' | 'get' | 'print';
export type Peer = { title: string; host: string; port: number; description: string; tls: boolean; may: Permission[]; n_associations: number };
export type RefusedCaller = { title: string; host: string; n_refused: number; last_seen: number };
export type Echo = { ok: boolean; ms: number; step: 'connect' | 'associate' | 'service' | 'answer' | 'done'; error: string };
export type TrashItem = { id: number; level: 'STUDY' | 'SERIES' | 'IMAGE'; study_uid: string; series_uid: string; sop_instance_uid: string; n_instances: number; reason: string; deleted_by: string; deleted_at: number; expires_at: number; patient_name: string; patient_id: string; study_date: string; description: string };
export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
export type Job = { id: string; task: string; title: string; state: JobState; n_total: number | null; n_done: number; n_failed: number; n_attempts: number; error: string; result: Record<string, unknown>; created_at: number; due_at: number; started_at: number | null; ended_at: number | null };
export type Setting = { name: string; value: unknown; default: unknown; type: string; unit: string; doc: string };
export type Association = { id: number; calling: string; called: string; host: string; since: number; n_stored: number; state: string };
export type Statistics = {
  days: { day: number; n_studies: number; n_instances: number; size_bytes: number }[];
  modalities: { modality: string; n_studies: number; n_series: number; n_instances: number; size_bytes: number }[];
  senders: { title: string; n_series: number; n_instances: number; last_at: number }[];
};
export type StudyFacts = { size_bytes: number; received_at: number; updated_at: number; series: { series_uid: string; size_bytes: number; source_aet: string; created_at: number; updated_at: number }[] };
export type DeleteItem = { study_uid: string; series_uid?: string; sop_instance_uid?: string };
export type DeleteResult = { study_uid: string; trash_id: number | null; n_instances: number; error: string };
export type Samples = { studies: string[]; n_stored: number; n_present: number; n_failed: number };

const title = encodeURIComponent;

export const server = (): Promise<Server> => api('/api/server');
export const statistics = (days: number): Promise<Statistics> => api(`/api/statistics?days=${days}&offset=${-new Date().getTimezoneOffset()}`);
export const associations = (): Promise<Association[]> => api('/api/associations');
export const abortAssociation = (id: number): Promise<void> => api(`/api/associations/${id}`, { method: 'DELETE' });

export const peers = (): Promise<Peer[]> => api('/api/aes');
export const addPeer = (peer: Peer): Promise<Peer> => api('/api/aes', { method: 'POST', body: peer });
export const changePeer = (peer: Peer): Promise<Peer> => api(`/api/aes/${title(peer.title)}`, { method: 'PUT', body: peer });
export const removePeer = (name: string): Promise<void> => api(`/api/aes/${title(name)}`, { method: 'DELETE' });
export const echoPeer = (name: string): Promise<Echo> => api(`/api/aes/${title(name)}/echo`, { method: 'POST' });
export const refusedCallers = (): Promise<RefusedCaller[]> => api('/api/aes-unknown');
export const forgetCaller = (caller: RefusedCaller): Promise<void> => api(`/api/aes-unknown/${title(caller.title)}?host=${title(caller.host)}`, { method: 'DELETE' });

export const trash = (limit: number, offset: number): Promise<{ total: number; items: TrashItem[] }> => api(`/api/trash?limit=${limit}&offset=${offset}`);
export const restore = (id: number): Promise<{ restored: number; left: number }> => api(`/api/trash/${id}/restore`, { method: 'POST' });
export const purge = (id: number): Promise<void> => api(`/api/trash/${id}`, { method: 'DELETE' });
export const remove = async (items: DeleteItem[], reason: string): Promise<DeleteResult[]> => (await api<{ results: DeleteResult[] }>('/api/delete', { method: 'POST', body: { items, reason } })).results;

export const jobs = (): Promise<Job[]> => api('/api/jobs?limit=200');
export const job = (id: string): Promise<Job> => api(`/api/jobs/${id}`);
export const startJob = (task: 'check' | 'purge'): Promise<{ job: string }> => api('/api/jobs', { method: 'POST', body: { task } });
export const cancelJob = (id: string): Promise<void> => api(`/api/jobs/${id}/cancel`, { method: 'POST' });
export const retryJob = (id: string): Promise<void> => api(`/api/jobs/${id}/retry`, { method: 'POST' });
export const send = (destination: string, studies: string[]): Promise<{ job: string }> => api('/api/send', { method: 'POST', body: { destination, studies } });

export const settings = (): Promise<Setting[]> => api('/api/settings');
export const studyFacts = (study: string): Promise<StudyFacts> => api(`/api/studies/${study}`);
export const loadSamples = (): Promise<Samples> => api('/api/samples', { method: 'POST' });
