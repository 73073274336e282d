"""How are made-up CT, MR and PET volumes imaged, slice by slice? (PS3.3 A.3, A.4, A.21)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from lumenarc.dicom import phantoms
from lumenarc.dicom.synthetic.study import Amount, Series, Study, codes, item

CT, MR, PET = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"
FIELD_MM, _AXIAL = 384.0, [1, 0, 0, 0, 1, 0]
_FLUORINE_HALF_LIFE_S = 6586.2
_DOSE_BQ, _UPTAKE_S = 350e6, 3600
# Standardised uptake values of the bodies of the chest phantom, in its order; the last is the nodule.
_UPTAKE = (0.4, 0.7, 0.9, 0.4, 0.4, 2.2, 1.6, 1.7, 0.1, 2.1, 1.0, 1.0, 1.3, 8.0)


def grey(ds: Dataset, pixels: NDArray[Any], bits: int, window: tuple[float, float]) -> Dataset:
    """Fill in the image pixel module of one grey frame, or of several: array [row, column] or [frame, row, column]."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        ds.NumberOfFrames = pixels.shape[0]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = pixels.dtype.itemsize * 8, bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    if window != (0, 0):
        ds.WindowCenter, ds.WindowWidth = window
    data = np.ascontiguousarray(pixels).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize == 2 else "OB"
    return ds


def plane(ds: Dataset, study: Study, number: int, n_slices: int, spacing: float, thickness: float) -> Dataset:
    """Fill in the image plane and frame of reference modules of an axial slice (PS3.3 C.7.6.2, C.7.4.1)."""
    half = FIELD_MM / 2 - spacing / 2
    place = (number - (n_slices - 1) / 2) * thickness
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = study.uid("/frame"), ""
    ds.PatientPosition, ds.ImageOrientationPatient = "HFS", _AXIAL
    ds.ImagePositionPatient = [-half, -half, round(-place, 3)]
    ds.PixelSpacing, ds.SliceThickness, ds.SliceLocation = [spacing, spacing], thickness, round(-place, 3)
    ds.PatientOrientation = ["L", "P"]
    return ds


def ct(study: Study, amount: Amount, series_number: int = 1) -> Iterator[Dataset]:
    """Make an axial CT of the chest."""
    n_slices, n_pixels = amount.frames(64), amount.pixels(256)
    thickness = round(256 / n_slices, 3)
    series = Series(series_number, "CT", f"Axial {thickness:g} mm", "CHEST")
    volume = phantoms.with_ribs(phantoms.drawn(phantoms.CHEST, (n_slices, n_pixels, n_pixels), -1000))
    for number, pixels in enumerate(phantoms.noisy(volume, 12, study.seed + 7)):
        ds = plane(study.new(CT, series, number + 1), study, number, n_slices, round(FIELD_MM / n_pixels, 6), thickness)
        ds.ImageType, ds.AcquisitionNumber, ds.KVP = ["ORIGINAL", "PRIMARY", "AXIAL"], 1, 120
        ds.AcquisitionDate, ds.AcquisitionTime = study.date, study.time
        ds.ConvolutionKernel, ds.ReconstructionDiameter, ds.GantryDetectorTilt = "B30f", FIELD_MM, 0
        ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = 500, 200, 100
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "HU"
        ds.BurnedInAnnotation = "NO"
        yield grey(ds, pixels, 16, (40, 400))


def mr(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make T1- and T2-weighted axial series of the head."""
    n_slices, n_pixels = amount.frames(28), amount.pixels(256)
    thickness = round(140 / n_slices, 3)
    for series_number, (weight, echo_ms, repetition_ms) in enumerate((("T1", 12, 550), ("T2", 95, 4200)), 1):
        series = Series(series_number, "MR", f"{weight} axial", "HEAD")
        volume = phantoms.drawn(phantoms.head(weight), (n_slices, n_pixels, n_pixels), 0)
        for number, pixels in enumerate(phantoms.noisy(volume, 14, study.seed + 100 + series_number)):
            ds = plane(
                study.new(MR, series, number + 1), study, number, n_slices, round(FIELD_MM / n_pixels, 6), thickness
            )
            ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
            ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "NONE", ""
            ds.MRAcquisitionType, ds.EchoTrainLength, ds.MagneticFieldStrength = "2D", 1, 1.5
            ds.EchoTime, ds.RepetitionTime, ds.FlipAngle = echo_ms, repetition_ms, 90
            ds.AcquisitionDate, ds.AcquisitionTime = study.date, study.time
            ds.AcquisitionNumber, ds.BurnedInAnnotation = series_number, "NO"
            yield grey(ds, np.clip(pixels, 0, 4095).astype(np.uint16), 12, (450, 900))


def pet(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a PET of the chest over its CT; the nodule has an uptake (SUV by body weight) of 8."""
    n_slices, n_pixels = amount.frames(64), amount.pixels(128)
    yield from ct(study, Amount(amount.pixels(256), n_slices))
    thickness = round(256 / n_slices, 3)
    bodies = tuple(
        phantoms.Ellipsoid(body.centre, body.axes, uptake) for body, uptake in zip(phantoms.CHEST, _UPTAKE, strict=True)
    )
    per_uptake = _DOSE_BQ * 0.5 ** (_UPTAKE_S / _FLUORINE_HALF_LIFE_S) / (study.person.weight_kg * 1000)
    activity = phantoms.drawn(bodies, (n_slices, n_pixels, n_pixels), 0) * per_uptake
    activity *= 1 + study.random().standard_normal(activity.shape, dtype=np.float32) * 0.02
    series = Series(2, "PT", "FDG, attenuation corrected", "CHEST")
    for number, values in enumerate(activity):
        ds = plane(
            study.new(PET, series, number + 1), study, number, n_slices, round(FIELD_MM / n_pixels, 6), thickness
        )
        slope = round(max(float(values.max()), 1.0) / 32000, 6)
        ds.ImageType = ["ORIGINAL", "PRIMARY"]
        _pet_series(ds, study, n_slices)
        del ds.PatientPosition  # said by the codes of the gantry relationship
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, slope, "BQML"
        ds.AcquisitionDate, ds.AcquisitionTime = study.date, study.time
        ds.ActualFrameDuration, ds.FrameReferenceTime, ds.DecayFactor, ds.ImageIndex = 120000, 60000, 1, number + 1
        ds.ScatterFractionFactor, ds.DeadTimeFactor = 0.3, 1
        window = round(5 * per_uptake), round(10 * per_uptake)
        yield grey(ds, np.rint(np.clip(values, 0, None) / slope).astype(np.int16), 16, window)


def _pet_series(ds: Dataset, study: Study, n_slices: int) -> None:
    """Fill in the PET series, isotope and orientation modules: what an SUV is computed of (PS3.3 C.8.9)."""
    ds.Units, ds.CountsSource, ds.SeriesType, ds.NumberOfSlices = "BQML", "EMISSION", ["STATIC", "IMAGE"], n_slices
    ds.CorrectedImage, ds.DecayCorrection = ["ATTN", "DECY", "SCAT", "DTIM", "NORM"], "START"
    ds.CollimatorType, ds.AttenuationCorrectionMethod, ds.ReconstructionMethod = "NONE", "CT", "OSEM"
    ds.PatientOrientationCodeSequence = codes("102538003", "SCT", "recumbent")
    ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = codes("40199007", "SCT", "supine")
    ds.PatientGantryRelationshipCodeSequence = codes("102540008", "SCT", "headfirst")
    clock = int(study.time[:2]) * 3600 + int(study.time[2:4]) * 60 + int(study.time[4:6]) - _UPTAKE_S
    start = f"{clock // 3600:02}{clock // 60 % 60:02}{clock % 60:02}"
    drug = item(
        Radiopharmaceutical="Fluorodeoxyglucose", RadiopharmaceuticalStartTime=start,
        RadiopharmaceuticalStartDateTime=study.date + start, RadionuclideTotalDose=_DOSE_BQ,
        RadionuclideHalfLife=_FLUORINE_HALF_LIFE_S, RadionuclidePositronFraction=0.967,
        RadionuclideCodeSequence=codes("77004003", "SCT", "^18^Fluorine"),
        RadiopharmaceuticalCodeSequence=codes("35321007", "SCT", "Fluorodeoxyglucose F^18^"),
    )  # fmt: skip
    ds.RadiopharmaceuticalInformationSequence = [drug]
