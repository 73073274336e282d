// What takes long? Copies, exports and regrouping, each answered with a job to follow.
import { api } from './client';
import type { Changes } from './corrections';

export type Queued = { job: string };
/** What an anonymised copy keeps, and writes instead (PS3.15 E.3). */
export type Anonymity = { options: string[]; patient_name?: string; patient_id?: string };
export type Form = 'stored' | 'explicit' | 'jpeg';

const post = (path: string, body: unknown): Promise<Queued> => api(path, { method: 'POST', body });
const seriesPath = (study: string, series: string): string => `/api/studies/${study}/series/${series}`;

export const anonymize = (studies: string[], wish: Anonymity): Promise<Queued> => post('/api/anonymize', { studies, ...wish });
export const exportStudies = (studies: string[], form: Form, wish: Anonymity | null): Promise<Queued> => post('/api/export', { studies, form, anonymous: wish !== null, ...wish });
export const splitSeries = (study: string, series: string, instances: string[], changes: Changes, reason: string): Promise<Queued> => post(`${seriesPath(study, series)}/split`, { instances, changes: Object.keys(changes).length ? changes : undefined, reason });
export const mergeSeries = (study: string, into: string, series: string[], reason: string): Promise<Queued> => post(`${seriesPath(study, into)}/merge`, { series, reason });
export const jobFile = (job: string): string => `/api/jobs/${job}/file`;
