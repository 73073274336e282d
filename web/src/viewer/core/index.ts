// What does the viewer load only when it is opened, in one piece? All that needs Cornerstone3D.
import { cornerstone } from './packages';
import { Events } from './tool_groups';

export * as annotations from './annotations';
export { cameraOf, setCamera } from './camera';
export { engine, purge } from './engine';
export { Prefetcher } from './prefetcher';
export { StackView } from './stack_view';
export { activate } from './tool_groups';

/** Hear which images the cache holds; returns how to stop. */
export function onCache(added: (imageId: string) => void, removed: (imageId: string) => void): () => void {
  const heardAdded = (event: Event): void => added((event as CustomEvent<{ image: { imageId: string } }>).detail.image.imageId);
  const heardRemoved = (event: Event): void => removed((event as CustomEvent<{ imageId: string }>).detail.imageId);
  cornerstone.eventTarget.addEventListener(Events.IMAGE_CACHE_IMAGE_ADDED, heardAdded);
  cornerstone.eventTarget.addEventListener(Events.IMAGE_CACHE_IMAGE_REMOVED, heardRemoved);
  return () => {
    cornerstone.eventTarget.removeEventListener(Events.IMAGE_CACHE_IMAGE_ADDED, heardAdded);
    cornerstone.eventTarget.removeEventListener(Events.IMAGE_CACHE_IMAGE_REMOVED, heardRemoved);
  };
}
