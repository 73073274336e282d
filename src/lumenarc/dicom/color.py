"""How do stored colours become RGB? (PS3.3 C.7.6.3.1.2 and C.7.9)"""

from __future__ import annotations

import numpy as np

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.luts import Lut, read_lut, read_segmented_lut
from lumenarc.errors import Unrenderable

_RED, _SEGMENTED_RED = 0x00281101, 0x00281221
_FULL = ((1.0, 0.0, 1.402), (1.0, -0.114 * 1.772 / 0.587, -0.299 * 1.402 / 0.587), (1.0, 1.772, 0.0))


def to_rgb8(values: Array, photometric: str, bits_stored: int) -> Array:
    """Convert colour samples (row, column, 3) to 8-bit RGB.

    Raises:
        Unrenderable: the photometric interpretation is not known.
    """
    if values.ndim != 3 or values.shape[2] < 3:
        raise Unrenderable("A colour image needs three samples per pixel")
    if values.shape[2] == 4:
        values = _drop_fourth(values, photometric, bits_stored)
    if photometric in ("YBR_FULL", "YBR_FULL_422"):
        return _ybr_full(values, bits_stored)
    if photometric in ("YBR_PARTIAL", "YBR_PARTIAL_422", "YBR_PARTIAL_420"):
        return _ybr_partial(values, bits_stored)
    if photometric == "HSV":
        return _hsv(_to_8(values, bits_stored))
    # YBR_RCT, YBR_ICT and XYB belong to codecs that have undone them; ARGB and CMYK were handled above.
    return _to_8(values, bits_stored)


def _to_8(values: Array, bits_stored: int) -> Array:
    if bits_stored > 8:
        return (values >> (bits_stored - 8)).astype(np.uint8)
    if bits_stored < 8:
        return (values.astype(np.uint16) * 255 // ((1 << bits_stored) - 1)).astype(np.uint8)
    return values.astype(np.uint8, copy=False)


def _drop_fourth(values: Array, photometric: str, bits_stored: int) -> Array:
    if photometric == "CMYK":
        limit = (1 << bits_stored) - 1
        light = limit - values.astype(np.int64)
        return (light[:, :, :3] * light[:, :, 3:] // limit).astype(values.dtype)
    return values[:, :, 1:] if photometric == "ARGB" else values[:, :, :3]


def _ybr_full(values: Array, bits_stored: int) -> Array:
    middle = 1 << (bits_stored - 1)
    y = values[:, :, 0].astype(np.float32)
    cb, cr = (values[:, :, channel].astype(np.float32) - middle for channel in (1, 2))
    rgb = np.stack([row[0] * y + row[1] * cb + row[2] * cr for row in _FULL], axis=2)
    if bits_stored != 8:
        rgb *= 255.0 / ((1 << bits_stored) - 1)
    return _rounded(rgb)


def _rounded(rgb: Array) -> Array:
    levels: Array = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return levels


def _ybr_partial(values: Array, bits_stored: int) -> Array:
    scale = 2.0 ** (8 - bits_stored)
    y = (values[:, :, 0].astype(np.float32) * scale - 16) * (255 / 219)
    cb, cr = ((values[:, :, c].astype(np.float32) * scale - 128) * (255 / 224) for c in (1, 2))
    rgb = np.stack([row[0] * y + row[1] * cb + row[2] * cr for row in _FULL], axis=2)
    return _rounded(rgb)


def _hsv(values: Array) -> Array:
    from PIL import Image

    return np.asarray(Image.fromarray(values, "HSV").convert("RGB"))


def read_palette(head: LazySet, signed: bool) -> list[Lut]:
    """Read the red, green and blue palette colour lookup tables, segmented or plain (PS3.3 C.7.6.3.1.5,
    C.7.9.2).

    Raises:
        Unrenderable: a table is missing or broken.
    """
    palette = []
    for channel in range(3):
        descriptor, data = _RED + channel, _RED + channel + 0x100
        segmented = _SEGMENTED_RED + channel
        if head.has_value(data):
            palette.append(read_lut(head, descriptor, data, signed))
        elif head.has_value(segmented):
            palette.append(read_segmented_lut(head, descriptor, segmented, signed))
        else:
            raise Unrenderable("The palette of the image is missing")
    return palette


def apply_palette(values: Array, palette: list[Lut]) -> Array:
    """Look pixel values up in a palette: 8-bit RGB."""
    rgb = np.empty((*values.shape, 3), np.uint8)
    for channel, lut in enumerate(palette):
        table = lut.values
        shift = lut.bits - 8
        if shift > 0 and table.size and int(table.max()) > 255:
            table = table >> shift
        rgb[:, :, channel] = table.astype(np.uint8)[lut.positions(values)]
    return rgb
