// How are the elements of the corners and the corners themselves called in the reader's language?
import { t } from '../../i18n/corners';
import type { Corner, CornerElement } from '../model/corner_text';

const ELEMENTS: Readonly<Record<CornerElement, () => string>> = {
  patientName: () => t('patientName'), patientId: () => t('patientId'), birthDate: () => t('birthDate'), sex: () => t('sex'), age: () => t('age'),
  institution: () => t('institution'), station: () => t('station'), manufacturer: () => t('manufacturer'), referring: () => t('referring'), operator: () => t('operator'),
  accession: () => t('accession'), studyDate: () => t('studyDate'), studyTime: () => t('studyTime'), studyDescription: () => t('studyDescription'),
  seriesNumber: () => t('seriesNumber'), seriesDescription: () => t('seriesDescription'), protocol: () => t('protocol'), bodyPart: () => t('bodyPart'),
  laterality: () => t('laterality'), viewPosition: () => t('viewPosition'), acquisitionDate: () => t('acquisitionDate'), acquisitionTime: () => t('acquisitionTime'), contrast: () => t('contrast'),
  kv: () => t('kv'), current: () => t('current'), exposure: () => t('exposure'), kernel: () => t('kernel'),
  tr: () => t('tr'), te: () => t('te'), ti: () => t('ti'), flip: () => t('flip'), field: () => t('field'), units: () => t('units'),
  thickness: () => t('thickness'), place: () => t('place'), matrix: () => t('matrix'), spacing: () => t('spacing'),
  image: () => t('image'), zoom: () => t('zoom'), window: () => t('window'),
};
const PLACES: Readonly<Record<Corner, () => string>> = { topLeft: () => t('topLeft'), topRight: () => t('topRight'), bottomLeft: () => t('bottomLeft'), bottomRight: () => t('bottomRight') };

export const elementName = (element: CornerElement): string => ELEMENTS[element]();
export const cornerName = (corner: Corner): string => PLACES[corner]();
