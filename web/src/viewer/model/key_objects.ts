// How are key images kept? As a Key Object Selection (PS3.3 A.35.4, TID 2010), written and read as DICOM JSON.
import type { Attributes } from '../../dicom/names';
import { itemsOf, numbersOf, stringOf } from '../../dicom/values';
import { code, ofStudy, one, sequence, type Circumstances } from './dataset';
import type { Frame } from './instance';
import { evidence } from './measurement_report';

const KEY_OBJECT = '1.2.840.10008.5.1.4.1.1.88.59';

/** Write a selection of frames of one study. */
export function writeKeyObject(frames: readonly Frame[], title: string, given: Circumstances): Attributes {
  const [first] = frames as [Frame];
  const images = new Map<string, Frame[]>();
  for (const frame of frames) images.set(frame.instance.uid, [...(images.get(frame.instance.uid) ?? []), frame]);
  return {
    ...ofStudy(first.instance.attributes),
    '00080005': one('CS', 'ISO_IR 192'), '00080016': one('UI', KEY_OBJECT), '00080018': one('UI', given.instanceUid), '0020000E': one('UI', given.seriesUid),
    '00080012': one('DA', given.date), '00080013': one('TM', given.time), '00080023': one('DA', given.date), '00080033': one('TM', given.time),
    '00080021': one('DA', given.date), '00080031': one('TM', given.time),
    '00080060': one('CS', 'KO'), '00080070': one('LO', 'Lumenarc'), '0008103E': one('LO', title.slice(0, 64)), '00081111': { vr: 'SQ' }, '00200011': one('IS', 902), '00200013': one('IS', 1),
    '0040A040': one('CS', 'CONTAINER'), '0040A050': one('CS', 'SEPARATE'), '0040A043': sequence(code(['113000', 'DCM', 'Of Interest'])),
    '0040A504': sequence({ '00080105': one('CS', 'DCMR'), '0040DB00': one('CS', '2010') }),
    '0040A375': evidence(frames),
    '0040A730': sequence(
      { '0040A010': one('CS', 'CONTAINS'), '0040A040': one('CS', 'TEXT'), '0040A043': sequence(code(['113012', 'DCM', 'Key Object Description'])), '0040A160': one('UT', title) },
      ...[...images.values()].map((own) => ({ '0040A010': one('CS', 'CONTAINS'), '0040A040': one('CS', 'IMAGE'), '00081199': sequence(reference(own)) })),
    ),
  };
}

function reference(frames: readonly Frame[]): Attributes {
  const [{ instance }] = frames as [Frame];
  return { '00081150': one('UI', instance.sopClass), '00081155': one('UI', instance.uid), ...(instance.nFrames > 1 ? { '00081160': one('IS', ...frames.map(({ number }) => number)) } : {}) };
}

/** Which images a selection names; `frames` is empty for all of an image. */
export interface Selected { readonly uid: string; readonly frames: readonly number[] }

/** Read the images of a selection. */
export function readKeyObject(document: Attributes): Selected[] {
  return itemsOf(document, '0040A730').filter((item) => stringOf(item, '0040A040') === 'IMAGE').flatMap((item) => {
    const [named] = itemsOf(item, '00081199');
    const uid = named ? stringOf(named, '00081155') : '';
    return named && uid ? [{ uid, frames: numbersOf(named, '00081160') }] : [];
  });
}

/** Say whether a selection names a frame. */
export const selects = (selected: readonly Selected[], { instance, number }: Frame): boolean => selected.some(({ uid, frames }) => uid === instance.uid && (!frames.length || frames.includes(number)));
