"""How is one frame decoded from, and encoded to, each transfer syntax? (PS3.5 8.2, 10, A.4; PS3.6 A-2)

Every function checks what a compressed stream claims before it decodes, and trusts nothing it gets back. To
be called in a decoding worker only (lumenarc.imaging), never in the process that listens: the codec
libraries are C and fed with strangers' bytes. All of them are BSD, MIT or libjpeg licensed (imagecodecs:
libjpeg-turbo, CharLS, OpenJPEG, OpenJPH, libjxl).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenarc.dicom.codestream import Codestream, read_jpeg, read_jpeg2000, read_jpegxl
from lumenarc.errors import NotAcceptable, Unrenderable

Array = NDArray[Any]
MAX_FRAME_BYTES = 1 << 29


class Family(StrEnum):
    """The kinds of compression that differ in code."""

    NATIVE = "native"
    ENCAPSULATED = "encapsulated"
    DEFLATED_FRAME = "deflated frame"
    JPEG = "jpeg"
    JPEG_LS = "jpeg-ls"
    JPEG_2000 = "jpeg 2000"
    HTJ2K = "htj2k"
    JPEG_XL = "jpeg xl"
    RLE = "rle"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Syntax:
    """One transfer syntax as the pixel code sees it."""

    family: Family
    lossy: bool = False
    can_encode: bool = True
    max_bits: int = 16


_N, _V = Family.NATIVE, Family.VIDEO
_JPEG = "1.2.840.10008.1.2.4."
SYNTAXES: dict[str, Syntax] = {
    "1.2.840.10008.1.2": Syntax(_N, max_bits=64),
    "1.2.840.10008.1.2.1": Syntax(_N, max_bits=64),
    "1.2.840.10008.1.2.2": Syntax(_N, max_bits=64),
    "1.2.840.10008.1.2.1.99": Syntax(_N, max_bits=64),
    "1.2.840.10008.1.2.1.98": Syntax(Family.ENCAPSULATED, max_bits=64),
    "1.2.840.10008.1.2.8.1": Syntax(Family.DEFLATED_FRAME, max_bits=64),
    "1.2.840.10008.1.2.5": Syntax(Family.RLE, max_bits=32),
    _JPEG + "50": Syntax(Family.JPEG, lossy=True, max_bits=8),
    _JPEG + "51": Syntax(Family.JPEG, lossy=True, max_bits=12),
    **{_JPEG + str(n): Syntax(Family.JPEG, lossy=True, can_encode=False, max_bits=12) for n in range(52, 57)},
    _JPEG + "57": Syntax(Family.JPEG),
    **{_JPEG + str(n): Syntax(Family.JPEG, can_encode=False) for n in (58, 65, 66)},
    **{_JPEG + str(n): Syntax(Family.JPEG, lossy=True, can_encode=False) for n in range(59, 65)},
    _JPEG + "70": Syntax(Family.JPEG),
    _JPEG + "80": Syntax(Family.JPEG_LS),
    _JPEG + "81": Syntax(Family.JPEG_LS, lossy=True),
    _JPEG + "90": Syntax(Family.JPEG_2000, max_bits=24),
    _JPEG + "91": Syntax(Family.JPEG_2000, lossy=True, max_bits=24),
    _JPEG + "92": Syntax(Family.JPEG_2000, can_encode=False),
    _JPEG + "93": Syntax(Family.JPEG_2000, lossy=True, can_encode=False),
    **{_JPEG + str(n): Syntax(_V, lossy=True, can_encode=False) for n in range(100, 109)},
    **{_JPEG + f"{n}.1": Syntax(_V, lossy=True, can_encode=False) for n in range(100, 107)},
    _JPEG + "110": Syntax(Family.JPEG_XL),
    _JPEG + "111": Syntax(Family.JPEG_XL, lossy=True, can_encode=False),
    _JPEG + "112": Syntax(Family.JPEG_XL, lossy=True),
    _JPEG + "201": Syntax(Family.HTJ2K),
    _JPEG + "202": Syntax(Family.HTJ2K, can_encode=False),
    _JPEG + "203": Syntax(Family.HTJ2K, lossy=True),
}


def syntax_of(transfer_syntax_uid: str) -> Syntax:
    """Look a transfer syntax up.

    Raises:
        Unrenderable: pixel data in this syntax are not understood (JPIP, SMPTE 2110, private).
    """
    found = SYNTAXES.get(transfer_syntax_uid)
    if found is None:
        raise Unrenderable("The transfer syntax of the pixel data is not supported")
    return found


@dataclass(frozen=True, slots=True)
class Expected:
    """What the data set says one frame is; compared with what the stream says."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int

    @property
    def n_bytes(self) -> int:
        """Size of the decoded frame."""
        return self.rows * self.columns * self.samples * max(self.bits_allocated, 8) // 8


def check_claims(found: Codestream, expected: Expected) -> None:
    """Compare the stream's claims with the data set's.

    Raises:
        Unrenderable: they differ, or the image is larger than MAX_FRAME_BYTES.
    """
    if (found.rows, found.columns) != (expected.rows, expected.columns):
        raise Unrenderable("The compressed frame has other dimensions than the data set says")
    if found.samples and found.samples != expected.samples:
        raise Unrenderable("The compressed frame has another number of samples than the data set says")
    if found.precision > max(expected.bits_allocated, 8):
        raise Unrenderable("The compressed frame has more bits than the data set says")
    if expected.n_bytes > MAX_FRAME_BYTES:
        raise Unrenderable("The frame is larger than this archive decodes")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Samples as the codec gives them: axes (row, column[, sample]); colour already RGB when `is_rgb`."""

    samples: Array
    precision: int
    signed: bool = False
    is_rgb: bool = False


def decode(data: bytes, family: Family, expected: Expected, photometric: str) -> Decoded:
    """Decode one compressed frame (JPEG family, JPEG-LS, JPEG 2000, HTJ2K, JPEG XL, RLE).

    Raises:
        Unrenderable: the stream is broken, or contradicts the data set.
    """
    if expected.n_bytes > MAX_FRAME_BYTES or expected.n_bytes <= 0:
        raise Unrenderable("The frame is larger than this archive decodes, or empty")
    try:
        decoded = _decode(data, family, expected, photometric)
    except (ValueError, RuntimeError, IndexError, struct.error, OverflowError) as error:
        raise Unrenderable("The compressed frame is damaged and cannot be decoded") from error
    samples = decoded.samples
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[:, :, 0]
    shape = (expected.rows, expected.columns) + ((expected.samples,) if expected.samples > 1 else ())
    if samples.shape != shape:
        raise Unrenderable("The decoded frame has other dimensions than the data set says")
    return Decoded(samples, decoded.precision, decoded.signed, decoded.is_rgb)


def _decode(data: bytes, family: Family, expected: Expected, photometric: str) -> Decoded:
    import imagecodecs

    if family is Family.JPEG:
        return _decode_jpeg(data, expected, photometric)
    if family is Family.JPEG_LS:
        claims = read_jpeg(data)
        check_claims(claims, expected)
        return Decoded(imagecodecs.jpegls_decode(data), claims.precision)
    if family in (Family.JPEG_2000, Family.HTJ2K):
        claims = read_jpeg2000(data)
        check_claims(claims, expected)
        # imagecodecs' OpenJPH lets overshoot of the irreversible wavelet wrap round; OpenJPEG clips, but is slower.
        is_fast = family is Family.HTJ2K and claims.is_reversible
        read = imagecodecs.htj2k_decode if is_fast else imagecodecs.jpeg2k_decode
        rgb = photometric in ("YBR_RCT", "YBR_ICT")
        return Decoded(read(data), claims.precision, claims.signed, is_rgb=rgb)
    if family is Family.JPEG_XL:
        check_claims(read_jpegxl(data), expected)
        samples = imagecodecs.jpegxl_decode(data)
        # Only streams that pack a JPEG losslessly (box jbrd) turn YBR into RGB by themselves.
        rgb = photometric != "YBR_FULL" or b"jbrd" in data[: 1 << 16]
        return Decoded(samples, min(samples.dtype.itemsize * 8, expected.bits_allocated), is_rgb=rgb)
    if family is Family.RLE:
        return Decoded(decode_rle(data, expected), expected.bits_allocated)
    if family is Family.VIDEO:
        raise Unrenderable("Video is played, not drawn: ask for the video itself")
    raise Unrenderable("The frame is not compressed")


def _decode_jpeg(data: bytes, expected: Expected, photometric: str) -> Decoded:
    import imagecodecs

    claims = read_jpeg(data)
    check_claims(claims, expected)
    if claims.process in (0xC3, 0xC7, 0xCB):
        # Lossless JPEG stores what it was given: no colour conversion whatever markers say.
        try:
            same = "RGB" if expected.samples == 3 else None
            samples = imagecodecs.jpeg8_decode(data, colorspace=same, outcolorspace=same)
        except imagecodecs.Jpeg8Error:
            samples = np.ascontiguousarray(imagecodecs.jpegsof3_decode(data))
        return Decoded(samples, claims.precision)
    if expected.samples != 3:
        return Decoded(imagecodecs.jpeg8_decode(data), claims.precision)
    is_ybr = photometric.startswith("YBR") if claims.is_ybr is None else claims.is_ybr
    source = "YCBCR" if is_ybr else "RGB"
    samples = imagecodecs.jpeg8_decode(data, colorspace=source, outcolorspace="RGB")
    return Decoded(samples, claims.precision, is_rgb=True)


def decode_rle(data: bytes, expected: Expected) -> Array:
    """Decode an RLE frame: one PackBits segment per byte plane, most significant first (PS3.5 Annex G).

    Raises:
        Unrenderable: wrong number of segments, or a segment that is short.
    """
    import rle

    n_bytes = expected.bits_allocated // 8
    if len(data) < 64 or struct.unpack_from("<I", data)[0] != expected.samples * n_bytes:
        raise Unrenderable("The RLE frame has a wrong number of segments")
    n_pixels = expected.rows * expected.columns
    flat = rle.rle.decode_frame(data, n_pixels, expected.bits_allocated, "<")
    planes = np.frombuffer(flat, dtype=f"<u{n_bytes}")
    if planes.size != n_pixels * expected.samples:
        raise Unrenderable("The RLE frame is short")
    planes = planes.reshape(expected.samples, expected.rows, expected.columns)
    return planes[0] if expected.samples == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0))


def decode_rle_bits(data: bytes, expected: Expected) -> Array:
    """Decode an RLE frame of single bits: one segment whose bytes hold eight pixels, or one, each.

    Raises:
        Unrenderable: the segment is short or damaged.
    """
    import rle

    n_pixels = expected.rows * expected.columns
    try:
        segment = rle.rle.decode_segment(data[64:])
    except ValueError as error:
        raise Unrenderable("The compressed frame is damaged and cannot be decoded") from error
    flat = np.frombuffer(segment, np.uint8)
    if flat.size < n_pixels:
        flat = np.unpackbits(flat, bitorder="little")
    if flat.size < n_pixels:
        raise Unrenderable("The RLE frame is short")
    return flat[:n_pixels].reshape(expected.rows, expected.columns)


def inflate_frame(data: bytes, limit: int) -> bytes:
    """Inflate a frame of the Deflated Image Frame Compression syntax, at most `limit` bytes (PS3.5 A.4.14).

    Raises:
        Unrenderable: broken, or larger than the frame can be.
    """
    engine = zlib.decompressobj(-15)
    try:
        found = engine.decompress(data, limit + 2)
    except zlib.error as error:
        raise Unrenderable("The deflated frame is damaged") from error
    if len(found) > limit + 1:
        raise Unrenderable("The deflated frame is larger than the data set says")
    return found


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """How to compress where the syntax leaves a choice."""

    quality: int = 90
    """1..100 for JPEG, JPEG XL; for JPEG 2000 and HTJ2K it sets the target distortion."""
    near: int = 2
    """Greatest sample error of near-lossless JPEG-LS."""
    mix_colors: bool = True
    """The three samples are RGB, so the codec's own colour transformation may be used."""


def encode(samples: Array, transfer_syntax_uid: str, precision: int, options: EncodeOptions) -> bytes:
    """Compress one frame, axes (row, column[, sample]), of unsigned or (JPEG 2000, HTJ2K) signed integers.

    Raises:
        NotAcceptable: the syntax cannot hold such samples, or is not written by us.
    """
    syntax = SYNTAXES.get(transfer_syntax_uid)
    if syntax is None or not syntax.can_encode or syntax.family is Family.NATIVE:
        raise NotAcceptable("Frames are not compressed to this transfer syntax")
    if precision > syntax.max_bits or (precision > 16 and samples.ndim == 3):
        raise NotAcceptable("The samples have more bits than this transfer syntax holds")
    samples = np.ascontiguousarray(samples)
    if syntax.family is Family.RLE:
        return encode_rle(samples)
    if syntax.family in (Family.ENCAPSULATED, Family.DEFLATED_FRAME):
        raw = samples.astype(samples.dtype.newbyteorder("<"), copy=False).tobytes()
        return raw if syntax.family is Family.ENCAPSULATED else deflate_frame(raw)
    import imagecodecs

    try:
        return bytes(_encode(imagecodecs, samples, transfer_syntax_uid, precision, options))
    except (ValueError, RuntimeError) as error:
        raise NotAcceptable("The codec cannot compress samples of this kind") from error


def _encode(codecs: Any, samples: Array, uid: str, precision: int, options: EncodeOptions) -> Any:
    family, lossy = SYNTAXES[uid].family, SYNTAXES[uid].lossy
    bits = 8 if precision <= 8 else precision
    mix = samples.ndim == 3 and options.mix_colors
    if family is Family.JPEG and lossy:
        depth, sampling = (8 if bits == 8 else 12), ("422" if samples.ndim == 3 else None)
        return codecs.jpeg8_encode(samples, options.quality, bitspersample=depth, subsampling=sampling)
    if family is Family.JPEG:
        same = "RGB" if samples.ndim == 3 else None
        return codecs.jpeg8_encode(
            samples, lossless=True, predictor=1, bitspersample=bits, colorspace=same, outcolorspace=same
        )
    if family is Family.JPEG_LS:
        return codecs.jpegls_encode(samples, level=options.near if lossy else None)
    if family is Family.JPEG_2000:
        level = _signal_to_noise(options.quality) if lossy else None
        return codecs.jpeg2k_encode(
            samples, level, codecformat="j2k", bitspersample=bits, reversible=not lossy, mct=mix
        )
    if family is Family.HTJ2K:
        step = _quantisation_step(options.quality) if lossy else None
        return codecs.htj2k_encode(samples, level=step, reversible=not lossy, rgb=mix)
    if lossy:
        distance = max(0.1, (100 - options.quality) / 10)
        return codecs.jpegxl_encode(samples, lossless=False, distance=distance, bitspersample=bits, numthreads=1)
    return codecs.jpegxl_encode(samples, lossless=True, effort=4, bitspersample=bits, numthreads=1)


def _signal_to_noise(quality: int) -> int:
    """Map 1..100 to the peak signal-to-noise ratio in dB that JPEG 2000 aims at."""
    return 25 + quality * 35 // 100


def _quantisation_step(quality: int) -> float:
    """Map 1..100 to HTJ2K's base step relative to the sample range; 90 gives about a grey level of 8 bits."""
    return float(max(1e-5, 2.0 ** (-(quality / 10.0))))


def encode_rle(samples: Array) -> bytes:
    """Compress a frame with RLE (PS3.5 Annex G)."""
    import rle

    n_bits = samples.dtype.itemsize * 8
    n_samples = samples.shape[2] if samples.ndim == 3 else 1
    raw = samples.astype(f"<u{n_bits // 8}", copy=False).tobytes()
    return bytes(rle.rle.encode_frame(raw, samples.shape[0], samples.shape[1], n_samples, n_bits, "<"))


def deflate_frame(raw: bytes) -> bytes:
    """Deflate a native frame."""
    engine = zlib.compressobj(6, zlib.DEFLATED, -15)
    return engine.compress(raw) + engine.flush()
