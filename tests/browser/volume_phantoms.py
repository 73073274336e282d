"""Which made-up volumes do the browser tests look at? Bodies of known places, sizes and values (PS3.3 A.3, A.21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import phantoms
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, PositronEmissionTomographyImageStorage, generate_uid

Array = NDArray[np.float64]
Field = Callable[[Array, Array, Array], Array]
FOR_UID = "1.2.826.0.1.3680043.10.1479.7"
# The marker: 4 mm wide cube of 2000 HU around this place; nothing else is as bright.
MARKER = (11.0, -7.0, 16.0)
# The bar: 40 mm long from head to foot, 8 mm wide, of 800 HU.
BAR = (-12.0, 8.0, 0.0)
BAR_SIZE = (8.0, 8.0, 40.0)
WATER_RADIUS = 28.0


def box(x: Array, y: Array, z: Array, centre: Sequence[float], size: Sequence[float]) -> NDArray[np.bool_]:
    """Say which places lie in an upright box."""
    inside = [abs(a - c) < s / 2 for a, c, s in zip((x, y, z), centre, size, strict=True)]
    return inside[0] & inside[1] & inside[2]


def body(x: Array, y: Array, z: Array) -> Array:
    """Return HU at places in the patient: air, a cylinder of water, the bar, the marker."""
    out = np.full(x.shape, -1000.0)
    out[x**2 + y**2 < WATER_RADIUS**2] = 0
    out[box(x, y, z, BAR, BAR_SIZE)] = 800
    out[box(x, y, z, MARKER, (4, 4, 4))] = 2000
    return out


@dataclass(frozen=True, slots=True)
class Cut:
    """How slices lie: size in columns and rows, mm between columns, rows and slices, and where the first pixel is."""

    columns: int
    rows: int
    count: int
    spacing: tuple[float, float, float]
    first: tuple[float, float, float]
    row: tuple[float, float, float] = (1, 0, 0)
    column: tuple[float, float, float] = (0, 1, 0)
    # From one slice to the next; along the normal unless the gantry was tilted.
    step: tuple[float, float, float] = (0, 0, 1)

    def place(self, index: int) -> Array:
        """Return where the first pixel of a slice lies."""
        return np.asarray(self.first, float) + index * self.spacing[2] * np.asarray(self.step, float)

    def sampled(self, field: Field, index: int) -> Array:
        """Return a field at the middles of the pixels of a slice."""
        j, i = np.mgrid[: self.rows, : self.columns]
        at = [
            p + i * self.spacing[0] * r + j * self.spacing[1] * c
            for p, r, c in zip(self.place(index), self.row, self.column, strict=True)
        ]
        return field(at[0], at[1], at[2])


def offsets(cut: Cut) -> Array:
    """Return how far every voxel lies from the first one, in mm: three coordinates by slice, row and column."""
    k, j, i = np.mgrid[: cut.count, : cut.rows, : cut.columns].astype(float)
    ways = zip(
        (k, j, i), (cut.spacing[2], cut.spacing[1], cut.spacing[0]), (cut.step, cut.column, cut.row), strict=True
    )
    return sum((np.asarray(way, float)[:, None, None, None] * n * mm for n, mm, way in ways), np.zeros((3, *k.shape)))


# Neither square nor cubic: 0.5 x 0.8 mm pixels, 1.25 mm apart; middles of voxels lie on whole multiples.
UPRIGHT = Cut(160, 96, 48, (0.5, 0.8, 1.25), (-40.0, -38.4, -30.0))
_TILT = np.deg2rad(15)
# The gantry leans by 15 degrees: the table still moves straight to the head.
TILTED = Cut(
    120, 120, 40, (0.7, 0.7, 1.5), (-42.0, -40.0, -20.0),
    column=(0, float(np.cos(_TILT)), float(-np.sin(_TILT))), step=(0, 0, 1),
)  # fmt: skip


def _placed(data_set: Dataset, cut: Cut, index: int, frame_of_reference: str) -> None:
    data_set.InstanceNumber, data_set.FrameOfReferenceUID = index + 1, frame_of_reference
    data_set.ImageOrientationPatient = [round(v, 9) for v in (*cut.row, *cut.column)]
    data_set.ImagePositionPatient = [round(float(v), 6) for v in cut.place(index)]
    data_set.PixelSpacing = [cut.spacing[1], cut.spacing[0]]
    data_set.SliceThickness = cut.spacing[2]


def write_ct(folder: Path, study_uid: str, cut: Cut = UPRIGHT, *, field: Field = body, name: str = "Body") -> str:
    """Write a CT series of a field in HU; return its Series Instance UID."""
    series_uid = generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(cut.count):
        data_set = phantoms.instance(CTImageStorage, generate_uid(), "CT", study_uid, series_uid)
        _placed(data_set, cut, index, FOR_UID)
        data_set.SeriesNumber, data_set.SeriesDescription = 1, name
        data_set.RescaleSlope, data_set.RescaleIntercept, data_set.RescaleType = 1, -1024, "HU"
        data_set.WindowCenter, data_set.WindowWidth, data_set.KVP = 400, 1600, 120
        pixels = (cut.sampled(field, index) + 1024).clip(0, 4095).astype(np.uint16)
        phantoms.set_pixels(data_set, pixels, stored=12)
        data_set.save_as(folder / f"{series_uid[-8:]}-{index:04}.dcm", enforce_file_format=True)
    return series_uid


# Coarser than the CT and shifted by half a voxel: only places in the patient say what lies where.
PET_CUT = Cut(40, 40, 24, (2.5, 2.5, 2.5), (-48.75, -48.75, -28.75))
WEIGHT_KG, DOSE_BQ, HALF_LIFE_S, WAITED_S = 80.0, 370e6, 6586.2, 3600
HOT_SUV, WARM_SUV = 8.0, 1.0
HOT_RADIUS = 6.0


def uptake(x: Array, y: Array, z: Array) -> Array:
    """Return SUV by body weight: a warm cylinder with one hot ball around the marker of the CT."""
    out = np.where(x**2 + y**2 < WATER_RADIUS**2, WARM_SUV, 0.0)
    hot = (x - MARKER[0]) ** 2 + (y - MARKER[1]) ** 2 + (z - MARKER[2]) ** 2 < HOT_RADIUS**2
    return np.where(hot, HOT_SUV, out)


def write_pet(folder: Path, study_uid: str, *, frame_of_reference: str = FOR_UID) -> str:
    """Write a PET series in Bq/ml, decay corrected to its start an hour after the injection; return its UID."""
    series_uid = generate_uid()
    folder.mkdir(parents=True, exist_ok=True)
    left_bq = DOSE_BQ * 2 ** (-WAITED_S / HALF_LIFE_S)
    bq_per_suv = left_bq / (WEIGHT_KG * 1000)
    slope = 20 * bq_per_suv / 32767
    for index in range(PET_CUT.count):
        uid = generate_uid()
        data_set = phantoms.instance(PositronEmissionTomographyImageStorage, uid, "PT", study_uid, series_uid)
        _placed(data_set, PET_CUT, index, frame_of_reference)
        data_set.SeriesNumber, data_set.SeriesDescription = 2, "PET WB"
        data_set.SeriesDate, data_set.SeriesTime = "20261120", "151500"
        data_set.AcquisitionDate, data_set.AcquisitionTime = "20261120", "151500"
        data_set.Units, data_set.CountsSource, data_set.DecayCorrection = "BQML", "EMISSION", "START"
        data_set.SeriesType, data_set.CorrectedImage = ["WHOLE BODY", "IMAGE"], ["ATTN", "DECY", "SCAT"]
        data_set.PatientWeight, data_set.FrameReferenceTime = WEIGHT_KG, 0
        dose = Dataset()
        dose.RadiopharmaceuticalStartTime = "141500"
        dose.RadionuclideTotalDose, dose.RadionuclideHalfLife = DOSE_BQ, HALF_LIFE_S
        data_set.RadiopharmaceuticalInformationSequence = [dose]
        data_set.RescaleSlope, data_set.RescaleIntercept = f"{slope:.10g}", 0
        stored = (PET_CUT.sampled(uptake, index) * bq_per_suv / slope).round().astype(np.int16)
        phantoms.set_pixels(data_set, stored, signed=True)
        data_set.save_as(folder / f"{series_uid[-8:]}-{index:04}.dcm", enforce_file_format=True)
    return series_uid
