// How do drawn shapes become measurements, and stored ones shapes? Between Cornerstone's annotations and our own model.
import { planeOf, type Frame } from '../model/instance';
import { cross, nearestPlane, type Vector } from '../model/geometry';
import { SHAPES, toPixel, toWorld, valuesOf, type Measurement, type Shape, type Stats, type Value } from '../model/measurements';
import { cornerstone, tools } from './packages';
import { frameOf, imageIdOf } from './registry';
import { classOf } from './tool_classes';

type Annotation = ReturnType<typeof tools.annotation.state.getAnnotation>;
/** What else is kept with a shape that came from a report: its values, until it is drawn for the first time. */
interface Data { label?: string; text?: string; given?: readonly Value[]; contour?: { polyline: Vector[]; closed: boolean }; handles?: { points?: Vector[] }; cachedStats?: Record<string, Stats> }

const shapeOf = (toolName: string | undefined): Shape | undefined => SHAPES.find((shape) => classOf(shape).toolName === toolName);

/** Return everything that is drawn, in the order in which it was drawn. */
export function measurements(): Measurement[] {
  return tools.annotation.state.getAllAnnotations().map(toMeasurement).filter((one) => one !== undefined);
}

function toMeasurement(annotation: Annotation): Measurement | undefined {
  const { toolName, referencedImageId, volumeId } = annotation.metadata ?? {};
  const shape = shapeOf(toolName);
  const data = annotation.data as Data;
  const places = data.contour?.polyline ?? data.handles?.points ?? [];
  const own = referencedImageId ? frameOf(referencedImageId) : undefined;
  const frame = own ?? (volumeId && places[0] ? nearestFrame(volumeId, places[0]) : undefined);
  if (!shape || !frame || !annotation.annotationUID) return undefined;
  const all = Object.entries(data.cachedStats ?? {});
  // Of the layers of a fused plane the one that was measured last.
  const stats = (all.find(([target]) => target.includes('imageId:')) ?? all.findLast(([target]) => target.includes('volumeId:')))?.[1];
  const values = stats ? valuesOf(stats) : [];
  return {
    uid: annotation.annotationUID, shape, frame,
    points: places.map((place) => toPixel(frame, place)),
    ...(own ? {} : { places }),
    label: data.label || data.text || '',
    values: values.length ? values : (data.given ?? []),
  };
}

/** Return the frame of a volume that is nearest to a place. */
function nearestFrame(volumeId: string, place: Vector): Frame | undefined {
  const frames = (cornerstone.cache.getVolume(volumeId)?.referencedImageIds ?? []).map(frameOf).filter((frame) => frame !== undefined);
  const planes = frames.map(planeOf).filter((plane) => plane !== undefined);
  return planes.length === frames.length ? frames[nearestPlane(planes, place)] : undefined;
}

/** Draw a measurement that was stored before. */
export function draw(measurement: Measurement): void {
  const { frame, shape, label } = measurement;
  const plane = planeOf(frame) ?? { row: [1, 0, 0], column: [0, 1, 0], position: [0, 0, 0] } as const;
  const places = measurement.points.map((point) => toWorld(frame, point));
  const imageId = imageIdOf(frame);
  const { frameOfReferenceUID } = cornerstone.metaData.get('imagePlaneModule', imageId) as { frameOfReferenceUID: string };
  const textBox = { hasMoved: false, worldPosition: [0, 0, 0], worldBoundingBox: { topLeft: [0, 0, 0], topRight: [0, 0, 0], bottomLeft: [0, 0, 0], bottomRight: [0, 0, 0] } };
  const annotation = {
    annotationUID: measurement.uid, highlighted: false, invalidated: true, isLocked: false, isVisible: true,
    metadata: { toolName: classOf(shape).toolName, viewPlaneNormal: cross(plane.row, plane.column).map((v) => -v), viewUp: plane.column.map((v) => -v), FrameOfReferenceUID: frameOfReferenceUID, referencedImageId: imageId },
    data: {
      label, text: label, given: measurement.values, cachedStats: {}, frameNumber: frame.number,
      handles: { points: shape === 'freehand' ? [] : places, activeHandleIndex: null, textBox, arrowHead: 'first' },
      ...(shape === 'freehand' ? { contour: { polyline: places, closed: true }, isOpenContour: false } : {}),
    },
  };
  tools.annotation.state.addAnnotation(annotation as unknown as Annotation, frameOfReferenceUID);
}

/** Take a shape away; `undo` brings it back. */
export function remove(uid: string): void {
  const annotation = tools.annotation.state.getAnnotation(uid);
  if (!annotation) return;
  const group = annotation.metadata?.FrameOfReferenceUID ?? '';
  tools.annotation.state.removeAnnotation(uid);
  cornerstone.utilities.HistoryMemo.DefaultHistoryMemo.push({ id: uid, restoreMemo: (isUndo = true) => { if (isUndo) tools.annotation.state.addAnnotation(annotation, group); else tools.annotation.state.removeAnnotation(uid); redraw(); } });
  redraw();
}

/** Take everything away that is selected. */
export function removeSelected(): void {
  for (const uid of tools.annotation.selection.getAnnotationsSelected()) remove(uid);
}

export const select = (uid: string): void => tools.annotation.selection.setAnnotationSelected(uid, true, false);
export const undo = (): void => { cornerstone.utilities.HistoryMemo.DefaultHistoryMemo.undo(); redraw(); };
export const redo = (): void => { cornerstone.utilities.HistoryMemo.DefaultHistoryMemo.redo(); redraw(); };

/** Forget all shapes: they belong to the study that is left. */
export function removeAll(): void {
  tools.annotation.state.removeAllAnnotations();
}

/** Draw all shapes anew. */
export function redraw(): void {
  const ids = cornerstone.getRenderingEngines()?.flatMap((engine) => engine.getViewports().map((viewport) => viewport.id)) ?? [];
  tools.utilities.triggerAnnotationRenderForViewportIds(ids);
}

/** Hear that something was drawn, changed or taken away; returns how to stop. */
export function onChange(heard: () => void): () => void {
  const { ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_ADDED, ANNOTATION_REMOVED } = tools.Enums.Events;
  const names = [ANNOTATION_COMPLETED, ANNOTATION_MODIFIED, ANNOTATION_ADDED, ANNOTATION_REMOVED];
  for (const name of names) cornerstone.eventTarget.addEventListener(name, heard);
  return () => { for (const name of names) cornerstone.eventTarget.removeEventListener(name, heard); };
}

