"""What are the stored values of a frame? From frame bytes to numbers (PS3.3 C.7.6.3, PS3.5 8.1, 8.2).

`PixelShape` is what the Image Pixel module says; `decode_frame` turns native or compressed bytes into an
array whose bits are masked to Bits Stored and sign-extended. Colour stays in the photometric interpretation
that the answer names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lumenarc.dicom import codecs
from lumenarc.dicom.codecs import MAX_FRAME_BYTES, Array, Expected, Family
from lumenarc.dicom.frames import frame_bits
from lumenarc.dicom.lazy import EXPLICIT_BE, LazySet
from lumenarc.errors import Unrenderable

_CHANNELS = {1: "one", 3: "three", 4: "four"}


@dataclass(frozen=True, slots=True)
class PixelShape:
    """The Image Pixel module (PS3.3 C.7.6.3) of one image, checked for sense."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    planar: bool
    """Native colour is stored plane by plane."""
    n_frames: int
    is_float: bool
    is_words: bool
    """Pixel data have VR OW: matters for bytes in big endian only."""

    @property
    def frame_bits(self) -> int:
        """Size of a native frame in bits."""
        return frame_bits(self.rows, self.columns, self.samples, self.bits_allocated, self.photometric)

    @property
    def expected(self) -> Expected:
        """What the codecs compare with."""
        return Expected(self.rows, self.columns, self.samples, self.bits_allocated)


def shape_of(head: LazySet) -> PixelShape:
    """Read the Image Pixel module.

    Raises:
        Unrenderable: the data set is no image, or what it says is impossible.
    """
    rows, columns = head.us(0x00280010), head.us(0x00280011)
    allocated = head.us(0x00280100)
    if not rows or not columns or not allocated:
        raise Unrenderable("The instance holds no image")
    samples = head.us(0x00280002, 1)
    is_float = head.has_value(0x7FE00008) or head.has_value(0x7FE00009)
    if not head.has_value(0x00280101) and not head.has_value(0x00280103) and allocated in (32, 64):
        is_float = True  # a head cut before its Float Pixel Data (PS3.3 C.7.6.24)
    stored = min(head.us(0x00280101, allocated) or allocated, allocated)
    if samples not in _CHANNELS or allocated not in (1, 8, 12, 16, 32, 64):
        raise Unrenderable("Images of this pixel layout are not supported")
    high = head.us(0x00280102, stored - 1)
    if not stored - 1 <= high < allocated:
        high = stored - 1
    photometric = head.ascii(0x00280004) or ("RGB" if samples == 3 else "MONOCHROME2")
    return PixelShape(
        rows, columns, samples, allocated, stored, high,
        signed=head.us(0x00280103) == 1 and not is_float,
        photometric=photometric,
        planar=samples > 1 and head.us(0x00280006) == 1,
        n_frames=max(head.integer(0x00280008, 1), 1),
        is_float=is_float,
        is_words=head.vr(0x7FE00010) == "OW",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """Stored values, axes (row, column[, sample]), and what their colours mean now."""

    values: Array
    photometric: str
    container: Array
    """The values before masking: overlays of old images hide in the unused bits."""


def decode_frame(data: bytes, transfer_syntax_uid: str, shape: PixelShape, frame_index: int = 0) -> Frame:
    """Decode one frame; `frame_index` (from 0) tells where a frame of single bits starts in its first byte.

    Raises:
        Unrenderable: too short, too large, damaged, or contradicting the data set.
    """
    family = codecs.syntax_of(transfer_syntax_uid).family
    if shape.expected.n_bytes > MAX_FRAME_BYTES:
        raise Unrenderable("The frame is larger than this archive decodes")
    if family is Family.DEFLATED_FRAME:
        data = codecs.inflate_frame(data, (shape.frame_bits + 7) // 8)
    if family in (Family.NATIVE, Family.ENCAPSULATED, Family.DEFLATED_FRAME):
        in_place = family is Family.NATIVE
        container = _unpack_native(data, shape, transfer_syntax_uid == EXPLICIT_BE, frame_index if in_place else 0)
        if shape.is_float:
            return Frame(container, shape.photometric, container)
        values = mask_values(container, shape.bits_stored, shape.high_bit, shape.signed)
        return Frame(values, _after_native(shape), container)
    return _decode_compressed(data, family, shape)


def _decode_compressed(data: bytes, family: Family, shape: PixelShape) -> Frame:
    if shape.bits_allocated == 1:
        shape8 = Expected(shape.rows, shape.columns, 1, 8)
        if family is Family.RLE:
            bits = codecs.decode_rle_bits(data, shape8)
            return Frame(bits, shape.photometric, bits)
        found = codecs.decode(data, family, shape8, shape.photometric)
        return Frame(found.samples, shape.photometric, found.samples)
    found = codecs.decode(data, family, shape.expected, shape.photometric)
    container = found.samples
    photometric = "RGB" if found.is_rgb and shape.samples == 3 else shape.photometric
    is_signed = found.signed or found.samples.dtype.kind == "i"
    if is_signed and shape.signed and found.precision <= shape.bits_stored:
        values = container
    elif is_signed and not shape.signed:
        values = mask_values(container, shape.bits_stored, shape.bits_stored - 1, False)
    elif found.precision > shape.bits_stored:
        values = mask_values(container, shape.bits_stored, shape.high_bit, shape.signed)
    else:
        values = mask_values(container, found.precision, found.precision - 1, shape.signed)
    return Frame(values, photometric, container)


def mask_values(container: Array, bits_stored: int, high_bit: int, signed: bool) -> Array:
    """Take the stored bits out of their container and extend the sign; the size in bytes stays."""
    size = container.dtype.itemsize
    unsigned = container.view(f"{container.dtype.byteorder.replace('|', '<')}u{size}")
    shift = high_bit + 1 - bits_stored
    if signed:
        spare = size * 8 - bits_stored
        if spare == 0:
            return unsigned.view(unsigned.dtype.str.replace("u", "i"))
        if shift:
            unsigned = unsigned >> shift
        lifted: Array = np.left_shift(unsigned, spare).view(unsigned.dtype.str.replace("u", "i"))
        settled: Array = np.right_shift(lifted, spare)
        return settled
    if shift:
        unsigned = unsigned >> shift
    if bits_stored == size * 8:
        return unsigned
    masked: Array = unsigned & unsigned.dtype.type((1 << bits_stored) - 1)
    return masked


def _after_native(shape: PixelShape) -> str:
    return {"YBR_FULL_422": "YBR_FULL", "YBR_PARTIAL_422": "YBR_PARTIAL"}.get(shape.photometric, shape.photometric)


def _unpack_native(data: bytes, shape: PixelShape, big_endian: bool, frame_index: int) -> Array:
    n_samples = shape.rows * shape.columns * shape.samples
    if shape.bits_allocated == 1:
        skip = frame_index * shape.frame_bits % 8
        _require(data, (skip + n_samples + 7) // 8)
        bits = np.unpackbits(np.frombuffer(data, np.uint8), count=skip + n_samples, bitorder="little")
        return _arrange(bits[skip:], shape)
    if shape.bits_allocated == 12:
        _require(data, (n_samples * 3 + 1) // 2)
        return _arrange(_unpack_12(np.frombuffer(data, np.uint8), n_samples), shape)
    size = shape.bits_allocated // 8
    halved = shape.frame_bits < n_samples * shape.bits_allocated
    if halved and len(data) >= n_samples * size:
        halved = False  # says 4:2:2, but every sample is there
    wanted = n_samples * 2 // 3 if halved else n_samples
    _require(data, wanted * size)
    if big_endian and size == 1 and shape.is_words and len(data) % 2 == 0:
        data = np.frombuffer(data, ">u2").astype("<u2").tobytes()
    kind = "f" if shape.is_float else "u"
    flat = np.frombuffer(data, f"{'>' if big_endian else '<'}{kind}{size}", count=wanted)
    flat = flat.astype(flat.dtype.newbyteorder("="), copy=False)
    if halved:
        return _spread_422(flat, shape)
    return _arrange(flat, shape)


def _arrange(flat: Array, shape: PixelShape) -> Array:
    if shape.samples == 1:
        return flat.reshape(shape.rows, shape.columns)
    if shape.planar:
        planes = flat.reshape(shape.samples, shape.rows, shape.columns)
        return np.ascontiguousarray(planes.transpose(1, 2, 0))
    return flat.reshape(shape.rows, shape.columns, shape.samples)


def _spread_422(flat: Array, shape: PixelShape) -> Array:
    """Give both pixels of a pair the pair's colour: stored as Y1 Y2 CB CR (PS3.3 C.7.6.3.1.2)."""
    if shape.columns % 2:
        raise Unrenderable("An image of odd width cannot be stored as YBR_FULL_422")
    pairs = flat.reshape(shape.rows, shape.columns // 2, 4)
    spread = np.empty((shape.rows, shape.columns, 3), flat.dtype)
    spread[:, 0::2, 0], spread[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
    spread[:, :, 1] = np.repeat(pairs[:, :, 2], 2, axis=1)
    spread[:, :, 2] = np.repeat(pairs[:, :, 3], 2, axis=1)
    return spread


def _unpack_12(packed: Array, n_samples: int) -> Array:
    triples = np.zeros(((n_samples + 1) // 2, 3), np.uint16)
    used = packed[: (n_samples * 3 + 1) // 2]
    triples.reshape(-1)[: used.size] = used
    pairs = np.empty((triples.shape[0], 2), np.uint16)
    pairs[:, 0] = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    pairs[:, 1] = triples[:, 1] >> 4 | triples[:, 2] << 4
    return pairs.reshape(-1)[:n_samples]


def _require(data: bytes, n_bytes: int) -> None:
    if len(data) < n_bytes:
        raise Unrenderable("The pixel data are shorter than the frame they should hold")
