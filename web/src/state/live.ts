// What changes in the archive while the page is open? Server-sent events (HTML 9.2), one connection for the whole page while it is visible.
type Listener = (study: string) => void;

const listeners = new Set<Listener>();
let source: EventSource | null = null;

function connect(): void {
  if (source || document.hidden || !listeners.size) return;
  source = new EventSource('/api/events');
  source.addEventListener('study', (event) => {
    const { study_uid: study } = JSON.parse((event as MessageEvent<string>).data) as { study_uid: string };
    for (const listener of listeners) listener(study);
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
  for (const listener of listeners) listener('');
});

/** Call `listener` with the UID of each study that changes, "" for "anything may have"; returns how to stop. */
export function onStudyChanged(listener: Listener): () => void {
  listeners.add(listener);
  connect();
  return () => {
    listeners.delete(listener);
    if (!listeners.size) disconnect();
  };
}
