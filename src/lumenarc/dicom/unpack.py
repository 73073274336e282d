"""How does a picture that DICOM cannot carry become plain pixels? PNG, GIF, TIFF, BMP, progressive JPEG …

To be called inside a decoding worker: the bytes are strangers'. Transparency is dropped, palettes become RGB, grey
stays grey with up to 16 bits, every picture of a file becomes a frame.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from lumenarc.dicom.media import Unpacked
from lumenarc.errors import TooLarge, Unrenderable

MAX_PIXELS = 1 << 28
MAX_FRAMES = 10_000
_FORMATS = ("PNG", "GIF", "TIFF", "BMP", "WEBP", "JPEG")
_GREY_16 = ("I;16", "I;16B", "I;16L", "I")


def unpack(data: bytes) -> Unpacked:
    """Unpack a picture; raise Unrenderable when it is none or broken, TooLarge when it is too large."""
    Image.MAX_IMAGE_PIXELS = None  # the sizes are checked here
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            n_frames = min(getattr(picture, "n_frames", 1), MAX_FRAMES + 1)
            columns, rows = picture.size
            if n_frames > MAX_FRAMES or rows * columns * n_frames > MAX_PIXELS or max(rows, columns) > 65535:
                raise TooLarge("The picture is larger than allowed.")
            lossy = picture.format == "JPEG" or (picture.format == "WEBP" and b"VP8 " in data[:64])
            is_wide = picture.mode in _GREY_16
            is_grey = is_wide or picture.mode in ("1", "L")
            frames = [_pixels(frame, is_wide=is_wide, is_grey=is_grey) for frame in ImageSequence.Iterator(picture)]
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Unrenderable("The picture cannot be read.") from error
    if any(frame.shape != frames[0].shape for frame in frames):
        raise Unrenderable("The pictures of the file differ in size.")
    samples = 1 if is_grey else 3
    whole = b"".join(frame.tobytes() for frame in frames)
    return Unpacked(rows, columns, samples, 16 if is_wide else 8, len(frames), lossy, whole)


def _pixels(frame: Image.Image, *, is_wide: bool, is_grey: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    if is_wide:
        values = np.asarray(frame)
        if values.min() < 0 or values.max() > 65535:
            raise Unrenderable("The picture has more than 16 bits.")
        return values.astype("<u2")
    return np.asarray(frame.convert("L" if is_grey else "RGB"), np.uint8)
