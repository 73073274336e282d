"""What does a compressed frame say about itself? Dimensions and precision, before anything is decoded.

ITU-T T.81 B.2.2 (JPEG SOFn, also JPEG-LS), ITU-T T.800 A.5.1 (JPEG 2000 SIZ, also HTJ2K), ISO/IEC 18181-1
D.2 (JPEG XL SizeHeader). A pixel bomb is a small stream that claims a huge image: these few bytes betray it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lumenarc.errors import Unrenderable

_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_SOF = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7))
_MAX_MARKERS = 10_000


@dataclass(frozen=True, slots=True)
class Codestream:
    """The claims of one compressed image; `precision` 0 and `samples` 0 mean it does not say cheaply."""

    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool = False
    process: int = 0
    """The low byte of the JPEG SOF marker: 0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS; 0 otherwise."""
    is_ybr: bool | None = None
    """What JFIF, Adobe and component identifiers say about colour; None: nothing."""
    is_reversible: bool = True
    """JPEG 2000: the wavelet is 5-3, not 9-7."""


def read_jpeg(data: bytes) -> Codestream:
    """Read the frame header of a JPEG or JPEG-LS stream.

    Raises:
        Unrenderable: no frame header.
    """
    pos, adobe, jfif = data.find(b"\xff\xd8") + 2, None, False
    if pos < 2:
        raise Unrenderable("The frame is no JPEG stream")
    for _ in range(_MAX_MARKERS):
        while pos < len(data) and data[pos] != 0xFF:
            pos += 1
        while pos < len(data) and data[pos] == 0xFF:
            pos += 1
        if pos + 3 > len(data):
            break
        marker = data[pos]
        pos += 1
        if marker in _NO_LENGTH:
            continue
        length = struct.unpack_from(">H", data, pos)[0]
        if marker in _SOF and pos + 8 <= len(data):
            return _jpeg_frame(data, pos, marker, adobe, jfif)
        if marker == 0xEE and data[pos + 2 : pos + 7] == b"Adobe" and pos + 14 <= len(data):
            adobe = data[pos + 13]
        elif marker == 0xE0 and data[pos + 2 : pos + 6] == b"JFIF":
            jfif = True
        pos += length
    raise Unrenderable("The JPEG stream has no frame header")


def _jpeg_frame(data: bytes, pos: int, marker: int, adobe: int | None, jfif: bool) -> Codestream:
    precision, rows, columns, samples = struct.unpack_from(">BHHB", data, pos + 2)
    identifiers = data[pos + 8 : pos + 8 + 3 * samples : 3]
    is_ybr: bool | None = None
    if samples == 3:
        if adobe is not None:
            is_ybr = adobe == 1
        elif identifiers in (b"RGB", b"rgb"):
            is_ybr = False
        elif jfif:
            is_ybr = True
    return Codestream(rows, columns, samples, precision, process=marker, is_ybr=is_ybr)


def without_applications(data: bytes) -> bytes:
    """Return a JPEG or JPEG-LS stream without its APPn segments, but for those that say how colours are coded."""
    kept, pos = [data[:2]], 2
    for _ in range(_MAX_MARKERS):
        marker = data[pos + 1] if data[pos : pos + 1] == b"\xff" and pos + 4 <= len(data) else 0xDA
        if marker == 0xDA or marker in _NO_LENGTH:  # the picture begins, or what is no segment
            break
        end = pos + 2 + int.from_bytes(data[pos + 2 : pos + 4], "big")
        says_colours = (marker, data[pos + 4 : pos + 8]) in ((0xEE, b"Adob"), (0xE8, b"mrfx"))
        if not 0xE0 <= marker <= 0xEF or says_colours:
            kept.append(data[pos:end])
        pos = end
    return b"".join((*kept, data[pos:]))


def read_jpeg2000(data: bytes) -> Codestream:
    """Read the SIZ segment of a JPEG 2000 or HTJ2K codestream, bare or in a JP2 file.

    Raises:
        Unrenderable: no SIZ, or components of differing size.
    """
    start = data.find(b"\xff\x4f\xff\x51", 0, 1 << 16)
    if start < 0 or len(data) < start + 45:
        raise Unrenderable("The frame is no JPEG 2000 codestream")
    _, _, width, height, left, top = struct.unpack_from(">HHIIII", data, start + 4)
    samples = struct.unpack_from(">H", data, start + 40)[0]
    parts = data[start + 42 : start + 42 + 3 * samples]
    if not 0 < samples <= 4 or len(parts) < 3 * samples or left >= width or top >= height:
        raise Unrenderable("The JPEG 2000 size segment makes no sense")
    depth, style = parts[0], data.find(b"\xff\x52", start + 42 + 3 * samples)
    # COD: marker 2, length 2, style 1, progression 4, levels 1, block 2, block style 1, then the wavelet
    reversible = not (style >= 0 and data[style + 13 : style + 14] == b"\0")
    return Codestream(
        height - top,
        width - left,
        samples,
        (depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        is_reversible=reversible,
    )


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._value, self._pos = int.from_bytes(data, "little"), 0

    def take(self, n_bits: int) -> int:
        found = self._value >> self._pos & ((1 << n_bits) - 1)
        self._pos += n_bits
        return found

    def size(self) -> int:
        return self.take((9, 13, 18, 30)[self.take(2)]) + 1


_JXL_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def read_jpegxl(data: bytes) -> Codestream:
    """Read the size header of a JPEG XL codestream, bare or in its container.

    Raises:
        Unrenderable: no codestream.
    """
    start = 0
    if data.startswith(b"\0\0\0\x0cJXL "):
        boxes = [data.find(name, 0, 1 << 20) for name in (b"jxlc", b"jxlp")]
        first = min((place for place in boxes if place >= 0), default=-1)
        start = -1 if first < 0 else data.find(b"\xff\x0a", first, first + 16)
    if start < 0 or data[start : start + 2] != b"\xff\x0a":
        raise Unrenderable("The frame is no JPEG XL codestream")
    bits = _Bits(data[start + 2 : start + 34])
    small = bits.take(1)
    rows = (bits.take(5) + 1) * 8 if small else bits.size()
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = _JXL_RATIOS[ratio - 1]
        columns = rows * numerator // denominator
    else:
        columns = (bits.take(5) + 1) * 8 if small else bits.size()
    return Codestream(rows, columns, 0, 0)
