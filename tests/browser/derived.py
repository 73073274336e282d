"""Which made-up objects lie over the CT phantom? Segmentations by highdicom (PS3.3 A.51), structures, dose and plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import phantoms
import pydicom
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

# CIELab in D50 of sRGB red and green, as PS3.3 C.10.7.1.1 stores it: what a reader must see again.
RED_LAB = (54.29, 80.81, 69.89)
GREEN_LAB = (87.82, -79.29, 80.99)


def images_in(folder: Path) -> list[Dataset]:
    """Return the CT images of a folder in the order of their places."""
    found = [pydicom.dcmread(file) for file in folder.glob("ct*.dcm")]
    return sorted(found, key=lambda image: float(image.ImagePositionPatient[2]))


def segment(number: int, label: str, lab: tuple[float, float, float]) -> Any:
    """Describe a segment, drawn by an algorithm, in a colour of CIELab."""
    made_by = hd.AlgorithmIdentificationSequence("Threshold", codes.cid7162.ArtificialIntelligence, "1.0")
    return hd.seg.SegmentDescription(
        number, label, codes.SCT.Organ, codes.SCT.Liver, hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC, made_by,
        display_color=hd.color.CIELabColor(*lab),
    )  # fmt: skip


def write_segmentations(folder: Path, images: list[Dataset]) -> None:
    """Write a binary segmentation of two segments and a fractional one.

    "Square" covers columns 20..39 and rows 30..49 of slices 6..11, "Rod" columns 80..99 and rows 70..99 of all slices;
    "Half" has the value one half in columns 0..31 of rows 0..31 everywhere.
    """
    count, rows, columns = len(images), images[0].Rows, images[0].Columns
    masks = np.zeros((count, rows, columns, 2), np.uint8)
    masks[6:12, 30:50, 20:40, 0] = 1
    masks[:, 70:100, 80:100, 1] = 1
    binary = [segment(1, "Square <b>", RED_LAB), segment(2, "Rod", GREEN_LAB)]
    half = np.zeros((count, rows, columns), np.float32)
    half[:, :32, :32] = 0.5
    _write(folder / "seg.dcm", images, masks, binary, "BINARY", "Organs")
    _write(folder / "seg-fractional.dcm", images, half, [segment(1, "Half", GREEN_LAB)], "FRACTIONAL", "Probability")


def _write(file: Path, images: list[Dataset], pixels: Any, segments: list[Any], kind: str, name: str) -> None:
    made = hd.seg.Segmentation(
        images, pixels, hd.seg.SegmentationTypeValues[kind], segments, generate_uid(), 30 + len(segments),
        generate_uid(), 1, "Lumenarc", "Tests", "1", "0", series_description=name,
        transfer_syntax_uid=ExplicitVRLittleEndian, omit_empty_frames=True,
    )  # fmt: skip
    made.save_as(file)


def write_times(folder: Path, places: int = 5, times: int = 4) -> str:
    """Write an MR series with `times` images at each of `places` places; every pixel is 1000 * time + 100 * place."""
    study, series = generate_uid(), generate_uid()
    for time in range(times):
        for place in range(places):
            image = phantoms.instance(MRImageStorage, generate_uid(), "MR", study, series)
            # Numbered place by place, as many scanners do.
            image.SeriesNumber, image.InstanceNumber = 1, place * times + time + 1
            image.SeriesDescription, image.FrameOfReferenceUID = "Perfusion", phantoms.FOR_UID
            image.ImageOrientationPatient, image.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 5.0 * place]
            image.PixelSpacing, image.SliceThickness = [1, 1], 5
            image.TemporalPositionIdentifier, image.NumberOfTemporalPositions = time + 1, times
            image.WindowCenter, image.WindowWidth = 2500, 5000
            pixels = np.full((64, 64), 1000 * time + 100 * place, np.int16)
            phantoms.set_pixels(image, pixels, signed=True)
            image.save_as(folder / f"time{time}-{place}.dcm", enforce_file_format=True)
    return study
