// What do people do to studies? Delete with a way back, send, download: one place for list, panel and series.
import { remove, restore, send, type DeleteItem } from '../../api/admin';
import { told } from '../../api/client';
import { serverText } from '../../ui/serverText';
import { t } from '../../i18n/studies';
import { work } from '../../state/work.svelte';
import { toast } from '../../ui/toasts.svelte';

/** Move studies, series or instances to the trash and offer to undo it; returns whether all went. */
export async function deleteWithUndo(items: DeleteItem[], reason: string): Promise<boolean> {
  try {
    const results = await remove(items, reason);
    const ids = results.flatMap((result) => (result.trash_id === null ? [] : [result.trash_id]));
    const failed = results.filter((result) => result.error);
    if (ids.length) toast(t('deleted', { n: results.reduce((sum, result) => sum + result.n_instances, 0) }), { tone: 'ok', action: { label: t('undo'), run: () => void undo(ids) } });
    if (failed.length) toast(`${t('notDeleted', { n: failed.length })} ${serverText(failed[0]?.error ?? '')}`, { tone: 'danger' });
    return !failed.length;
  } catch (reason) {
    toast(told(reason), { tone: 'danger' });
    return false;
  }
}

async function undo(ids: number[]): Promise<void> {
  try {
    const back = await Promise.all(ids.map((id) => restore(id)));
    toast(t('restored', { n: back.reduce((sum, one) => sum + one.restored, 0) }), { tone: 'ok' });
  } catch (reason) {
    toast(told(reason), { tone: 'danger' });
  }
}

/** Queue sending studies to an AE, and say where the job is seen. */
export async function sendStudies(destination: string, studies: string[]): Promise<boolean> {
  try {
    const { job } = await send(destination, studies);
    work.follow(job);
    return true;
  } catch (reason) {
    toast(told(reason), { tone: 'danger' });
    return false;
  }
}

/** The address of these studies as CSV. */
export function csvOf(studies: string[]): string {
  return `/dicom-web/studies?${new URLSearchParams({ StudyInstanceUID: studies.join(','), accept: 'text/csv' })}`;
}

/** The address of one ZIP with these studies. */
export function downloadAll(studies: string[]): string {
  return `/api/download?studies=${studies.join(',')}`;
}
