"""How does one frame get from one transfer syntax to another, and what must the header then say? (PS3.5 8.2, A.4)

`recode_frame` is the work for a decoding worker; `header_changes` are the consequences for the Image Pixel module.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lumenarc.dicom import codecs
from lumenarc.dicom.codecs import Array, EncodeOptions, Family, Syntax
from lumenarc.dicom.color import to_rgb8
from lumenarc.dicom.lazy import EXPLICIT_BE, LazySet
from lumenarc.dicom.pixels import Frame, PixelShape, decode_frame, mask_values
from lumenarc.errors import BadRequest, NotAcceptable, Unrenderable

_SIGNED_AS_IS = (Family.JPEG_2000, Family.HTJ2K)
_NEEDS_FULL_DEPTH = (Family.HTJ2K, Family.JPEG_LS, Family.JPEG_XL)


@dataclass(frozen=True, slots=True)
class Recoding:
    """What is asked: from, to, and how."""

    source_uid: str
    target_uid: str
    quality: int = 90
    near: int = 2
    verify: bool = True
    """Decode again what was compressed losslessly and compare."""
    allow_lossy_again: bool = False
    blank: tuple[tuple[int, int, int, int], ...] = ()
    """Rectangles to make black, left, top, right, bottom in pixels: burnt-in text (PS3.15 E.3.1)."""
    blank_value: int | None = None
    """What is stored there instead of black: a grey value, in colour images one of all samples."""

    def as_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recoded:
    """One frame in the target syntax and what its samples are now."""

    data: bytes
    photometric: str
    bits_stored: int
    high_bit: int


def can_transcode(source_uid: str, target_uid: str) -> bool:
    """Say whether frames can get from one transfer syntax to the other at all; the pixel layout may still forbid it."""
    source, target = codecs.SYNTAXES.get(source_uid), codecs.SYNTAXES.get(target_uid)
    if source_uid == target_uid:
        return True
    if source is None or target is None or Family.VIDEO in (source.family, target.family):
        return False
    return target.can_encode and not (source.lossy and target.lossy)


def check_recoding(shape: PixelShape, recoding: Recoding) -> Syntax:
    """Refuse what would lose or falsify pixels; give the target syntax.

    Raises:
        NotAcceptable: with the reason.
    """
    source, target = codecs.SYNTAXES.get(recoding.source_uid), codecs.SYNTAXES.get(recoding.target_uid)
    if source is None or target is None or not target.can_encode or Family.VIDEO in (source.family, target.family):
        raise NotAcceptable("Pixel data are not transcoded between these transfer syntaxes")
    if source.lossy and target.lossy and not recoding.allow_lossy_again:
        raise NotAcceptable("Lossy images are not compressed lossily again")
    plain = (Family.NATIVE, Family.ENCAPSULATED, Family.DEFLATED_FRAME)
    if target.family in plain:
        return target
    if shape.is_float or shape.bits_allocated in (1, 12, 64):
        raise NotAcceptable("This transfer syntax holds no pixels of this kind")
    if shape.samples not in (1, 3):
        raise NotAcceptable("This transfer syntax holds one or three samples per pixel")
    if target.lossy and shape.photometric == "PALETTE COLOR":
        raise NotAcceptable("Palette indices cannot be compressed lossily")
    if target.lossy and shape.signed and target.family not in _SIGNED_AS_IS:
        raise NotAcceptable("Signed pixels cannot be compressed lossily in this transfer syntax")
    if shape.bits_stored > target.max_bits:
        raise NotAcceptable("The samples have more bits than this transfer syntax holds")
    return target


def recode_frame(data: bytes, frame_index: int, shape: PixelShape, recoding: Recoding) -> Recoded:
    """Decode a frame and write it in the target syntax; native frames of single bits come back one byte a pixel.

    Raises:
        NotAcceptable: the target cannot hold the frame.
        Unrenderable: the frame cannot be decoded, or did not survive verification.
    """
    target = check_recoding(shape, recoding)
    frame = _blanked(decode_frame(data, recoding.source_uid, shape, frame_index), shape, recoding)
    if target.family in (Family.NATIVE, Family.ENCAPSULATED, Family.DEFLATED_FRAME):
        return _to_plain(frame, shape, recoding, target)
    values, photometric = frame.values, frame.photometric
    stored, high = shape.bits_stored, shape.bits_stored - 1
    is_source_plain = codecs.SYNTAXES[recoding.source_uid].family in (Family.NATIVE, Family.RLE)
    if not target.lossy and is_source_plain and _has_spare_bits(frame, shape):
        # Overlays or garbage live outside the stored bits: keep every bit of the container.
        values, stored, high = frame.container, shape.bits_stored, shape.high_bit
        precision = shape.bits_allocated
        if shape.signed and target.family in _SIGNED_AS_IS:
            values = values.view(f"i{values.dtype.itemsize}")
    else:
        values, precision = _representable(values, shape, target.family), stored
        if shape.signed and target.family in _NEEDS_FULL_DEPTH:
            precision = shape.bits_allocated
    if target.lossy:
        values, photometric = _for_lossy(values, photometric, shape)
        stored, high = _depth_after_lossy(target, shape)
        precision = stored if target.family in (Family.JPEG, Family.JPEG_XL) else precision
    encoded, photometric = _compress(values, photometric, precision, recoding, target)
    found = Recoded(encoded, photometric, stored, high)
    if recoding.verify and not target.lossy:
        _verify(found, frame, shape, recoding.target_uid)
    return found


def _blanked(frame: Frame, shape: PixelShape, recoding: Recoding) -> Frame:
    if not recoding.blank:
        return frame
    values, container = frame.values.copy(), frame.container.copy()
    black: Any = recoding.blank_value or 0
    if recoding.blank_value is not None and not shape.is_float:
        lowest = -(1 << (shape.bits_stored - 1)) if shape.signed else 0
        if not lowest <= black < lowest + (1 << shape.bits_stored):
            raise BadRequest(f"The pixels of the image have no value {black}.")
    if frame.photometric.startswith("YBR_"):
        middle = 1 << (shape.bits_stored - 1)
        black = (black, middle, middle)
    elif recoding.blank_value is None and frame.photometric == "MONOCHROME1" and not shape.is_float:
        black = (1 << (shape.bits_stored - int(shape.signed))) - 1
    for left, top, right, bottom in recoding.blank:
        spot = (slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0)))
        values[spot] = black
        container[spot] = np.asarray(black).astype(container.dtype)  # a negative one in the bits that it is stored in
    return Frame(values, frame.photometric, container)


def outside_ultrasound_regions(head: LazySet) -> tuple[tuple[int, int, int, int], ...]:
    """Give the borders around all ultrasound regions, where scanners write names; empty without regions.

    PS3.3 C.8.5.5. To be used as Recoding.blank.
    """
    columns, rows = head.us(0x00280011), head.us(0x00280010)
    boxes = [
        tuple(item.integer(tag, 0, "UL") for tag in (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E))
        for item in head.items(0x00186011)
    ]
    if not boxes:
        return ()
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes) + 1, max(box[3] for box in boxes) + 1
    borders = ((0, 0, columns, top), (0, bottom, columns, rows), (0, 0, left, rows), (right, 0, columns, rows))
    return tuple(box for box in borders if box[0] < box[2] and box[1] < box[3])


def _compress(values: Array, photometric: str, precision: int, recoding: Recoding, target: Syntax) -> tuple[bytes, str]:
    is_rgb = values.ndim == 3 and photometric == "RGB"
    options = EncodeOptions(recoding.quality, recoding.near, is_rgb)
    encoded = codecs.encode(values, recoding.target_uid, precision, options)
    if is_rgb and target.family in (Family.JPEG_2000, Family.HTJ2K):
        photometric = "YBR_ICT" if target.lossy else "YBR_RCT"
    elif is_rgb and target.lossy and target.family is Family.JPEG:
        photometric = "YBR_FULL_422"
    elif is_rgb and target.lossy and target.family is Family.JPEG_XL:
        photometric = "XYB"
    return encoded, photometric


def _to_plain(frame: Frame, shape: PixelShape, recoding: Recoding, target: Syntax) -> Recoded:
    if shape.bits_allocated == 1:
        values = frame.values
        if target.family is not Family.NATIVE:
            values = np.packbits(values.reshape(-1), bitorder="little")
        data = values.astype(np.uint8).tobytes()
        if target.family is Family.DEFLATED_FRAME:
            data = codecs.deflate_frame(data)
        return Recoded(data, frame.photometric, 1, 0)
    size = max(shape.bits_allocated // 8, 1)
    was_plain = codecs.SYNTAXES[recoding.source_uid].family in (Family.NATIVE, Family.RLE)
    keep = shape.is_float or (was_plain and shape.bits_allocated != 12)
    values = frame.container if keep else frame.values
    stored, high = shape.bits_stored, (shape.high_bit if keep else shape.bits_stored - 1)
    if shape.bits_allocated == 12:
        raise NotAcceptable("Pixels packed in 12 bits are kept as they are")
    kind = "f" if shape.is_float else ("i" if values.dtype.kind == "i" else "u")
    order = ">" if recoding.target_uid == EXPLICIT_BE else "<"
    values = values.astype(f"{kind}{values.dtype.itemsize}", copy=False).astype(f"{order}{kind}{size}", copy=False)
    data = np.ascontiguousarray(values).tobytes()
    if target.family is Family.DEFLATED_FRAME:
        data = codecs.deflate_frame(data)
    return Recoded(data, frame.photometric, stored, high)


def _has_spare_bits(frame: Frame, shape: PixelShape) -> bool:
    if shape.bits_stored == shape.bits_allocated:
        return False
    container = frame.container
    if shape.high_bit + 1 > shape.bits_stored:
        return True
    signs = (False, True) if shape.signed else (False,)
    settled = (mask_values(container, shape.bits_stored, shape.high_bit, sign) for sign in signs)
    return not any(np.array_equal(values.view(container.dtype), container) for values in settled)


def _representable(values: Array, shape: PixelShape, family: Family) -> Array:
    """Write signed values as bit patterns where the codec knows no sign."""
    if values.dtype.kind != "i" or family in _SIGNED_AS_IS:
        return values
    unsigned = values.view(f"u{values.dtype.itemsize}")
    if family in _NEEDS_FULL_DEPTH:
        return unsigned  # the stream's precision is that of the container: the sign is extended to it
    return mask_values(unsigned, shape.bits_stored, shape.bits_stored - 1, False)


def _for_lossy(values: Array, photometric: str, shape: PixelShape) -> tuple[Array, str]:
    if values.ndim == 3 and photometric != "RGB":
        if shape.bits_stored > 8:
            raise NotAcceptable("Colour of more than 8 bits is not compressed lossily")
        return to_rgb8(values, photometric, shape.bits_stored), "RGB"
    return values, photometric


def _depth_after_lossy(target: Syntax, shape: PixelShape) -> tuple[int, int]:
    """Widen Bits Stored where the decoder may overshoot what the image had."""
    if target.family is Family.JPEG:
        stored = 8 if shape.bits_stored <= 8 else 12
    elif target.family in _NEEDS_FULL_DEPTH and not shape.signed:
        stored = shape.bits_allocated
    else:
        stored = shape.bits_stored
    return stored, stored - 1


def _verify(found: Recoded, frame: Frame, shape: PixelShape, target_uid: str) -> None:
    after = replace(
        shape, photometric=found.photometric, bits_stored=found.bits_stored, high_bit=found.high_bit, planar=False
    )
    again = decode_frame(found.data, target_uid, after)
    if not np.array_equal(again.values, frame.values):
        raise Unrenderable("The frame did not survive lossless compression unchanged")
