// How does a stack lie on the screen, in terms that hold for every size of window? Read for an address, set again from one.
import type { Types } from '@cornerstonejs/core';
import { toPixel, toWorld } from '../model/measurements';
import type { Camera } from '../model/view_link';
import { drawableOf } from './painter';
import type { StackView } from './stack_view';

/** Read the camera of a view; undefined while nothing is shown. */
export function cameraOf(view: StackView): Camera | undefined {
  const viewport = view.cornerstoneViewport;
  const frame = drawableOf(viewport?.getCornerstoneImage())?.frame;
  if (!viewport || !frame) return undefined;
  const { flipHorizontal = false, flipVertical = false, focalPoint } = viewport.getCamera();
  const [x, y] = toPixel(frame, focalPoint ?? [0, 0, 0]);
  return { zoom: viewport.getZoom(), x, y, rotation: viewport.getViewPresentation().rotation ?? 0, isFlipped: flipHorizontal, isUpsideDown: flipVertical, isInverted: viewport.getProperties().invert ?? false };
}

/** Set the camera of a view. */
export function setCamera(view: StackView, camera: Camera): void {
  const viewport = view.cornerstoneViewport;
  const frame = drawableOf(viewport?.getCornerstoneImage())?.frame;
  if (!viewport || !frame) return;
  viewport.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true });
  viewport.setCamera({ flipHorizontal: camera.isFlipped, flipVertical: camera.isUpsideDown });
  viewport.setViewPresentation({ rotation: camera.rotation });
  viewport.setZoom(Math.min(100, Math.max(0.01, camera.zoom)));
  const { focalPoint, position } = viewport.getCamera() as { focalPoint: Types.Point3; position: Types.Point3 };
  const centre = toWorld(frame, [camera.x, camera.y]);
  viewport.setCamera({ focalPoint: [...centre], position: position.map((v, i) => v + (centre[i] ?? 0) - (focalPoint[i] ?? 0)) as Types.Point3 });
  viewport.setProperties({ invert: camera.isInverted });
  viewport.render();
}
