// What changes in the archive while the page is open? Server-sent events (HTML 9.2), one connection for the whole page while it is visible.
import type { Job } from '../api/admin';

type StudyListener = (study: string) => void;
type JobListener = (job: Job | null) => void;

const studyListeners = new Set<StudyListener>();
const jobListeners = new Set<JobListener>();
let source: EventSource | null = null;

function connect(): void {
  if (source || document.hidden || !(studyListeners.size || jobListeners.size)) return;
  source = new EventSource('/api/events');
  source.addEventListener('study', (event) => {
    const { study_uid: study } = JSON.parse((event as MessageEvent<string>).data) as { study_uid: string };
    for (const listener of studyListeners) listener(study);
  });
  source.addEventListener('job', (event) => {
    const job = JSON.parse((event as MessageEvent<string>).data) as Job;
    for (const listener of jobListeners) listener(job);
  });
}

function disconnect(): void {
  source?.close();
  source = null;
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) return disconnect();
  connect();
  // What happened while nobody looked is not told again.
  for (const listener of studyListeners) listener('');
  for (const listener of jobListeners) listener(null);
});

function listen<L>(set: Set<L>, listener: L): () => void {
  set.add(listener);
  connect();
  return () => {
    set.delete(listener);
    if (!studyListeners.size && !jobListeners.size) disconnect();
  };
}

/** Call `listener` with the UID of each study that changes, "" for "anything may have"; returns how to stop. */
export function onStudyChanged(listener: StudyListener): () => void {
  return listen(studyListeners, listener);
}

/** Call `listener` with each job that changes, null for "any may have"; returns how to stop. */
export function onJobChanged(listener: JobListener): () => void {
  return listen(jobListeners, listener);
}
