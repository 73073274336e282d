"""In which order do the bytes of pixel data really lie, whatever their header says? (PS3.5 8.1.2, PS3.3 C.7.6.3.1.3)

Neighbours in an image are alike: the order in which they are most alike is the true one.
"""

from __future__ import annotations

import numpy as np

from lumenarc.dicom.codecs import Array
from lumenarc.dicom.pixels import PixelShape

_CERTAIN = 1.05  # the wrong order must make neighbours differ by 5 % more
_MIN_PIXELS = 1024  # a smaller image has too few neighbours


def is_big_endian(frame: bytes, shape: PixelShape) -> bool | None:
    """Say whether words of 16 bits lie with their high byte first; None when the frame does not tell."""
    n_samples = shape.rows * shape.columns * shape.samples
    if n_samples < _MIN_PIXELS:
        return None
    little, big = (
        _roughness(np.frombuffer(frame, f"{order}u2", count=n_samples).reshape(shape.rows, -1)) for order in "<>"
    )
    return _decided(little, big)


def is_by_plane(frame: bytes, shape: PixelShape) -> bool | None:
    """Say whether a colour frame of 8 or 16 bits lies plane by plane; None when it does not tell."""
    if shape.rows * shape.columns < _MIN_PIXELS:
        return None
    flat = np.frombuffer(frame, f"<u{shape.bits_allocated // 8}", count=shape.rows * shape.columns * 3)
    by_pixel = flat.reshape(shape.rows, shape.columns, 3)
    by_plane = flat.reshape(3, shape.rows, shape.columns).transpose(1, 2, 0)
    return _decided(_roughness(by_pixel), _roughness(by_plane))


def _roughness(image: Array) -> float:
    """Return how much neighbours differ, beside and below each other."""
    values = image.astype(np.float32)
    return float(sum(np.abs(np.diff(values, axis=axis)).mean() for axis in (0, 1) if values.shape[axis] > 1))


def _decided(first: float, second: float) -> bool | None:
    """Say whether the second order is the smoother one; None when they are much the same."""
    if max(first, second) <= _CERTAIN * min(first, second):
        return None
    return second < first
