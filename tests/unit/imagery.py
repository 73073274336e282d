"""What small images do the tests of pixel code use? Made here, byte by byte, without the code under test."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONG = frozenset(("OB", "OW", "OF", "OD", "SQ", "UN", "UT"))


def element(tag: int, vr: str, value: bytes | str | int | list[int]) -> bytes:
    """Encode an element in explicit little endian; integers as US."""
    if isinstance(value, int):
        value = [value]
    if isinstance(value, list):
        value = struct.pack(f"<{len(value)}{'h' if vr == 'SS' else 'H'}", *value)
    if isinstance(value, str):
        value = value.encode("latin-1")
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB") else b" "
    group = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in LONG:
        return group + struct.pack("<HI", 0, len(value)) + value
    return group + struct.pack("<H", len(value)) + value


def sequence(tag: int, *items: bytes) -> bytes:
    """Encode a sequence with defined lengths."""
    body = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    return element(tag, "SQ", body)


def build_head(rows: int, columns: int, bits: int = 8, **more: Any) -> bytes:
    """Encode the header of an image; `more`: samples, photometric, signed, planar, frames, extra (list of bytes)."""
    allocated = more.get("allocated", 8 if bits <= 8 else 16 if bits <= 16 else 32)
    parts: list[bytes] = [
        element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"),
        element(0x00080018, "UI", "1.2.3.4"),
        element(0x00280002, "US", more.get("samples", 1)),
        element(0x00280004, "CS", more.get("photometric", "MONOCHROME2")),
        element(0x00280006, "US", more.get("planar", 0)),
        element(0x00280008, "IS", str(more.get("frames", 1))),
        element(0x00280010, "US", rows),
        element(0x00280011, "US", columns),
        element(0x00280100, "US", allocated),
        element(0x00280101, "US", bits),
        element(0x00280102, "US", more.get("high", bits - 1)),
        element(0x00280103, "US", int(more.get("signed", False))),
        *more.get("extra", []),
    ]
    ordered: list[bytes] = sorted(parts, key=tag_order)
    return b"".join(ordered)


def tag_order(part: bytes) -> tuple[int, ...]:
    """Give the key that sorts encoded elements."""
    return struct.unpack("<HH", part[:4])


def ramp(rows: int, columns: int, bits: int) -> NDArray[Any]:
    """Give a smooth image that uses the whole range of `bits`."""
    top = (1 << bits) - 1
    y, x = np.mgrid[0:rows, 0:columns]
    values = (x * top // max(columns - 1, 1) + y * top // max(rows - 1, 1)) // 2
    found: NDArray[Any] = values.astype(np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32)
    return found
