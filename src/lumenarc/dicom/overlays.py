"""Which pixels do the overlay planes 60xx cover? (PS3.3 C.9.2; embedded ones: C.9.2.1.1 before 2004)"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.lazy import LazySet

GROUPS = range(0x6000, 0x6020, 2)
_MAX_PLANE_PIXELS = 1 << 28


@dataclass(frozen=True, slots=True)
class Plane:
    """One overlay laid over the image: `mask` has the image's rows and columns."""

    group: int
    mask: Array
    is_roi: bool


def overlay_planes(head: LazySet, frame_index: int, rows: int, columns: int) -> list[Plane]:
    """Read the planes with Overlay Data for one frame, clipped to the image; broken ones are left out."""
    planes = []
    for group in GROUPS:
        base = group << 16
        if not head.has_value(base | 0x3000):
            continue
        mask = _plane(head, base, frame_index, rows, columns)
        if mask is not None and mask.any():
            planes.append(Plane(group, mask, head.ascii(base | 0x0040) == "R"))
    return planes


def embedded_planes(head: LazySet, container: Array, bits_stored: int, high_bit: int) -> list[Plane]:
    """Read the planes hidden in bits of the pixel cells that hold no pixel value."""
    planes: list[Plane] = []
    if container.dtype.kind not in "iu" or container.ndim != 2:
        return planes
    for group in GROUPS:
        base = group << 16
        if head.has_value(base | 0x3000) or not head.has_value(base | 0x0102):
            continue
        position = head.us(base | 0x0102)
        if high_bit - bits_stored < position <= high_bit or position >= container.dtype.itemsize * 8:
            continue
        mask = (container >> position & 1).astype(bool)
        if mask.any():
            planes.append(Plane(group, mask, head.ascii(base | 0x0040) == "R"))
    return planes


def _plane(head: LazySet, base: int, frame_index: int, rows: int, columns: int) -> Array | None:
    own_rows, own_columns = head.us(base | 0x0010), head.us(base | 0x0011)
    n_bits = own_rows * own_columns
    if not 0 < n_bits <= _MAX_PLANE_PIXELS:
        return None
    n_frames = head.integer(base | 0x0015, 1)
    index = 0
    if n_frames > 1 or head.has_value(base | 0x0051):
        index = frame_index - (head.us(base | 0x0051, 1) - 1)
        if not 0 <= index < n_frames:
            return None
    raw = head.raw(base | 0x3000)
    first = index * n_bits
    if len(raw) * 8 < first + n_bits:
        return None
    packed = np.frombuffer(raw[first // 8 : (first + n_bits + 7) // 8], np.uint8)
    if head.order == ">" and first % 16 == 0 and packed.size % 2 == 0:
        packed = packed.reshape(-1, 2)[:, ::-1].reshape(-1)
    bits = np.unpackbits(packed, count=first % 8 + n_bits, bitorder="little")[first % 8 :]
    return _place(bits.reshape(own_rows, own_columns).astype(bool), head, base, rows, columns)


def _place(plane: Array, head: LazySet, base: int, rows: int, columns: int) -> Array | None:
    origin = head.numbers(base | 0x0050, "SS")
    top, left = (int(origin[0]) - 1, int(origin[1]) - 1) if len(origin) >= 2 else (0, 0)
    mask = np.zeros((rows, columns), bool)
    source = plane[max(-top, 0) : max(rows - top, 0), max(-left, 0) : max(columns - left, 0)]
    if source.size == 0:
        return None
    top, left = max(top, 0), max(left, 0)
    mask[top : top + source.shape[0], left : left + source.shape[1]] = source
    return mask
