// How does what is seen leave the viewer? As a picture, a film, an archive of files, an address, or on paper.
import { download } from '../../api/studies';
import { told } from '../../api/client';
import { stringOf } from '../../dicom/values';
import { t } from '../../i18n/stack';
import { place } from '../../router.svelte';
import { toast } from '../../ui/toasts.svelte';
import { readView, writeView, type CellLink, type ViewLink } from '../model/view_link';
import type { Cell } from './cell.svelte';
import type { Viewer } from './viewer.svelte';

const MAX_FILM = 2000;

export class Exports {
  /** How much of a film is made, 0 to 1; undefined when none is. */
  filmed = $state<number | undefined>();

  constructor(private readonly viewer: Viewer) {}

  /** Save the active image as a picture. */
  save(type: 'image/png' | 'image/jpeg', withAnnotations: boolean): Promise<void> {
    return this.told(async ({ picture, element, name }) => {
      picture.handOut(await picture.fileOf(await picture.pictureOf(element, withAnnotations), type), `${name}.${type === 'image/png' ? 'png' : 'jpg'}`);
    });
  }

  /** Put the active image onto the clipboard. */
  copy(): Promise<void> {
    return this.told(async ({ picture, element }) => {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture.pictureOf(element, true).then((made) => picture.fileOf(made, 'image/png')) })]);
      toast(t('copied'), { tone: 'ok' });
    });
  }

  /** Save the active stack as a film at its own speed. */
  film(): Promise<void> {
    const { active } = this.viewer;
    return this.told(async ({ picture, element, name }) => {
      const canvas = element.querySelector<HTMLCanvasElement>('canvas.cornerstone-canvas');
      if (!canvas || this.filmed !== undefined) return;
      const [before, count] = [active.index, Math.min(MAX_FILM, active.count)];
      this.filmed = 0;
      try {
        const made = await picture.film(canvas, count, active.fps, async (index) => {
          await active.view?.goTo(index);
          await new Promise(requestAnimationFrame);
          this.filmed = (index + 1) / count;
        });
        picture.handOut(made, `${name}.${made.type === 'video/mp4' ? 'mp4' : 'webm'}`);
      } finally {
        this.filmed = undefined;
        active.goTo(before);
      }
    });
  }

  /** Return where the files of the active series are, as one ZIP. */
  zipAddress(): string {
    const instance = this.viewer.active.set?.instances[0];
    return instance ? download(instance.studyUid, instance.seriesUid) : '';
  }

  /** Return the address that shows exactly what is seen now. */
  address(): string {
    const { layout, activeIndex, cells } = this.viewer;
    const params = new URLSearchParams({ StudyInstanceUIDs: place.params.get('StudyInstanceUIDs') ?? '', view: writeView({ layout, active: activeIndex, cells: cells.map((cell) => this.linkOf(cell)) }) });
    return `${location.origin}/viewer?${params}`;
  }

  private linkOf(cell: Cell): CellLink | undefined {
    const { frame, window, colors } = cell;
    if (!frame) return undefined;
    const camera = cell.view && this.viewer.loadedCore?.cameraOf(cell.view);
    return { image: frame.instance.uid, frame: frame.number, colors, ...(window && !window.table ? { window: [window.center, window.width] } : {}), ...(camera ? { camera } : {}) };
  }

  /** Open the same view in a window of its own, for another screen. */
  openWindow(): void {
    open(this.address(), '_blank', `popup,width=${screen.availWidth},height=${screen.availHeight}`);
  }

  /** Put the address onto the clipboard. */
  copyAddress(): Promise<void> {
    return this.told(async () => {
      await navigator.clipboard.writeText(this.address());
      toast(t('linkCopied'), { tone: 'ok' });
    });
  }

  /** Return what the address of the page asks to see. */
  asked(): ViewLink | undefined {
    return readView(place.params.get('view') ?? '');
  }

  /** Show what an address asks for; returns how many cells it could fill. */
  async show({ layout, active, cells }: ViewLink): Promise<number> {
    this.viewer.setLayout(layout);
    let n = 0;
    for (const [i, link] of cells.entries()) {
      const [found, cell] = [link && (await this.viewer.find(link.image, link.frame)), this.viewer.cells[i]];
      if (!found || !cell || !link) continue;
      cell.asked = link;
      void cell.show(found.set, found.index);
      n += 1;
    }
    this.viewer.activeIndex = active;
    return n;
  }

  private async told(what: (with_: { picture: typeof import('../core/picture'); element: HTMLElement; name: string }) => Promise<void>): Promise<void> {
    const { active } = this.viewer;
    const element = document.querySelector<HTMLElement>(`[data-testid="${active.id}"]`);
    if (!element || !active.frame) return;
    const { instance, number } = active.frame;
    const name = [instance.modality, stringOf(instance.attributes, '00200011'), instance.number, instance.nFrames > 1 ? number : ''].filter((part) => part !== '' && part !== undefined).join('-').replace(/[^\w.-]/g, '_') || 'image';
    await import('../core/picture').then((picture) => what({ picture, element, name })).catch((reason: unknown) => toast(told(reason), { tone: 'danger' }));
  }
}
