// Which measurements are there? A list that follows what is drawn; saving to and reading from the archive.
import { told } from '../../api/client';
import { t } from '../../i18n/viewer';
import { findPlane } from '../objects/state/find_plane';
import { toast } from '../../ui/toasts.svelte';
import { circumstances, storeObjects } from '../core/stow';
import type { Instance } from '../model/instance';
import { onFrame, readPlaced, readReport, writeReport } from '../model/measurement_report';
import { toCsv, toWorld, type Measurement } from '../model/measurements';
import { allNames, valueText } from '../model/value_text';
import type { Cell } from './cell.svelte';
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
  async jump({ uid, frame, points, places }: Measurement): Promise<void> {
    this.annotations?.select(uid);
    const place = places?.[0] ?? (points[0] && toWorld(frame, points[0]));
    if (place && this.viewer.volume?.set.seriesUid === frame.instance.seriesUid) { this.viewer.volume.goTo(place); return; }
    this.viewer.closeVolume();
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

  /** Store what is measured as presentation states: shapes and words, for those who read no reports. */
  async saveAsState(): Promise<void> {
    this.isSaving = true;
    try {
      const { isGrayscale, partsForStates, writeState } = await import('../objects/model/presentation_state');
      const onImages = this.list.filter(({ places }) => !places);
      const worded = onImages.map((measurement) => ({ measurement, lines: [measurement.label, ...measurement.values.map(valueText)].filter(Boolean) }));
      const windowOf = ({ instance }: Measurement['frame']): Cell['window'] => this.viewer.cells.find((cell) => cell.set?.seriesUid === instance.seriesUid)?.window;
      const parts = partsForStates(worded);
      for (const part of parts) await storeObjects(part[0]?.measurement.frame.instance.studyUid ?? '', [writeState(part, windowOf, circumstances())]);
      await this.viewer.refresh();
      const nLeft = onImages.filter(({ frame }) => !isGrayscale(frame)).length;
      if (parts.length) toast(t('savedState'), { tone: 'ok' });
      if (nLeft) toast(t('colourLeft', { n: nLeft }), { tone: 'info' });
      if (onImages.length < this.list.length) toast(t('placedLeft', { n: this.list.length - onImages.length }), { tone: 'info' });
    } catch (reason) {
      toast(told(reason), { tone: 'danger' });
    }
    this.isSaving = false;
  }

  private async store(measurements: readonly Measurement[]): Promise<void> {
    const [first] = measurements;
    if (!first) return;
    await storeObjects(first.frame.instance.studyUid, [writeReport(measurements, first.frame.instance.attributes, circumstances())]);
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
    for (const read of readPlaced(report.attributes)) {
      const found = known.has(read.uid) ? undefined : await findPlane(this.viewer.allSeries(), read);
      const frame = found?.set.frames[found.index];
      const measurement = frame && onFrame(read, frame);
      if (!found || !measurement) continue;
      annotations.draw(measurement);
      if (n === 0) await this.viewer.active.show(found.set, found.index);
      n += 1;
    }
    toast(n ? t('readSome', { n }) : t('readNone'), { tone: n ? 'ok' : 'info' });
    annotations.redraw();
  }
}
