"""How are made-up radiographs, mammograms, angiograms, ultrasound clips and scintigrams imaged? (PS3.3 A.2, A.26 …)"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from lumenarc.dicom import phantoms
from lumenarc.dicom.synthetic.study import Amount, Series, Study, code, codes, item
from lumenarc.dicom.synthetic.volumes import grey

_S = "1.2.840.10008.5.1.4.1.1."
CR, DX, MG, XA, NM, US = _S + "1", _S + "1.1", _S + "1.2", _S + "12.1", _S + "20", _S + "3.1"
_THORAX, _BREAST = ("816094009", "SCT", "Chest"), ("76752008", "SCT", "Breast")
_CRANIO_CAUDAL, _OBLIQUE = ("399162004", "SCT", "cranio-caudal"), ("399368009", "SCT", "medio-lateral oblique")


def cr(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a computed radiograph of the chest."""
    n_pixels = amount.pixels(1024)
    ds = study.new(CR, Series(1, "CR", "PA", "CHEST"), 1)
    ds.ImageType, ds.ViewPosition = ["ORIGINAL", "PRIMARY"], "PA"
    ds.PatientOrientation = ["L", "F"]
    ds.ImagerPixelSpacing, ds.KVP = [round(409.6 / n_pixels, 6)] * 2, 110
    ds.LossyImageCompression, ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "00", 0, 1, "US"
    ds.BurnedInAnnotation = "NO"
    yield grey(ds, phantoms.projection(n_pixels, study.seed + 11), 12, (2048, 4096))


def dx(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a digital radiograph of the chest, from behind and from the side."""
    n_pixels = amount.pixels(1024)
    for number, view in enumerate(("PA", "LL"), 1):
        ds = study.new(DX, Series(1, "DX", "Chest PA and lateral", "CHEST"), number)
        _digital(ds, n_pixels, ("L", "F") if view == "PA" else ("A", "F"), "U", _THORAX)
        ds.ViewPosition, ds.PositionerType = view, ""
        code_of_view = ("272479007", "SCT", "postero-anterior") if view == "PA" else ("399067008", "SCT", "lateral")
        ds.ViewCodeSequence = codes(*code_of_view)
        ds.ViewCodeSequence[0].ViewModifierCodeSequence = []
        axis = 1 if view == "PA" else 2
        yield grey(ds, phantoms.projection(n_pixels, study.seed + number, axis), 12, (2048, 4096))


def mg(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make the four views of a mammography; there is a mass in the left breast."""
    n_pixels = amount.pixels(768)
    views = [(side, view) for view in (_CRANIO_CAUDAL, _OBLIQUE) for side in "RL"]
    for number, (side, view) in enumerate(views, 1):
        ds = study.new(MG, Series(1, "MG", "Screening", "BREAST"), number)
        _digital(ds, n_pixels, ("P" if side == "L" else "A", side), side, _BREAST)
        ds.ViewCodeSequence = codes(*view)
        ds.ViewCodeSequence[0].ViewModifierCodeSequence = []
        ds.ViewPosition = "CC" if view is _CRANIO_CAUDAL else "MLO"
        ds.PositionerType, ds.OrganExposed, ds.OrganDose = "MAMMOGRAPHIC", "BREAST", 0.0002
        ds.PositionerPrimaryAngle = 0 if view is _CRANIO_CAUDAL else 45
        ds.BreastImplantPresent, ds.PartialView, ds.BodyPartThickness, ds.CompressionForce = "NO", "NO", 52, 110
        ds.AnodeTargetMaterial, ds.FilterMaterial, ds.KVP, ds.ExposureInuAs = "TUNGSTEN", "RHODIUM", 28, 90000
        yield grey(ds, phantoms.breast(n_pixels, side, study.seed + number), 12, (2048, 3600))


def _digital(ds: Dataset, n_pixels: int, orientation: tuple[str, str], side: str, region: tuple[str, str, str]) -> None:
    """Fill in the DX image, series, anatomy, detector and acquisition context modules (PS3.3 C.8.11)."""
    ds.ImageType, ds.PatientOrientation = ["ORIGINAL", "PRIMARY", ""], list(orientation)
    ds.PresentationIntentType, ds.PresentationLUTShape = "FOR PRESENTATION", "IDENTITY"
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.LossyImageCompression, ds.BurnedInAnnotation = "00", "NO"
    ds.ImageLaterality, ds.AnatomicRegionSequence = side, codes(*region)
    ds.DetectorType, ds.DetectorID, ds.ImagerPixelSpacing = "DIRECT", "0", [round(409.6 / n_pixels, 6)] * 2
    ds.PixelSpacing, ds.DetectorConditionsNominalFlag = ds.ImagerPixelSpacing, "YES"
    ds.AcquisitionDate, ds.AcquisitionTime = ds.StudyDate, ds.StudyTime
    ds.AcquisitionContextSequence = []


def us(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make an ultrasound clip of a heart that beats, with the region that gives its scale."""
    rows = amount.pixels(360)
    columns = rows * 4 // 3
    frames = phantoms.beating(amount.frames(24), rows, columns, study.seed + 23)
    ds = study.new(US, Series(1, "US", "Four chambers", "HEART"), 1)
    ds.ImageType, ds.PatientOrientation, ds.LossyImageCompression = ["ORIGINAL", "PRIMARY"], "", "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape[:3]
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.FrameTime, ds.FrameIncrementPointer, ds.UltrasoundColorDataPresent = 40, 0x00181063, 0
    ds.StartTrim, ds.StopTrim, ds.RecommendedDisplayFrameRate, ds.CineRate = 1, ds.NumberOfFrames, 25, 25
    ds.BurnedInAnnotation = "NO"
    region = item(
        RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=0, RegionLocationMinY0=0,
        RegionLocationMaxX1=columns - 1, RegionLocationMaxY1=rows - 1, PhysicalUnitsXDirection=3,
        PhysicalUnitsYDirection=3, PhysicalDeltaX=16.2 / rows, PhysicalDeltaY=16.2 / rows,
    )  # fmt: skip
    ds.SequenceOfUltrasoundRegions = [region]
    ds.PixelData = frames.tobytes() + b"\0" * (frames.size % 2)
    yield ds


def xa(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make an angiogram: contrast flows through vessels that fork."""
    n_pixels, n_frames = amount.pixels(512), amount.frames(20)
    ds = study.new(XA, Series(1, "XA", "Left coronary", "HEART"), 1)
    ds.ImageType, ds.PatientOrientation = ["ORIGINAL", "PRIMARY", "SINGLE PLANE"], ["L", "F"]
    ds.AcquisitionDate, ds.AcquisitionTime, ds.AcquisitionNumber = study.date, study.time, 1
    ds.PixelIntensityRelationship, ds.RadiationSetting, ds.KVP = "LIN", "GR", 75
    ds.XRayTubeCurrent, ds.ExposureTime, ds.AveragePulseWidth = 400, 8, 8
    ds.PositionerMotion, ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle = "STATIC", -30, 20
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = 1000, 700
    ds.ImagerPixelSpacing, ds.IntensifierSize = [round(153.6 / n_pixels, 6)] * 2, 170
    ds.FrameTime, ds.FrameIncrementPointer, ds.RecommendedDisplayFrameRate = 66.7, 0x00181063, 15
    ds.CineRate, ds.BurnedInAnnotation, ds.LossyImageCompression = 15, "NO", "00"
    ds.ContrastBolusAgent = "Iohexol"
    yield grey(ds, phantoms.filling(n_frames, n_pixels, study.seed + 41), 8, (128, 256))


def nm(study: Study, amount: Amount) -> Iterator[Dataset]:
    """Make a bone scan, seen from the front and from behind by two detectors."""
    n_pixels = amount.pixels(256)
    frames = _scan(n_pixels, study.random())
    ds = study.new(NM, Series(1, "NM", "Bone scan, anterior and posterior", "CHEST"), 1)
    ds.ImageType, ds.PatientOrientation = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"], ""
    ds.AcquisitionDate, ds.AcquisitionTime, ds.ActualFrameDuration = study.date, study.time, 300000
    ds.FrameIncrementPointer = [0x00540010, 0x00540020]
    ds.EnergyWindowVector, ds.NumberOfEnergyWindows = [1, 1], 1
    ds.DetectorVector, ds.NumberOfDetectors = [1, 2], 2
    ds.PixelSpacing, ds.CountsAccumulated = [round(512 / n_pixels, 6)] * 2, int(frames.sum())
    ds.PatientOrientationCodeSequence = codes("102538003", "SCT", "recumbent")
    ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = codes("40199007", "SCT", "supine")
    ds.PatientGantryRelationshipCodeSequence = codes("102540008", "SCT", "headfirst")
    window = item(EnergyWindowLowerLimit=126, EnergyWindowUpperLimit=154)
    ds.EnergyWindowInformationSequence = [item(EnergyWindowName="Tc99m", EnergyWindowRangeSequence=[window])]
    drug = item(
        Radiopharmaceutical="Tc99m MDP", RadionuclideTotalDose=600, RadionuclideCodeSequence=codes(
            "72454003", "SCT", "^99m^Technetium"),
    )  # fmt: skip
    ds.RadiopharmaceuticalInformationSequence = [drug]
    ds.DetectorInformationSequence = [
        item(
            CollimatorGridName="LEHR", CollimatorType="PARA", FieldOfViewShape="RECTANGLE",
            FocalDistance="", StartAngle=angle,
            ViewCodeSequence=[code(value, "SCT", meaning)], ImagePositionPatient=[-256, 0, 256],
            ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
        )
        for angle, value, meaning in ((0, "255549009", "Anterior"), (180, "255551008", "Posterior"))
    ]  # fmt: skip
    ds.BurnedInAnnotation = "NO"
    yield grey(ds, frames, 16, (float(frames.max()) / 2, float(frames.max())))


def _scan(n_pixels: int, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Count what bone gives off: the phantom's bright bodies, summed along the view, nearer ones more."""
    volume = phantoms.with_ribs(phantoms.drawn(phantoms.CHEST, (n_pixels, 48, n_pixels), -1000))
    bone = np.where(volume > 200, 3.0, np.where(volume > -200, 0.25, 0.0))
    depth = np.exp(-np.linspace(0, 2.2, 48))[None, :, None]
    views = [(bone * depth).sum(axis=1), (bone * depth[:, ::-1]).sum(axis=1)[:, ::-1]]
    return np.stack([rng.poisson(view * 4).astype(np.uint16) for view in views])
