"""Which made-up images show how brightness, overlays, shutters and states are applied? PS3.3 C.7.6, C.9.2, C.10 f."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from phantoms import instance, set_pixels
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
    GrayscaleSoftcopyPresentationStateStorage,
    generate_uid,
)

SIDE = 64
RAMP_STEP = 64


def _image(folder: Path, name: str, pixels: np.ndarray, stored: int) -> FileDataset:
    """Return a digital radiograph in a study of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    data_set = instance(DigitalXRayImageStorageForPresentation, generate_uid(), "DX", generate_uid(), generate_uid())
    data_set.SeriesNumber, data_set.InstanceNumber, data_set.SeriesDescription = 1, 1, name
    data_set.PixelSpacing = [0.2, 0.2]
    set_pixels(data_set, pixels, stored=stored)
    return data_set


def _ramp() -> np.ndarray:
    """Return values that rise by RAMP_STEP from column to column."""
    return np.broadcast_to(np.arange(SIDE) * RAMP_STEP, (SIDE, SIDE)).astype(np.uint16)


def _lut(first: int, entries: list[int], bits: int, explanation: str) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTExplanation = explanation
    item.LUTData = np.array(entries, np.uint16).tobytes()
    item["LUTData"].VR = "OW"
    return item


def write_tables(folder: Path) -> str:
    """Write an image with two VOI LUTs, overlays of both kinds and a circular shutter; return its study."""
    pixels = _ramp().copy()
    pixels[50:56, 30:36] |= 0x8000
    data_set = _image(folder, "tables", pixels, 12)
    squares = [round((i / 4095) ** 2 * 65535) for i in range(4096)]
    data_set.VOILUTSequence = [_lut(0, squares, 16, "SQUARES"), _lut(0, [4095 - i for i in range(4096)], 12, "DOWN")]
    plane = np.zeros((8, 16), np.uint8)
    plane[2:6, 4:12] = 1

    data_set.add_new(0x60000010, "US", 8)
    data_set.add_new(0x60000011, "US", 16)
    data_set.add_new(0x60000040, "CS", "G")
    data_set.add_new(0x60000050, "SS", [11, 21])
    data_set.add_new(0x60000100, "US", 1)
    data_set.add_new(0x60000102, "US", 0)
    data_set.add_new(0x60003000, "OW", np.packbits(plane.ravel(), bitorder="little").tobytes())
    data_set.add_new(0x60020010, "US", SIDE)
    data_set.add_new(0x60020011, "US", SIDE)
    data_set.add_new(0x60020040, "CS", "G")
    data_set.add_new(0x60020050, "SS", [1, 1])
    data_set.add_new(0x60020100, "US", 16)
    data_set.add_new(0x60020102, "US", 15)
    data_set.ShutterShape, data_set.CenterOfCircularShutter, data_set.RadiusOfCircularShutter = "CIRCULAR", [32, 32], 31
    data_set.ShutterPresentationValue = 0x8000
    data_set.save_as(folder / "tables.dcm", enforce_file_format=True)
    return str(data_set.StudyInstanceUID)


def write_modality(folder: Path) -> str:
    """Write an image whose Modality LUT makes 1000 + 2 i of i, read by an exact window; return its study."""
    data_set = _image(folder, "modality", np.broadcast_to(np.arange(SIDE) * 4, (SIDE, SIDE)).astype(np.uint8), 8)
    item = _lut(0, [1000 + 2 * i for i in range(256)], 16, "")
    item.ModalityLUTType = "US"
    data_set.ModalityLUTSequence = [item]
    data_set.WindowCenter, data_set.WindowWidth, data_set.VOILUTFunction = 1256, 512, "LINEAR_EXACT"
    data_set.save_as(folder / "modality.dcm", enforce_file_format=True)
    return str(data_set.StudyInstanceUID)


def write_sigmoid(folder: Path) -> str:
    """Write the ramp with a sigmoid window; return its study."""
    data_set = _image(folder, "sigmoid", _ramp(), 12)
    data_set.WindowCenter, data_set.WindowWidth, data_set.VOILUTFunction = 2048, 1024, "SIGMOID"
    data_set.WindowCenterWidthExplanation = "SOFT S"
    data_set.save_as(folder / "sigmoid.dcm", enforce_file_format=True)
    return str(data_set.StudyInstanceUID)


def write_state(folder: Path) -> str:
    """Write the ramp with a bright block near its corner and a state that changes everything; return the study."""
    pixels = _ramp().copy()
    pixels[8:12, 8:12] = 4095
    image = _image(folder, "presented", pixels, 12)
    image.WindowCenter, image.WindowWidth = 2048, 4096
    image.save_as(folder / "presented.dcm", enforce_file_format=True)
    state = instance(
        GrayscaleSoftcopyPresentationStateStorage, generate_uid(), "PR", str(image.StudyInstanceUID), generate_uid()
    )
    state.SeriesNumber, state.InstanceNumber = 2, 1
    state.ContentLabel, state.ContentDescription = "TURNED", "Turned <b>and</b> drawn"
    state.PresentationCreationDate, state.PresentationCreationTime, state.ContentCreatorName = "20261124", "1200", "A^B"
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = image.SeriesInstanceUID, [reference]
    state.ReferencedSeriesSequence = [series]
    window = Dataset()
    window.WindowCenter, window.WindowWidth = 1024, 2048
    state.SoftcopyVOILUTSequence = [window]
    state.PresentationLUTShape = "INVERSE"
    state.ImageRotation, state.ImageHorizontalFlip = 90, "Y"
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [32, 32]
    area.PresentationSizeMode, area.PresentationPixelSpacing = "SCALE TO FIT", [0.2, 0.2]
    state.DisplayedAreaSelectionSequence = [area]
    state.ShutterShape, state.ShutterPresentationValue = "RECTANGULAR", 0
    state.ShutterLeftVerticalEdge, state.ShutterRightVerticalEdge = 3, 62
    state.ShutterUpperHorizontalEdge, state.ShutterLowerHorizontalEdge = 3, 62
    layer = Dataset()
    layer.GraphicLayer, layer.GraphicLayerOrder = "MARKS", 1
    state.GraphicLayerSequence = [layer]
    graphic = Dataset()
    graphic.GraphicAnnotationUnits, graphic.GraphicDimensions = "PIXEL", 2
    graphic.NumberOfGraphicPoints, graphic.GraphicData, graphic.GraphicType = (
        5,
        [20, 20, 28, 20, 28, 28, 20, 28, 20, 20],
        "POLYLINE",
    )
    graphic.GraphicFilled = "Y"
    text = Dataset()
    text.BoundingBoxAnnotationUnits, text.UnformattedTextValue = "DISPLAY", "Words <i>here</i>"
    text.BoundingBoxTopLeftHandCorner, text.BoundingBoxBottomRightHandCorner = [0.1, 0.85], [0.5, 0.95]
    text.BoundingBoxTextHorizontalJustification = "LEFT"
    annotation = Dataset()
    annotation.GraphicLayer, annotation.GraphicObjectSequence, annotation.TextObjectSequence = (
        "MARKS",
        [graphic],
        [text],
    )
    state.GraphicAnnotationSequence = [annotation]
    state.save_as(folder / "state.dcm", enforce_file_format=True)
    return str(image.StudyInstanceUID)


def write_mammograms(folder: Path) -> str:
    """Write four mammograms of one series in another order than they are hung; return the study."""
    study, series = generate_uid(), generate_uid()
    for number, (side, view) in enumerate((("L", "MLO"), ("L", "CC"), ("R", "MLO"), ("R", "CC")), 1):
        data_set = _image(folder, "mammogram", _ramp(), 12)
        data_set.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
        data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
        data_set.StudyInstanceUID, data_set.SeriesInstanceUID, data_set.Modality = study, series, "MG"
        data_set.InstanceNumber, data_set.ImageLaterality, data_set.ViewPosition = number, side, view
        data_set.save_as(folder / f"mammogram{number}.dcm", enforce_file_format=True)
    return study
