// Which measurements are there? A list that follows what is drawn; saving to and reading from the archive.
import { told } from '../../api/client';
import { t } from '../../i18n/viewer';
import { toast } from '../../ui/toasts.svelte';
import { studiesRoot } from '../core/roots';
import type { Instance } from '../model/instance';
import { readReport, uidOf, writeReport } from '../model/measurement_report';
import { toCsv, type Measurement } from '../model/measurements';
import { allNames } from '../model/value_text';
import type { Viewer } from './viewer.svelte';

type Annotations = (typeof import('../core'))['annotations'];

export class Measurements {
  list = $state.raw<Measurement[]>([]);
  isOpen = $state(false);
  isSaving = $state(false);
  private annotations: Annotations | undefined;
  private isPlanned = false;

  constructor(private readonly viewer: Viewer) {}

  /** Follow what is drawn; returns how to stop. */
  attach(annotations: Annotations): () => void {
    this.annotations = annotations;
    const stop = annotations.onChange(() => this.plan());
    return () => { stop(); annotations.removeAll(); };
  }

  private plan(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    requestAnimationFrame(() => {
      this.isPlanned = false;
      const before = this.list.length;
      this.list = this.annotations?.measurements() ?? [];
      // The first one opens the list: nobody should have to look for it.
      if (!before && this.list.length) this.isOpen = true;
    });
  }

  undo(): void {
    this.annotations?.undo();
    this.plan();
  }

  redo(): void {
    this.annotations?.redo();
    this.plan();
  }

  remove(uid: string): void {
    this.annotations?.remove(uid);
  }

  removeSelected(): void {
    this.annotations?.removeSelected();
  }

  /** Show the image of a measurement in the active cell. */
  async jump({ uid, frame }: Measurement): Promise<void> {
    this.annotations?.select(uid);
    await this.viewer.showReference({ uid: frame.instance.uid, frames: [frame.number] });
  }

  /** Hand the list out as a file. */
  download(): void {
    const url = URL.createObjectURL(new Blob([`\ufeff${toCsv(this.list, allNames())}`], { type: 'text/csv;charset=utf-8' }));
    Object.assign(document.createElement('a'), { href: url, download: 'measurements.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** Store what is measured in each study as a structured report of that study (STOW-RS, PS3.18 10.5). */
  async save(): Promise<void> {
    this.isSaving = true;
    try {
      for (const study of new Set(this.list.map(({ frame }) => frame.instance.studyUid))) await this.store(this.list.filter(({ frame }) => frame.instance.studyUid === study));
      toast(t('savedReport'), { tone: 'ok' });
    } catch (reason) {
      toast(told(reason), { tone: 'danger' });
    }
    this.isSaving = false;
  }

  private async store(measurements: readonly Measurement[]): Promise<void> {
    const [first] = measurements;
    if (!first) return;
    const now = new Date();
    const two = (n: number): string => String(n).padStart(2, '0');
    const report = writeReport(measurements, first.frame.instance.attributes, {
      seriesUid: uidOf(crypto.randomUUID()), instanceUid: uidOf(crypto.randomUUID()), observer: 'Unknown^Observer',
      date: `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`, time: `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`,
    });
    const boundary = `lumenarc-${crypto.randomUUID()}`;
    const body = `--${boundary}\r\nContent-Type: application/dicom+json\r\n\r\n${JSON.stringify([report])}\r\n--${boundary}--\r\n`;
    const answer = await fetch(`${studiesRoot()}/${first.frame.instance.studyUid}`, { method: 'POST', headers: { Accept: 'application/dicom+json', 'Content-Type': `multipart/related; type="application/dicom+json"; boundary=${boundary}` }, body });
    if (!answer.ok) throw new Error(((await answer.json().catch(() => ({}))) as { error?: string }).error ?? t('notSaved', { status: answer.status }));
    await this.viewer.refresh();
  }

  /** Draw the measurements of a stored report over the images of the open studies. */
  async show(report: Instance): Promise<void> {
    const { annotations } = await this.viewer.core();
    const known = new Set(this.list.map(({ uid }) => uid));
    let n = 0;
    for (const { sopInstanceUid, frameNumber, ...read } of readReport(report.attributes)) {
      const found = await this.viewer.find(sopInstanceUid, frameNumber);
      const frame = found?.set.frames[found.index];
      if (!found || !frame || known.has(read.uid)) continue;
      annotations.draw({ ...read, frame });
      if (n === 0) await this.viewer.active.show(found.set, found.index);
      n += 1;
    }
    toast(n ? t('readSome', { n }) : t('readNone'), { tone: n ? 'ok' : 'info' });
    annotations.redraw();
  }
}
