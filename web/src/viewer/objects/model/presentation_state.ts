// How are measurements kept as a presentation state? Shapes and words as graphics: Grayscale Softcopy Presentation State (PS3.3 A.33.1, C.10.5).
import type { Attribute, Attributes } from '../../../dicom/names';
import { numberOf, stringOf } from '../../../dicom/values';
import { ofStudy, one, sequence, type Circumstances } from '../../model/dataset';
import { rescaleOf, spacingOf, windowsOf, type Frame } from '../../model/instance';
import { graphicsOf } from '../../model/measurement_report';
import type { Measurement, Point } from '../../model/measurements';
import { grouped } from './grouped';

const GRAYSCALE_STATE = '1.2.840.10008.5.1.4.1.1.11.1';
const LAYER = 'MEASUREMENTS';

/** A measurement with the words that stand beside it, one line each. */
export interface Worded { readonly measurement: Measurement; readonly lines: readonly string[] }
/** The window in which an image is read. */
export type WindowOf = (frame: Frame) => { readonly center: number; readonly width: number } | undefined;

/** Say whether an image can have a grayscale presentation state. */
export const isGrayscale = ({ instance }: Frame): boolean => stringOf(instance.attributes, '00280004').startsWith('MONOCHROME');

/** Divide measurements so that the images of each part have one modality transformation and one polarity: a state has only one of each. */
export function partsForStates(worded: readonly Worded[]): Worded[][] {
  const grey = worded.filter(({ measurement }) => isGrayscale(measurement.frame));
  return [...grouped(grey, ({ measurement: { frame } }) => {
    const { slope, intercept, unit } = rescaleOf(frame);
    return JSON.stringify([frame.instance.studyUid, slope, intercept, unit, stringOf(frame.instance.attributes, '00280004')]);
  }).values()];
}

/** Write one presentation state; all measurements are of one part. */
export function writeState(worded: readonly Worded[], windowOf: WindowOf, given: Circumstances): Attributes {
  const frames = worded.map(({ measurement }) => measurement.frame);
  const [first] = frames as [Frame];
  const study = first.instance.attributes;
  return {
    ...ofStudy(study),
    '00080005': one('CS', 'ISO_IR 192'), '00080016': one('UI', GRAYSCALE_STATE), '00080018': one('UI', given.instanceUid), '0020000E': one('UI', given.seriesUid),
    '00080012': one('DA', given.date), '00080013': one('TM', given.time), '00080021': one('DA', given.date), '00080031': one('TM', given.time),
    '00080060': one('CS', 'PR'), '00080070': one('LO', 'Lumenarc'), '0008103E': one('LO', 'Measurements (presentation state)'), '00200011': one('IS', 901), '00200060': { vr: 'CS' }, '00200013': one('IS', 1),
    '00700080': one('CS', LAYER), '00700081': one('LO', 'Measurements'), '00700082': one('DA', given.date), '00700083': one('TM', given.time), '00700084': one('PN', { Alphabetic: given.observer }),
    '00081115': referencedSeries(frames),
    '0070005A': displayedAreas(frames),
    '00700001': sequence(...[...byImage(worded)].map(annotation)),
    '00700060': sequence({ '00700002': one('CS', LAYER), '00700062': one('IS', 1), '00700068': one('LO', 'Measurements') }),
    ...modality(first),
    ...windows(frames, windowOf),
    // The state ignores the photometric interpretation: what is white at its least value must be turned round (C.11.6.1.2).
    '20500020': one('CS', stringOf(study, '00280004') === 'MONOCHROME1' ? 'INVERSE' : 'IDENTITY'),
  };
}

function referencedSeries(frames: readonly Frame[]): Attribute {
  const series = grouped(frames, ({ instance }) => instance.seriesUid);
  return sequence(...[...series].map(([uid, own]) => ({ '0020000E': one('UI', uid), '00081140': imageReferences(own) })));
}

/** List images once each; frames are named where there are several. */
function imageReferences(frames: readonly Frame[]): Attribute {
  const images = grouped(frames, ({ instance }) => instance.uid);
  return sequence(...[...images.values()].map((own) => {
    const [{ instance }] = own as [Frame];
    const numbers = [...new Set(own.map(({ number }) => number))].sort((a, b) => a - b);
    return { '00081150': one('UI', instance.sopClass), '00081155': one('UI', instance.uid), ...(instance.nFrames > 1 ? { '00081160': one('IS', ...numbers) } : {}) };
  }));
}

/** Show every image whole, with pixels of their true shape (C.10.4). */
function displayedAreas(frames: readonly Frame[]): Attribute {
  const sizes = grouped(frames, (frame) => JSON.stringify([frame.instance.columns, frame.instance.rows, spacingOf(frame)]));
  return sequence(...[...sizes.values()].map((own) => {
    const [frame] = own as [Frame];
    const { spacing, source } = spacingOf(frame);
    const shape: Attributes = source === 'none' ? { '00700102': aspect(frame.instance.attributes) } : { '00700101': one('DS', ...spacing) };
    return { '00081140': imageReferences(own), '00700052': one('SL', 1, 1), '00700053': one('SL', frame.instance.columns, frame.instance.rows), '00700100': one('CS', 'SCALE TO FIT'), ...shape };
  }));
}

function aspect(set: Attributes): Attribute {
  const [vertical, horizontal] = [numberOf(set, '00280034', 0), numberOf(set, '00280034', 1)];
  return vertical && horizontal ? one('IS', vertical, horizontal) : one('IS', 1, 1);
}

const byImage = (worded: readonly Worded[]): Map<string, Worded[]> => grouped(worded, ({ measurement: { frame } }) => `${frame.instance.uid}#${frame.number}`);

function annotation([, worded]: readonly [string, readonly Worded[]]): Attributes {
  const [first] = worded as [Worded];
  const texts = worded.filter(({ lines }) => lines.length).map(textObject);
  return {
    '00081140': imageReferences([first.measurement.frame]), '00700002': one('CS', LAYER),
    ...(texts.length ? { '00700008': sequence(...texts) } : {}),
    '00700009': sequence(...worded.flatMap(({ measurement }) => graphicsOf(measurement).map(graphicObject))),
  };
}

const single = (points: readonly Point[]): number[] => points.flat().map((value) => Math.fround(value));

function graphicObject({ kind, points }: { kind: string; points: readonly Point[] }): Attributes {
  const [begin, end] = [points[0], points.at(-1)];
  const isClosed = kind === 'ELLIPSE' || (kind === 'POLYLINE' && points.length > 2 && begin?.[0] === end?.[0] && begin?.[1] === end?.[1]);
  return {
    '00700005': one('CS', 'PIXEL'), '00700020': one('US', 2), '00700021': one('US', points.length), '00700022': one('FL', ...single(points)), '00700023': one('CS', kind),
    ...(isClosed ? { '00700024': one('CS', 'N') } : {}),
  };
}

/** Put words beside the rightmost point of a shape. */
function textObject({ measurement, lines }: Worded): Attributes {
  const anchor = measurement.points.reduce((right, point) => (point[0] > right[0] ? point : right));
  return { '00700004': one('CS', 'PIXEL'), '00700014': one('FL', ...single([anchor])), '00700015': one('CS', 'Y'), '00700006': one('ST', lines.join('\r\n').slice(0, 1024)) };
}

function modality(frame: Frame): Attributes {
  const { slope, intercept, unit } = rescaleOf(frame);
  if (slope === 1 && intercept === 0 && !unit) return {};
  return { '00281052': one('DS', intercept), '00281053': one('DS', slope), '00281054': one('LO', unit || 'US') };
}

function windows(frames: readonly Frame[], windowOf: WindowOf): Attributes {
  const chosen = grouped(frames, (frame) => JSON.stringify(windowOf(frame) ?? windowsOf(frame)[0] ?? null));
  const items = [...chosen].flatMap(([key, own]): Attributes[] => {
    const window = JSON.parse(key) as { center: number; width: number } | null;
    return window && window.width >= 1 ? [{ '00081140': imageReferences(own), '00281050': one('DS', decimal(window.center)), '00281051': one('DS', decimal(window.width)) }] : [];
  });
  return items.length ? { '00283110': sequence(...items) } : {};
}

const decimal = (value: number): number => Number(value.toPrecision(10));
