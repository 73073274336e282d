// Which jobs did this page start? They are followed until they are over and put away, whatever view is shown.
import { job as askJob, type Job } from '../api/admin';
import { onJobChanged } from './live';

const isOver = (job: Job): boolean => !['waiting', 'running'].includes(job.state);
const ASK_EVERY_MS = 2000;

class Work {
  jobs = $state.raw<Job[]>([]);
  #stop: (() => void) | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Show a job until it is put away. */
  follow(id: string): void {
    this.#stop ??= onJobChanged((changed) => (changed ? this.#take(changed) : void this.#ask()));
    // Events tell at once; where a proxy swallows them the job is asked for.
    this.#timer ??= setInterval(() => void this.#ask(), ASK_EVERY_MS);
    void this.#load(id);
  }

  /** Put a job away; it goes on. */
  dismiss(id: string): void {
    this.jobs = this.jobs.filter((job) => job.id !== id);
    if (this.jobs.some((job) => !isOver(job))) return;
    this.#stop?.();
    this.#stop = null;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #ask(): Promise<void> {
    await Promise.all(this.jobs.filter((job) => !isOver(job)).map((job) => this.#load(job.id)));
  }

  async #load(id: string): Promise<void> {
    try {
      const found = await askJob(id);
      if (this.jobs.some((job) => job.id === id)) this.#take(found);
      else this.jobs = [found, ...this.jobs];
    } catch {
      // It is asked for again.
    }
  }

  #take(job: Job): void {
    const at = this.jobs.findIndex((one) => one.id === job.id);
    if (at >= 0) this.jobs = this.jobs.with(at, job);
  }
}

export const work = new Work();
