"""Which made-up slide do the browser tests look at? Levels of tiles in known colours, and a label (PS3.3 A.32.8)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import phantoms
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGBaseline8Bit, VLWholeSlideMicroscopyImageStorage, generate_uid
from radiotherapy import item

COLUMNS, ROWS, TILE, MM = 2000, 1500, 256, 0.0005
# A white square in the finest level: its left, its top, its side.
SQUARE = (1000, 700, 40)


def whole() -> NDArray[np.uint8]:
    """Draw the finest level: fields of 250 pixels in colours of their places, and the white square."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    left, top, side = SQUARE
    image = np.stack([20 + 28 * (x // 250), 20 + 35 * (y // 250), np.full_like(x, 120)], axis=-1).astype(np.uint8)
    image[top : top + side, left : left + side] = 255
    return image


def write_slide(folder: Path) -> str:
    """Write a slide; return its Study Instance UID."""
    study, series = generate_uid(), generate_uid()
    image = whole()
    levels = (
        _level(study, series, image, 1, ExplicitVRLittleEndian, "TILED_FULL"),
        _level(study, series, np.ascontiguousarray(image[::2, ::2]), 2, JPEGBaseline8Bit, "TILED_FULL"),
        _level(study, series, np.ascontiguousarray(image[::4, ::4]), 4, ExplicitVRLittleEndian, "TILED_SPARSE"),
        _label(study, series),
    )
    for number, data_set in enumerate(levels, 1):
        data_set.InstanceNumber = number
        data_set.save_as(folder / f"slide{number}.dcm", enforce_file_format=True)
    return study


def _begun(study: str, series: str, flavour: str) -> FileDataset:
    made = phantoms.instance(VLWholeSlideMicroscopyImageStorage, generate_uid(), "SM", study, series)
    made.SeriesNumber, made.SeriesDescription = 1, "Slide"
    made.ImageType = ["ORIGINAL", "PRIMARY", flavour, "NONE"]
    made.FrameOfReferenceUID, made.ContainerIdentifier = phantoms.FOR_UID, "S-1"
    made.SamplesPerPixel, made.PlanarConfiguration = 3, 0
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    return made


def _level(study: str, series: str, image: NDArray[np.uint8], part: int, syntax: UID, organised: str) -> FileDataset:
    made = _begun(study, series, "VOLUME")
    rows, columns = image.shape[:2]
    across, down = -(-columns // TILE), -(-rows // TILE)
    padded = np.zeros((down * TILE, across * TILE, 3), np.uint8)
    padded[:rows, :columns] = image
    places = [(left, top) for top in range(0, rows, TILE) for left in range(0, columns, TILE)]
    tiles = [np.ascontiguousarray(padded[top : top + TILE, left : left + TILE]) for left, top in places]
    made.Rows = made.Columns = TILE
    made.NumberOfFrames, made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows = len(tiles), columns, rows
    made.DimensionOrganizationType = organised
    made.SharedFunctionalGroupsSequence = Sequence(
        [item(PixelMeasuresSequence=Sequence([item(PixelSpacing=[MM * part, MM * part], SliceThickness=0.001)]))]
    )
    if organised == "TILED_SPARSE":
        # In an order of their own: only their positions say where they lie.
        order = np.random.default_rng(3).permutation(len(tiles))
        places, tiles = [places[n] for n in order], [tiles[n] for n in order]
        made.PerFrameFunctionalGroupsSequence = Sequence(_place(left, top) for left, top in places)
    _set_tiles(made, tiles, syntax)
    return made


def _place(left: int, top: int) -> Any:
    place = item(ColumnPositionInTotalImagePixelMatrix=left + 1, RowPositionInTotalImagePixelMatrix=top + 1)
    return item(PlanePositionSlideSequence=Sequence([place]))


def _set_tiles(made: FileDataset, tiles: list[NDArray[np.uint8]], syntax: UID) -> None:
    made.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRLittleEndian:
        made.PhotometricInterpretation = "RGB"
        made.PixelData = b"".join(tile.tobytes() for tile in tiles)
        return
    made.PhotometricInterpretation, made.LossyImageCompression = "YBR_FULL_422", "01"
    packed = []
    for tile in tiles:
        out = io.BytesIO()
        Image.fromarray(tile).save(out, "JPEG", quality=95, subsampling="4:2:2")
        packed.append(out.getvalue())
    made.PixelData = encapsulate(packed)


def _label(study: str, series: str) -> FileDataset:
    made = _begun(study, series, "LABEL")
    image = np.full((120, 200, 3), (255, 255, 0), np.uint8)
    made.Rows, made.Columns, made.NumberOfFrames = 120, 200, 1
    made.TotalPixelMatrixRows, made.TotalPixelMatrixColumns = 120, 200
    _set_tiles(made, [image], ExplicitVRLittleEndian)
    return made
