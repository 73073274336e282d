// Which frame does an image id mean? Every frame that can be shown is registered before Cornerstone hears of it.
import { spacingOf, type Frame } from '../model/instance';
import { studiesRoot } from './roots';

const SCHEME = 'lumenarc:';
const frames = new Map<string, Frame>();
const ids = new WeakMap<Frame, string>();

/** Return the address of a frame below the DICOMweb root. */
export function frameUrl({ instance, number }: Frame): string {
  return `${studiesRoot()}/${instance.studyUid}/series/${instance.seriesUid}/instances/${instance.uid}/frames/${number}`;
}

/** Register a frame and return its image id. */
export function imageIdOf(frame: Frame): string {
  let id = ids.get(frame);
  if (id === undefined) {
    id = SCHEME + frameUrl(frame);
    ids.set(frame, id);
    frames.set(id, frame);
  }
  return id;
}

/** Return the frame of an image id. */
export const frameOf = (imageId: string): Frame | undefined => frames.get(imageId);

/** Say whether lengths on this image are real ones. */
export const isCalibrated = (frame: Frame): boolean => spacingOf(frame).source !== 'none';
