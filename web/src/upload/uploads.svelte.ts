// What is being uploaded, and what became of it? Four batches at once, every file with its own outcome, tried again when the line breaks.
import { session } from '../state/session.svelte';
import { t } from '../i18n/upload';
import type { Attributes } from '../dicom/names';
import { TAG } from '../dicom/tags';
import { isJunk, nextBatch } from './batches';
import type { Found } from './dropped';
import { bodyOf, mediaTypeOf, newUid, objectOf } from './wrap';

export type Outcome = 'stored' | 'duplicate' | 'kept_other' | 'skipped' | 'failed';
export type Result = { path: string; outcome: Outcome; error: string };
type Entry = Found & { tries: number };
type Answer = { results: { part: number; name: string; outcome: Outcome; error: string; study_uid: string }[] };

const AT_ONCE = 4;
const TRIES = 3;
const RETRY_MS = 1500;
const NOTHING = { stored: 0, duplicate: 0, kept_other: 0, skipped: 0, failed: 0 };

class Uploads {
  /** Bytes that were given, are done, and are on the way. */
  total = $state(0);
  finished = $state(0);
  underway = $state(0);
  nFiles = $state(0);
  counts = $state<Record<Outcome, number>>({ ...NOTHING });
  problems = $state.raw<Result[]>([]);
  studies = $state.raw<ReadonlySet<string>>(new Set());
  active = $state(0);
  /** Pictures and documents that wait for somebody to say whose they are. */
  pictures = $state.raw<Found[]>([]);
  shown = $state(false);
  readonly busy = $derived(this.active > 0);

  #queue: Entry[] = [];
  #failed: Entry[] = [];
  #requests = new Map<XMLHttpRequest, number>();

  /** Queue files; they leave at once. */
  add(found: Found[]): void {
    const wanted = found.filter((one) => !isJunk(one.path));
    this.pictures = [...this.pictures, ...wanted.filter((one) => mediaTypeOf(one.path))];
    const files = wanted.filter((one) => !mediaTypeOf(one.path));
    if (!files.length) return;
    this.#begin(files);
    this.#queue.push(...files.map((one) => ({ ...one, tries: 0 })));
    while (this.active < AT_ONCE && this.#queue.length) void this.#work();
  }

  /** Forget the pictures and documents that wait. */
  skipPictures(): void {
    this.pictures = [];
  }

  /** Make objects of the pictures and documents that wait, all of one series; a series of each kind of object. */
  wrap(shared: Attributes, photo: boolean): void {
    const files = this.pictures;
    this.pictures = [];
    this.#begin(files);
    void this.#wrapAll(files, shared, photo);
  }

  #begin(files: Found[]): void {
    if (!this.busy && !this.#failed.length) this.#reset();
    this.shown = true;
    this.nFiles += files.length;
    this.total += files.reduce((sum, one) => sum + one.file.size, 0);
  }

  /** Send again what failed on the way. */
  retry(): void {
    const again = this.#failed;
    this.#failed = [];
    this.problems = this.problems.filter((one) => !again.some((entry) => entry.path === one.path));
    this.counts.failed -= again.length;
    this.nFiles -= again.length;
    this.total -= again.reduce((sum, one) => sum + one.file.size, 0);
    this.finished -= again.reduce((sum, one) => sum + one.file.size, 0);
    this.add(again);
  }

  get canRetry(): boolean {
    return this.#failed.length > 0;
  }

  /** Stop: what is on the way is cut, what waits is forgotten. */
  cancel(): void {
    const left = this.#queue.splice(0);
    this.nFiles -= left.length;
    this.total -= left.reduce((sum, one) => sum + one.file.size, 0);
    for (const request of this.#requests.keys()) request.abort();
  }

  /** Put the panel away. */
  close(): void {
    this.shown = false;
    this.#reset();
  }

  #reset(): void {
    this.total = this.finished = this.underway = this.nFiles = 0;
    this.counts = { ...NOTHING };
    this.problems = [];
    this.studies = new Set();
    this.#failed = [];
  }

  async #work(): Promise<void> {
    this.active += 1;
    for (let batch = nextBatch(this.#queue); batch.length; batch = nextBatch(this.#queue)) {
      const answer = await this.#send(batch);
      if (answer === 'cut') this.#end(batch, t('stopped'), false);
      else if (typeof answer === 'string') await this.#again(batch, answer);
      else this.#take(batch, answer);
    }
    this.active -= 1;
  }

  async #wrapAll(files: Found[], shared: Attributes, photo: boolean): Promise<void> {
    this.active += 1;
    const series = new Map<string, { uid: string; n: number }>();
    for (const { file, path } of files) {
      const mediaType = mediaTypeOf(path);
      const kind = mediaType.split('/')[0] ?? '';
      const own = series.get(kind) ?? { uid: newUid(), n: 0 };
      series.set(kind, { ...own, n: own.n + 1 });
      const object = objectOf({ ...shared, [TAG.SeriesInstanceUID]: { vr: 'UI', Value: [own.uid] } }, mediaType, own.n + 1, photo);
      const { type, body } = bodyOf(object, mediaType, file);
      const answer = await this.#post('/dicom-web/studies', body, type, (request) => (request.status < 300 ? '' : reasonOf(request)));
      this.finished += file.size;
      const error = answer === 'cut' ? t('stopped') : answer;
      this.counts[error ? 'failed' : 'stored'] += 1;
      if (error) this.problems = [...this.problems, { path, outcome: 'failed', error }];
      else this.studies = new Set([...this.studies, String(shared[TAG.StudyInstanceUID]?.Value?.[0])]);
    }
    this.active -= 1;
  }

  async #again(batch: Entry[], reason: string): Promise<void> {
    const [tired, fresh] = [batch.filter((one) => one.tries + 1 >= TRIES), batch.filter((one) => one.tries + 1 < TRIES)];
    if (tired.length) this.#end(tired, reason, true);
    if (!fresh.length) return;
    for (const one of fresh) one.tries += 1;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    this.#queue.unshift(...fresh);
  }

  #end(batch: Entry[], error: string, mayRetry: boolean): void {
    this.finished += batch.reduce((sum, one) => sum + one.file.size, 0);
    this.counts.failed += batch.length;
    this.problems = [...this.problems, ...batch.map(({ path }) => ({ path, outcome: 'failed' as const, error }))];
    if (mayRetry) this.#failed.push(...batch);
  }

  #take(batch: Entry[], answer: Answer): void {
    this.finished += batch.reduce((sum, one) => sum + one.file.size, 0);
    const problems: Result[] = [];
    const studies = new Set(this.studies);
    for (const { part, name, outcome, error, study_uid: study } of answer.results) {
      this.counts[outcome] += 1;
      const path = batch[part]?.path ?? name;
      const inside = name.includes(':') ? ` › ${name.slice(name.indexOf(':') + 1)}` : '';
      if (outcome === 'failed' || outcome === 'kept_other') problems.push({ path: path + inside, outcome, error });
      if (study) studies.add(study);
    }
    this.problems = [...this.problems, ...problems];
    this.studies = studies;
  }

  /** Send one batch; a string is why it did not arrive. */
  #send(batch: Entry[]): Promise<Answer | string> {
    const form = new FormData();
    for (const { file, path } of batch) form.append('file', file, path.split('/').at(-1));
    const query = batch[0]?.query;
    return this.#post(`/api/upload${query ? `?${query}` : ''}`, form, '', (request) => (request.status === 200 ? (JSON.parse(request.responseText) as Answer) : reasonOf(request)));
  }

  /** Send a body; "cut" when it was stopped. XMLHttpRequest, because fetch tells no progress of uploads. */
  #post<T>(address: string, body: XMLHttpRequestBodyInit, type: string, read: (request: XMLHttpRequest) => T | string): Promise<T | string> {
    const request = new XMLHttpRequest();
    const note = (bytes: number): void => {
      this.#requests.set(request, bytes);
      this.underway = [...this.#requests.values()].reduce((sum, one) => sum + one, 0);
    };
    return new Promise((resolve) => {
      const over = (answer: T | string): void => {
        this.#requests.delete(request);
        this.underway = [...this.#requests.values()].reduce((sum, one) => sum + one, 0);
        resolve(answer);
      };
      request.upload.onprogress = (event) => note(event.loaded);
      request.onload = () => over(read(request));
      request.onerror = () => over(t('lineBroke'));
      request.onabort = () => over('cut');
      request.open('POST', address);
      if (type) request.setRequestHeader('Content-Type', type);
      note(0);
      request.send(body);
    });
  }
}

/** Return why a request was refused: our own sentence, or the comment on an object that failed (PS3.18 10.5.3). */
function reasonOf(request: XMLHttpRequest): string {
  if (request.status === 401) session.expired();
  try {
    const said = JSON.parse(request.responseText) as { error?: string } & Attributes;
    if (said.error) return said.error;
    const failed = (said['00081198'] ?? said['0008119A'])?.Value?.[0] as Attributes | undefined;
    const comment = failed?.['00000902']?.Value?.[0];
    if (comment) return String(comment);
  } catch {
    // No answer of ours.
  }
  return t('refused', { status: request.status });
}

export const uploads = new Uploads();
