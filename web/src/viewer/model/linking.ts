// Which image of another series lies at the same place? Same frame of reference: the nearest plane; else the same step.
import { stringOf } from '../../dicom/values';
import type { DisplaySet } from './display_sets';
import { add, isParallel, nearestPlane, scale, type Plane, type Vector } from './geometry';
import { planeOf, spacingOf, type Frame } from './instance';

const known = new WeakMap<DisplaySet, (Plane | undefined)[]>();

/** Return the planes of all frames of a stack. */
export function planesOf(set: DisplaySet): (Plane | undefined)[] {
  let planes = known.get(set);
  if (!planes) {
    planes = set.frames.map(planeOf);
    known.set(set, planes);
  }
  return planes;
}

/** Return the Frame of Reference UID, empty when there is none. */
export const frameOfReference = (set: DisplaySet): string => (set.instances[0] ? stringOf(set.instances[0].attributes, '00200052') : '');

/** Return the middle of a frame in the patient. */
export function centreOf(frame: Frame, plane: Plane): Vector {
  const [vertical, horizontal] = spacingOf(frame).spacing;
  return add(plane.position, add(scale(plane.row, (frame.instance.columns * horizontal) / 2), scale(plane.column, (frame.instance.rows * vertical) / 2)));
}

/** Return the index that `follower` should go to when `leader` goes from one image to another; undefined when it should stay. */
export function follow(leader: DisplaySet, from: number, to: number, follower: DisplaySet, at: number): number | undefined {
  const frame = leader.frames[to];
  const plane = planesOf(leader)[to];
  const others = planesOf(follower);
  const own = others[at];
  if (!frame || !plane || !own || follower.isCine || !isParallel(plane, own)) return undefined;
  if (frameOfReference(leader) && frameOfReference(leader) === frameOfReference(follower)) {
    return others.every((one) => one !== undefined) ? nearestPlane(others as Plane[], centreOf(frame, plane)) : undefined;
  }
  return Math.min(Math.max(at + to - from, 0), follower.frames.length - 1);
}
