"""Which made-up series do the browser tests look at? Phantoms of known sizes and values (PS3.3 A.3, A.4, A.8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    UltrasoundMultiFrameImageStorage,
    generate_uid,
)

WATER_HU, AIR_HU, BONE_HU = 0, -1000, 1000
FOR_UID = "1.2.826.0.1.3680043.10.1479.1"


def instance(sop_class_uid: str, uid: str, modality: str, study_uid: str, series_uid: str) -> FileDataset:
    """Return a data set of these UIDs with the attributes that every image here shares."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    data_set.SOPClassUID, data_set.SOPInstanceUID = sop_class_uid, uid
    data_set.StudyInstanceUID, data_set.SeriesInstanceUID = study_uid, series_uid
    data_set.SpecificCharacterSet = "ISO_IR 192"
    data_set.PatientName, data_set.PatientID = "Wang^XiaoDong=王^小东", "P-1001"
    data_set.PatientBirthDate, data_set.PatientSex = "19700101", "M"
    data_set.StudyDate, data_set.StudyTime = "20261120", "141500"
    data_set.StudyID, data_set.AccessionNumber = "1", "A-1"
    data_set.StudyDescription, data_set.Modality = "Phantom", modality
    return data_set


def set_pixels(
    data_set: Dataset, pixels: NDArray[np.generic], *, signed: bool = False, stored: int | None = None
) -> None:
    """Put grey pixels into a data set."""
    bits = pixels.dtype.itemsize * 8
    data_set.Rows, data_set.Columns = pixels.shape[-2:]
    data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
    data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit = bits, stored or bits, (stored or bits) - 1
    data_set.PixelRepresentation = int(signed)
    if pixels.ndim == 3:
        data_set.NumberOfFrames = pixels.shape[0]
    data_set.PixelData = pixels.tobytes()


def phantom_slice(size: int, index: int, count: int) -> NDArray[np.int16]:
    """Return one slice in HU: a cylinder of water in air, a bone rod that wanders, a square of 40 x 40 pixels."""
    y, x = np.mgrid[:size, :size]
    centre = size / 2
    image = np.full((size, size), AIR_HU, np.int16)
    image[(x - centre) ** 2 + (y - centre) ** 2 < (size * 0.4) ** 2] = WATER_HU
    angle = 2 * np.pi * index / count
    rod_x, rod_y = centre + size * 0.22 * np.cos(angle), centre + size * 0.22 * np.sin(angle)
    image[(x - rod_x) ** 2 + (y - rod_y) ** 2 < (size * 0.05) ** 2] = BONE_HU
    half = size // 16
    image[int(centre) - half : int(centre) + half, int(centre) - half : int(centre) + half] = 300
    return image


def write_ct(
    folder: Path, count: int = 24, size: int = 128, *, noise: bool = False, study_date: str = "20261120"
) -> str:
    """Write an axial CT series, 2 mm apart, pixels of 0.5 x 0.5 mm; return its Study Instance UID."""
    study_uid, series_uid = generate_uid(), generate_uid()
    random = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        data_set = instance(CTImageStorage, generate_uid(), "CT", study_uid, series_uid)
        data_set.SeriesNumber, data_set.InstanceNumber, data_set.StudyDate = 1, index + 1, study_date
        data_set.SeriesDescription, data_set.BodyPartExamined = "Axial 2 mm", "CHEST"
        data_set.FrameOfReferenceUID = FOR_UID
        data_set.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data_set.ImagePositionPatient = [-size / 4, -size / 4, 2.0 * index]
        data_set.PixelSpacing, data_set.SliceThickness = [0.5, 0.5], 2
        data_set.SliceLocation, data_set.KVP = 2.0 * index, 120
        data_set.RescaleSlope, data_set.RescaleIntercept, data_set.RescaleType = 1, -1024, "HU"
        data_set.WindowCenter, data_set.WindowWidth = [40, 300], [400, 1500]
        data_set.WindowCenterWidthExplanation = ["SOFT", "BONE"]
        image = phantom_slice(size, index, count)
        if noise:
            image = (image + random.normal(0, 12, image.shape)).astype(np.int16)
        set_pixels(data_set, (image + 1024).clip(0).astype(np.uint16), stored=12)
        data_set.save_as(folder / f"ct{index:04}.dcm", enforce_file_format=True)
    return study_uid


def write_mr(folder: Path, study_uid: str, count: int = 12, size: int = 96) -> str:
    """Write a sagittal MR series of the CT phantom's frame of reference; return its Series Instance UID."""
    series_uid = generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        data_set = instance(MRImageStorage, generate_uid(), "MR", study_uid, series_uid)
        data_set.SeriesNumber, data_set.InstanceNumber = 2, index + 1
        data_set.SeriesDescription, data_set.FrameOfReferenceUID = "Sagittal <img src=x onerror=alert(1)>", FOR_UID
        data_set.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        data_set.ImagePositionPatient = [-24 + 4.0 * index, -32, 60]
        data_set.PixelSpacing, data_set.SliceThickness = [0.7, 0.7], 4
        data_set.RepetitionTime, data_set.EchoTime = 500, 15
        y, x = np.mgrid[:size, :size]
        set_pixels(data_set, ((x * 11 + y * 5 + index * 40) % 1500).astype(np.int16), signed=True)
        data_set.save_as(folder / f"mr{index:04}.dcm", enforce_file_format=True)
    return series_uid


def write_ultrasound(folder: Path, count: int = 8, size: int = 128) -> str:
    """Write a film of ultrasound with one region of 0.05 cm a pixel (PS3.3 C.8.5.5); return its Study Instance UID."""
    study_uid = generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    data_set = instance(UltrasoundMultiFrameImageStorage, generate_uid(), "US", study_uid, generate_uid())
    data_set.SeriesNumber, data_set.InstanceNumber, data_set.SeriesDescription = 1, 1, "Liver"
    data_set.FrameTime, data_set.FrameIncrementPointer = 100, 0x00181063
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = size - 1, size - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.05
    data_set.SequenceOfUltrasoundRegions = [region]
    y, x = np.mgrid[:size, :size]
    set_pixels(data_set, np.stack([(x + y + 20 * n) % 200 for n in range(count)]).astype(np.uint8))
    data_set.save_as(folder / "us.dcm", enforce_file_format=True)
    return study_uid
