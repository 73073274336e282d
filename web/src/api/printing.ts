// What was printed here, and what is printed elsewhere? Films, printers, and printing on them: /api/films, /api/printers, /api/print.
import { api } from './client';

export type Film = { number: number; size: string; width: number; height: number; dpi: number; n_bytes: number };
export type FilmJob = { id: string; job_uid: string; calling: string; label: string; medium: string; copies: number; priority: string; error: string; n_images: number; created_at: number; films: Film[] };
export type Printer = { title: string; description: string; color: boolean; presentation_lut: boolean; wide: boolean; film_sizes: string[]; media: string[]; layouts: string[] };
export type PrinterAnswer = { ok: boolean; ms: number; status: string; info: string; name: string; error: string };
export type PrintImage = { sop_instance_uid: string; frame: number; window?: [number, number]; invert?: boolean };
export type PrintOrder = { printer: string; images: PrintImage[]; layout: string; film_size: string; medium: string; landscape: boolean; copies: number; texts: boolean };

const part = encodeURIComponent;

export const films = (limit: number): Promise<{ total: number; items: FilmJob[] }> => api(`/api/films?limit=${limit}`);
export const removeFilms = (id: string): Promise<void> => api(`/api/films/${part(id)}`, { method: 'DELETE' });
export const filmPicture = (id: string, number: number): string => `/api/films/${part(id)}/pages/${number}`;
export const filmPreview = (id: string, number: number): string => `${filmPicture(id, number)}/preview`;
export const filmPdf = (id: string): string => `/api/films/${part(id)}/pdf`;

export const printers = (): Promise<Printer[]> => api('/api/printers');
export const putPrinter = ({ title, description: _shown, ...abilities }: Printer): Promise<Printer> => api(`/api/printers/${part(title)}`, { method: 'PUT', body: abilities });
export const removePrinter = (title: string): Promise<void> => api(`/api/printers/${part(title)}`, { method: 'DELETE' });
export const testPrinter = (title: string): Promise<PrinterAnswer> => api(`/api/printers/${part(title)}/test`, { method: 'POST' });
export const printOn = (order: PrintOrder): Promise<{ job: string }> => api('/api/print', { method: 'POST', body: order });
