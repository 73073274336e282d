// How does the viewer store what it made? As DICOM JSON by STOW-RS (PS3.18 10.5), with UIDs and the time of now.
import { session } from '../../state/session.svelte';
import type { Attributes } from '../../dicom/names';
import { t } from '../../i18n/viewer';
import { uidOf, type Circumstances } from '../model/dataset';
import { studiesRoot } from './roots';

/** Return new UIDs and the present time. */
export function circumstances(): Circumstances {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  return {
    seriesUid: uidOf(crypto.randomUUID()), instanceUid: uidOf(crypto.randomUUID()), observer: 'Unknown^Observer',
    date: `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`, time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
  };
}

/** Store objects of one study; raises what the archive answers. */
export async function storeObjects(studyUid: string, objects: readonly Attributes[]): Promise<void> {
  const boundary = `lumenarc-${crypto.randomUUID()}`;
  const body = `--${boundary}\r\nContent-Type: application/dicom+json\r\n\r\n${JSON.stringify(objects)}\r\n--${boundary}--\r\n`;
  const answer = await fetch(`${studiesRoot()}/${studyUid}`, { method: 'POST', headers: { Accept: 'application/dicom+json', 'Content-Type': `multipart/related; type="application/dicom+json"; boundary=${boundary}` }, body });
  if (answer.status === 401) session.expired();
  if (!answer.ok) throw new Error(((await answer.json().catch(() => ({}))) as { error?: string }).error ?? t('notSaved', { status: answer.status }));
}
