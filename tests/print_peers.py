"""Whom does a test print with? DCMTK's programs with their configuration, pynetdicom's classes, and a film's pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pynetdicom import sop_class

META, COLOR = sop_class.BasicGrayscalePrintManagementMeta, sop_class.BasicColorPrintManagementMeta  # type: ignore[attr-defined]
JOB = sop_class.PrintJob  # type: ignore[attr-defined]
SESSION, FILM, BOX, COLOR_BOX = (f"1.2.840.10008.5.1.1.{n}" for n in ("1", "2", "4", "4.1"))
PRINTER, PRINTER_INSTANCE = "1.2.840.10008.5.1.1.16", "1.2.840.10008.5.1.1.17"

_CONFIGURATION = r"""[[GENERAL]]
[APPLICATION]
LogDirectory = {folder}
LogFile = general.log
[PRINT]
Spooler = dcmprscu
Server = dcmprscp
Directory = {folder}
MinPrintResolution = 64\64
MaxPrintResolution = 8192\8192
[DATABASE]
Directory = {folder}/db
[LUT]
Directory = {folder}
[NETWORK]
aetitle = DCMPSTATE
[[COMMUNICATION]]
[PRINTER]
Aetitle = {title}
Hostname = localhost
Port = {port}
Type = {kind}
BorderDensity = 150\BLACK\WHITE
DisplayFormat=1,1\1,2\2,2
EmptyImageDensity = 20\BLACK\WHITE
FilmDestination = MAGAZINE
FilmSizeID = 8INX10IN\14INX17IN
MagnificationType = REPLICATE\CUBIC\NONE
MaxDensity = 320
MediumType = PAPER
MinDensity = 20
Supports12Bit = true
SupportsImageSize = true
SupportsPresentationLUT = true
SupportsTrim = true
Annotation = 2\ANNOTATION
"""


def configured(folder: Path, port: int, kind: str, title: str = "PRINTER") -> Path:
    (folder / "db").mkdir(parents=True)
    path = folder / "dcmpstat.cfg"
    path.write_text(_CONFIGURATION.format(folder=folder, port=port, kind=kind, title=title))
    return path


def contains(film: Any, pixels: Any) -> bool:
    """Say whether these pixels stand somewhere on a film, as they are."""
    rows, columns = pixels.shape
    places = np.argwhere(film[: film.shape[0] - rows + 1, : film.shape[1] - columns + 1] == pixels[0, 0])
    return any((film[y : y + rows, x : x + columns] == pixels).all() for y, x in places)


def red_box() -> Dataset:
    box, item = Dataset(), Dataset()
    item.SamplesPerPixel, item.PhotometricInterpretation, item.PlanarConfiguration = 3, "RGB", 1
    item.Rows = item.Columns = 2
    item.BitsAllocated = item.BitsStored = 8
    item.HighBit, item.PixelRepresentation = 7, 0
    item.PixelData = b"\xff" * 4 + b"\0" * 8
    item["PixelData"].VR = "OB"
    box.ImageBoxPosition, box.BasicColorImageSequence = 1, [item]
    return box
