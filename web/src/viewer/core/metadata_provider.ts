// What does Cornerstone ask about an image, and what do headers answer? Its metadata modules, out of our own reading of the header.
import { numberOf, stringOf } from '../../dicom/values';
import { cellsOf } from './image_loader';
import { planeOf, rescaleOf, spacingOf, thicknessOf, windowsOf, type Frame } from '../model/instance';
import { suvFactor } from '../model/suv';
import { frameOf } from './registry';

type Module = (frame: Frame) => object | undefined;

const MODULES: Readonly<Record<string, Module>> = {
  imagePlaneModule, imagePixelModule,
  generalSeriesModule: ({ instance }) => ({ modality: instance.modality, seriesInstanceUID: instance.seriesUid, studyInstanceUID: instance.studyUid, seriesNumber: numberOf(instance.attributes, '00200011') }),
  generalImageModule: ({ instance }) => ({ sopInstanceUID: instance.uid, instanceNumber: instance.number }),
  sopCommonModule: ({ instance }) => ({ sopClassUID: instance.sopClass, sopInstanceUID: instance.uid }),
  voiLutModule: (frame) => { const own = windowsOf(frame); return { windowCenter: own.map((w) => w.center), windowWidth: own.map((w) => w.width) }; },
  modalityLutModule: (frame) => { const { slope, intercept, unit } = rescaleOf(frame); return { rescaleSlope: slope, rescaleIntercept: intercept, rescaleType: unit }; },
  scalingModule: ({ instance }) => { const suvbw = suvFactor(instance); return suvbw === undefined ? undefined : { suvbw }; },
  multiframeModule: ({ instance }) => ({ NumberOfFrames: instance.nFrames }),
  patientModule: ({ instance }) => ({ patientID: stringOf(instance.attributes, '00100020') }),
  transferSyntax: ({ instance }) => ({ transferSyntaxUID: instance.transferSyntax }),
};

/** Answer for one module of one image (Cornerstone's metadata provider). */
export function provideMetadata(type: string, imageId: unknown): object | undefined {
  const frame = typeof imageId === 'string' ? frameOf(imageId) : undefined;
  return frame ? MODULES[type]?.(frame) : undefined;
}

function imagePlaneModule(frame: Frame): object {
  const { spacing, source } = spacingOf(frame);
  const plane = planeOf(frame);
  const row = plane?.row ?? [1, 0, 0];
  const column = plane?.column ?? [0, 1, 0];
  return {
    frameOfReferenceUID: stringOf(frame.instance.attributes, '00200052') || frame.instance.seriesUid,
    rows: frame.instance.rows, columns: frame.instance.columns,
    rowCosines: row, columnCosines: column, imageOrientationPatient: [...row, ...column],
    imagePositionPatient: plane?.position ?? [0, 0, 0],
    sliceThickness: thicknessOf(frame), sliceLocation: numberOf(frame.instance.attributes, '00201041'),
    pixelSpacing: spacing, rowPixelSpacing: spacing[0], columnPixelSpacing: spacing[1],
    usingDefaultValues: source === 'none',
  };
}

function imagePixelModule(frame: Frame): object {
  const cells = cellsOf(frame);
  return {
    rows: cells.rows, columns: cells.columns, samplesPerPixel: cells.samples, photometricInterpretation: cells.photometric,
    bitsAllocated: cells.bitsAllocated, bitsStored: cells.bitsStored, highBit: cells.highBit,
    pixelRepresentation: cells.isSigned ? 1 : 0, planarConfiguration: 0,
  };
}
