// Where is the archive's DICOMweb service? At a fixed path of the page's own origin.
const ROOT = '/dicom-web';

export const dicomWebRoot = (): string => ROOT;
export const studiesRoot = (): string => `${ROOT}/studies`;
