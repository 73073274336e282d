"""How is a video made without an encoder? H.264 whose macroblocks are plain samples (I_PCM), in an MP4 file.

ISO/IEC 14496-10 7.3 (parameter sets, slices, 7.3.5 mb_type I_PCM), 14496-12 (boxes), 14496-15 5.3.3 (avcC). Such a
stream is large for what it shows, and every decoder plays it.
"""

from __future__ import annotations

import re
import struct

import numpy as np
from numpy.typing import NDArray

_HIGH_PROFILE, _LEVEL = 100, 41
_I_PCM = b"\x0d\x00"  # ue(25), then zeros up to the next byte; stands before every macroblock but the first


class _Bits:
    """Bits in the order of ISO/IEC 14496-10 7.2."""

    def __init__(self) -> None:
        self.text = ""

    def u(self, value: int, n_bits: int = 1) -> _Bits:
        """Add an unsigned number of a fixed size."""
        self.text += f"{value:0{n_bits}b}"
        return self

    def ue(self, *values: int) -> _Bits:
        """Add numbers in the Exp-Golomb code (9.1)."""
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def to_bytes(self, last: str = "1") -> bytes:
        """Return whole bytes: `last`, then zeros."""
        text = self.text + last
        text += "0" * (-len(text) % 8)
        return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def mp4(frames: NDArray[np.uint8], frames_per_s: int = 25) -> bytes:
    """Return an MP4 file of RGB frames, array [frame, row, column, RGB]; rows and columns are multiples of 16."""
    rows, columns = frames.shape[1:3]
    parameters = _sequence(rows // 16, columns // 16), _picture()
    samples = []
    for number, frame in enumerate(frames):
        unit = _unit(5, _slice(frame, number))
        samples.append(struct.pack(">I", len(unit)) + unit)
    brand = _box(b"ftyp", b"isom\0\0\2\0isomavc1")
    moov = _movie(samples, parameters, (rows, columns), frames_per_s, 0)
    moov = _movie(samples, parameters, (rows, columns), frames_per_s, len(brand) + len(moov) + 8)
    return brand + moov + _box(b"mdat", b"".join(samples))


def _unit(kind: int, payload: bytes) -> bytes:
    """Return a NAL unit: what looks like a start code inside is broken by a 3 (7.4.1.1)."""
    return bytes((0x60 | kind,)) + re.sub(b"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def _sequence(rows: int, columns: int) -> bytes:
    """Return the sequence parameter set (7.3.2.1); sizes in macroblocks."""
    bits = _Bits().u(_HIGH_PROFILE, 8).u(0, 8).u(_LEVEL, 8).ue(0, 1, 0, 0).u(0).u(0)  # 4:2:0, 8 bits
    bits.ue(0, 2, 0).u(0).ue(columns - 1, rows - 1).u(1).u(1).u(0).u(0)  # order of output = order of decoding
    return _unit(7, bits.to_bytes())


def _picture() -> bytes:
    """Return the picture parameter set (7.3.2.2): CAVLC, one slice group, deblocking said in each slice."""
    bits = _Bits().ue(0, 0).u(0).u(0).ue(0, 0, 0).u(0).u(0, 2).ue(0, 0, 0).u(1).u(0).u(0)
    return _unit(8, bits.to_bytes())


def _slice(frame: NDArray[np.uint8], number: int) -> bytes:
    """Return an IDR slice of a whole picture, all of whose macroblocks are I_PCM (7.3.3, 7.3.5)."""
    luma, blue, red = _ycbcr(frame)
    rows, columns = luma.shape[0] // 16, luma.shape[1] // 16
    blocks = np.concatenate(
        [
            plane.reshape(rows, size, columns, size).swapaxes(1, 2).reshape(rows * columns, size * size)
            for plane, size in ((luma, 16), (blue, 8), (red, 8))
        ],
        axis=1,
    )
    head = _Bits().ue(0, 7, 0).u(0, 4).ue(number % 2).u(0).u(0).ue(0, 1, 25)  # … QP as it is, no deblocking, I_PCM
    first, *others = [bytes(block) for block in blocks]
    return head.to_bytes("") + first + b"".join(_I_PCM + block for block in others) + b"\x80"


def _ycbcr(frame: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return luma, and chroma of half the size, in the range of video (ITU-R BT.601)."""
    red, green, blue = np.moveaxis(frame.astype(np.float32), -1, 0)
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    chroma = (128 - 0.148 * red - 0.291 * green + 0.439 * blue, 128 + 0.439 * red - 0.368 * green - 0.071 * blue)
    halved = [(part[::2, ::2] + part[1::2, ::2] + part[::2, 1::2] + part[1::2, 1::2]) / 4 for part in chroma]
    planes = [np.clip(np.rint(part), 16, 240).astype(np.uint8) for part in (luma, *halved)]
    return planes[0], planes[1], planes[2]


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _movie(
    samples: list[bytes], parameters: tuple[bytes, bytes], size: tuple[int, int], frames_per_s: int, start: int
) -> bytes:
    """Return the moov box of one video track whose samples lie one behind the other from `start`."""
    rows, columns = size
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    scale, length = 1000 * frames_per_s, 1000 * len(samples)
    sps, pps = parameters
    configuration = bytes((1, *sps[1:4], 0xFF, 0xE1)) + struct.pack(">H", len(sps)) + sps
    configuration += b"\1" + struct.pack(">H", len(pps)) + pps + b"\xfd\xf8\xf8\0"
    entry = (
        bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HHIIIH", columns, rows, 72 << 16, 72 << 16, 0, 1)
    )
    entry += bytes(32) + struct.pack(">Hh", 24, -1) + _box(b"avcC", configuration)
    table = _box(
        b"stbl",
        _box(b"stsd", struct.pack(">II", 0, 1), _box(b"avc1", entry)),
        _box(b"stts", struct.pack(">IIII", 0, 1, len(samples), 1000)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, len(samples), 1)),
        _box(b"stsz", struct.pack(">III", 0, 0, len(samples)), *(struct.pack(">I", len(each)) for each in samples)),
        _box(b"stco", struct.pack(">III", 0, 1, start)),
    )
    reference = _box(b"dinf", _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1))))
    media = _box(
        b"mdia",
        _box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, scale, length, 0x55C4, 0)),
        _box(b"hdlr", bytes(8), b"vide", bytes(12), b"video\0"),
        _box(b"minf", _box(b"vmhd", struct.pack(">I4H", 1, 0, 0, 0, 0)), reference, table),
    )
    track = struct.pack(">IIIIIIIIHHHH", 7, 0, 0, 1, 0, length, 0, 0, 0, 0, 0, 0)
    track += matrix + struct.pack(">II", columns << 16, rows << 16)
    movie = struct.pack(">IIIIIIHHII", 0, 0, 0, scale, length, 0x10000, 0x100, 0, 0, 0) + matrix + bytes(24)
    return _box(b"moov", _box(b"mvhd", movie, struct.pack(">I", 2)), _box(b"trak", _box(b"tkhd", track), media))
