"""How does a first look get something to see? Sample studies made on the spot and marked as such; no person, no file.

The UIDs come from the names of the objects: loading the samples again brings the same objects, which are there already.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from lumenarc.archive import Archive
from lumenarc.dicom import phantoms
from lumenarc.errors import LumenarcError
from lumenarc.services.store import Source, store_part10

_CT = "1.2.840.10008.5.1.4.1.1.2"
_MR = "1.2.840.10008.5.1.4.1.1.4"
_CR = "1.2.840.10008.5.1.4.1.1.1"
_US = "1.2.840.10008.5.1.4.1.1.3.1"
_AXIAL = [1, 0, 0, 0, 1, 0]
_N_PIXELS = 256


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the samples: the studies, and how many objects are new, were there, or failed."""

    studies: tuple[str, ...]
    n_stored: int
    n_present: int
    n_failed: int


@dataclass(frozen=True, slots=True)
class _Study:
    """The head that the objects of one sample study share."""

    key: str
    name: str
    number: int
    sex: str
    birth: str
    date: str
    time: str
    description: str

    @property
    def uid(self) -> str:
        return _uid(self.key)

    def new(self, sop_class_uid: str, modality: str, series: str, series_number: int, instance_number: int) -> Dataset:
        """Return a data set with the patient, study, series and SOP common modules filled in (PS3.3 C.7, C.12.1)."""
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SyntheticData = "YES"
        ds.SOPClassUID = sop_class_uid
        ds.SOPInstanceUID = _uid(f"{self.key}/{series_number}/{instance_number}")
        ds.StudyInstanceUID = self.uid
        ds.SeriesInstanceUID = _uid(f"{self.key}/{series_number}")
        ds.PatientName, ds.PatientID = self.name, f"SAMPLE-{self.number}"
        ds.PatientSex, ds.PatientBirthDate = self.sex, self.birth
        ds.PatientComments = "Synthetic sample; no person was examined."
        ds.StudyDate = ds.SeriesDate = ds.ContentDate = self.date
        ds.StudyTime = ds.SeriesTime = ds.ContentTime = self.time
        ds.StudyID, ds.AccessionNumber = str(self.number), f"SAMPLE{self.number:04}"
        ds.StudyDescription, ds.SeriesDescription = self.description, series
        ds.ReferringPhysicianName = ""
        ds.Modality, ds.SeriesNumber, ds.InstanceNumber = modality, series_number, instance_number
        ds.Manufacturer, ds.InstitutionName = "Lumenarc", "Lumenarc samples"
        ds.BurnedInAnnotation = "NO"
        return ds


def load(archive: Archive) -> Loaded:
    """Make the sample studies and store them as if they had been sent."""
    n_stored = n_present = n_failed = 0
    studies: dict[str, None] = {}
    for ds in _samples():
        studies[str(ds.StudyInstanceUID)] = None
        try:
            done = store_part10(archive, [_part10(ds)], Source("SAMPLES"))
        except LumenarcError:
            n_failed += 1
            continue
        n_stored, n_present = n_stored + (done.outcome == "stored"), n_present + (done.outcome == "duplicate")
    return Loaded(tuple(studies), n_stored, n_present, n_failed)


def _uid(name: str) -> str:
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:lumenarc:sample:{name}').int}"


def _part10(ds: Dataset) -> bytes:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _samples() -> Iterator[Dataset]:
    yield from _ct(_Study("ct", "Phantom^Chest", 1, "F", "19710405", "20260112", "091500", "Sample CT chest"))
    yield from _mr(_Study("mr", "Wang^Xiaodong=王^小东", 2, "M", "19840923", "20260203", "143000", "样例 MR 头部"))
    yield from _cr(_Study("cr", "Phantom^Chest", 1, "F", "19710405", "20251130", "080500", "Sample chest radiograph"))
    yield from _us(_Study("us", "Phantom^Heart", 3, "O", "19990101", "20260220", "101000", "Sample echocardiogram"))


def _grey(ds: Dataset, pixels: NDArray[Any], bits: int, window: tuple[float, float]) -> Dataset:
    """Fill in the image pixel module of one grey frame (PS3.3 C.7.6.3)."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.WindowCenter, ds.WindowWidth = window
    ds.PixelData = np.ascontiguousarray(pixels).tobytes()
    return ds


def _slice(ds: Dataset, number: int, n_slices: int, spacing: float, thickness: float) -> Dataset:
    """Fill in the image plane and frame of reference modules of an axial slice (PS3.3 C.7.6.2, C.7.4.1)."""
    half = spacing * (_N_PIXELS - 1) / 2
    place = (number - (n_slices - 1) / 2) * thickness
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = _uid(f"{ds.StudyInstanceUID}/frame"), ""
    ds.PatientPosition, ds.ImageOrientationPatient = "HFS", _AXIAL
    ds.ImagePositionPatient = [-half, -half, -place]
    ds.PixelSpacing, ds.SliceThickness, ds.SliceLocation = [spacing, spacing], thickness, -place
    ds.PatientOrientation = ["L", "P"]
    return ds


def _ct(study: _Study) -> Iterator[Dataset]:
    n_slices = 64
    volume = phantoms.with_ribs(phantoms.drawn(phantoms.CHEST, (n_slices, _N_PIXELS, _N_PIXELS), -1000))
    for number, pixels in enumerate(phantoms.noisy(volume, 12, 7)):
        ds = _slice(study.new(_CT, "CT", "Axial 4 mm", 1, number + 1), number, n_slices, 1.5, 4.0)
        ds.ImageType, ds.AcquisitionNumber, ds.KVP = ["ORIGINAL", "PRIMARY", "AXIAL"], 1, 120
        ds.BodyPartExamined = "CHEST"
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "HU"
        yield _grey(ds, pixels, 16, (40, 400))


def _mr(study: _Study) -> Iterator[Dataset]:
    n_slices = 28
    for series_number, (weight, echo_ms, repetition_ms) in enumerate((("T1", 12, 550), ("T2", 95, 4200)), 1):
        volume = phantoms.drawn(phantoms.head(weight), (n_slices, _N_PIXELS, _N_PIXELS), 0)
        for number, pixels in enumerate(phantoms.noisy(volume, 14, 100 + series_number)):
            ds = study.new(_MR, "MR", f"{weight} axial", series_number, number + 1)
            _slice(ds, number, n_slices, 0.9, 5.0)
            ds.ImageType, ds.BodyPartExamined = ["ORIGINAL", "PRIMARY", "OTHER"], "HEAD"
            ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "NONE", ""
            ds.MRAcquisitionType, ds.EchoTrainLength, ds.MagneticFieldStrength = "2D", 1, 1.5
            ds.EchoTime, ds.RepetitionTime = echo_ms, repetition_ms
            yield _grey(ds, np.clip(pixels, 0, 4095).astype(np.uint16), 12, (450, 900))


def _cr(study: _Study) -> Iterator[Dataset]:
    pixels = phantoms.projection(1024)
    ds = study.new(_CR, "CR", "PA", 1, 1)
    ds.ImageType, ds.BodyPartExamined, ds.ViewPosition = ["ORIGINAL", "PRIMARY"], "CHEST", "PA"
    ds.PatientOrientation = ["L", "F"]
    ds.ImagerPixelSpacing, ds.KVP = [0.4, 0.4], 110
    ds.LossyImageCompression, ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "00", 0, 1, "US"
    yield _grey(ds, pixels, 12, (2048, 4096))


def _us(study: _Study) -> Iterator[Dataset]:
    frames = phantoms.beating(24, 360, 480)
    ds = study.new(_US, "US", "Four chambers", 1, 1)
    ds.ImageType, ds.BodyPartExamined = ["ORIGINAL", "PRIMARY"], "HEART"
    ds.PatientOrientation, ds.LossyImageCompression = "", "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape[:3]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.FrameTime, ds.FrameIncrementPointer, ds.UltrasoundColorDataPresent = 40, 0x00181063, 0
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 479, 359
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.045
    ds.SequenceOfUltrasoundRegions = [region]
    ds.PixelData = frames.tobytes()
    yield ds
