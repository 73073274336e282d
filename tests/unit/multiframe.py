"""Which enhanced multi-frame object do tests use? A small Enhanced MR image, made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"


def _item(**values: object) -> Dataset:
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def enhanced_mr(path: Path, n_frames: int = 4) -> Dataset:
    """Write an Enhanced MR object whose frames differ in position, window, type and pixels; return it."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = ENHANCED_MR, "1.2.826.0.1.5.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.5.2", "1.2.826.0.1.5.3"
    ds.PatientName, ds.PatientID, ds.Modality = "Müller^Jörg", "E1", "MR"
    ds.StudyDate, ds.StudyTime, ds.SeriesNumber, ds.InstanceNumber = "20260101", "101500", 7, 1
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    ds.Rows, ds.Columns, ds.NumberOfFrames = 6, 8, n_frames
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    orientation = _item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    measures = _item(PixelSpacing=[0.5, 0.5], SliceThickness=3)
    timing = _item(RepetitionTime=500, FlipAngle=90, EchoTrainLength=1)
    ds.SharedFunctionalGroupsSequence = [
        _item(
            PlaneOrientationSequence=[orientation],
            PixelMeasuresSequence=[measures],
            MRTimingAndRelatedParametersSequence=[timing],
            MREchoSequence=[_item(EffectiveEchoTime=12.5)],
        )
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        _item(
            PlanePositionSequence=[_item(ImagePositionPatient=[0, 0, 3 * number])],
            FrameVOILUTSequence=[_item(WindowCenter=100 + number, WindowWidth=200)],
            MRImageFrameTypeSequence=[_item(FrameType=["ORIGINAL", "PRIMARY", "M", "NONE"])],
            FrameContentSequence=[_item(StackID="1", InStackPositionNumber=number + 1)],
        )
        for number in range(n_frames)
    ]
    ds.PixelData = (np.arange(n_frames * 48, dtype=np.uint16) % 4096).tobytes()
    ds.save_as(path, enforce_file_format=True)
    return ds
