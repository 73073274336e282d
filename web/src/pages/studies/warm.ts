// When is the viewer fetched? Before it is asked for: as soon as the reader points to a study or puts the focus on one.

let isWarm = false;

/** Fetch and compile the viewer when the page has nothing else to do; once. */
export function warmViewer(): void {
  if (isWarm) return;
  isWarm = true;
  const later = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 200));
  later(() => {
    // What fails here is told when the viewer is opened.
    Promise.all([import('../../viewer/Viewer.svelte'), import('../../viewer/core').then(({ engine }) => engine())]).catch(() => { isWarm = false; });
  });
}
