// How does one sign in and out, and look after users? Sessions, one's own tokens, users.
import type { Told } from '../state/session.svelte';
import { api } from './client';

export type Role = 'viewer' | 'operator' | 'administrator';
export const ROLES: readonly Role[] = ['viewer', 'operator', 'administrator'];
export type Account = { name: string; role: Role; disabled: boolean; created_at: number; signed_in_at: number | null; elsewhere: boolean };
export type Token = { id: string; label: string; role: Role; created_at: number; used_at: number; expires_at: number };

export const askSession = (): Promise<Told> => api('/api/session');
export const signIn = (name: string, password: string): Promise<Told> => api('/api/session', { method: 'POST', body: { name, password } });
export const signOut = (everywhere = false): Promise<void> => api(`/api/session${everywhere ? '?everywhere=1' : ''}`, { method: 'DELETE' });
export const changePassword = (old: string, new_: string): Promise<void> => api('/api/session/password', { method: 'PUT', body: { old, new: new_ } });

export const tokens = (): Promise<Token[]> => api('/api/tokens');
export const makeToken = (label: string, role: Role, days: number): Promise<Token & { token: string }> => api('/api/tokens', { method: 'POST', body: { label, role, days } });
export const revokeToken = (id: string): Promise<void> => api(`/api/tokens/${id}`, { method: 'DELETE' });

const one = (name: string): string => `/api/users/${encodeURIComponent(name)}`;
export const users = (): Promise<Account[]> => api('/api/users');
export const addUser = (name: string, password: string, role: Role): Promise<Account> => api('/api/users', { method: 'POST', body: { name, password, role } });
export const changeUser = (name: string, changes: { role?: Role; disabled?: boolean; password?: string }): Promise<Account> => api(one(name), { method: 'PUT', body: changes });
export const removeUser = (name: string): Promise<void> => api(one(name), { method: 'DELETE' });
