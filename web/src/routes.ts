// Which views are there? One line each; everything but the study list is loaded when it is first asked for.
import type { Component } from 'svelte';
import { t as access } from './i18n/access';
import { t } from './i18n/shell';
import Studies from './pages/studies/Studies.svelte';
import type { Action } from './state/session.svelte';

/** A view: `bare` ones fill the window, without the frame around the others; `needs` says who gets it offered. */
export type Route = { path: string; title: () => string; load: () => Component | Promise<{ default: Component }>; inBar?: boolean; bare?: boolean; needs?: Action };

export const ROUTES: Route[] = [
  { path: '/', title: () => t('studies'), load: () => Studies, inBar: true },
  { path: '/patients', title: () => t('patients'), load: () => import('./pages/patients/Patients.svelte'), inBar: true },
  { path: '/worklist', title: () => t('worklist'), load: () => import('./pages/workflow/Worklist.svelte'), inBar: true },
  { path: '/performed', title: () => t('performed'), load: () => import('./pages/workflow/Performed.svelte'), inBar: true },
  { path: '/remote', title: () => t('remote'), load: () => import('./pages/remote/Remote.svelte'), inBar: true },
  { path: '/dashboard', title: () => t('dashboard'), load: () => import('./pages/admin/Dashboard.svelte'), inBar: true },
  { path: '/films', title: () => t('films'), load: () => import('./pages/films/Films.svelte'), inBar: true },
  { path: '/jobs', title: () => t('jobs'), load: () => import('./pages/admin/Jobs.svelte'), inBar: true },
  { path: '/aes', title: () => t('devices'), load: () => import('./pages/admin/Peers.svelte'), inBar: true, needs: 'manage' },
  { path: '/trash', title: () => t('trash'), load: () => import('./pages/admin/Trash.svelte'), inBar: true, needs: 'delete' },
  { path: '/settings', title: () => t('settings'), load: () => import('./pages/admin/Settings.svelte'), inBar: true, needs: 'manage' },
  { path: '/users', title: () => access('users'), load: () => import('./pages/access/Users.svelte'), needs: 'manage' },
  { path: '/account', title: () => access('account'), load: () => import('./pages/access/Account.svelte') },
  { path: '/header', title: () => t('header'), load: () => import('./pages/header/Header.svelte') },
  { path: '/viewer', title: () => t('viewer'), load: () => import('./viewer/Viewer.svelte'), bare: true },
];

/** Return the view of a path. */
export function routeOf(path: string): Route | undefined {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path;
  return ROUTES.find((route) => route.path === plain);
}
