"""Which broken files do tests of the mending tools use? Made here of a real one."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
from corpus import PYDICOM_FILES

CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"


def with_wrapped_lengths(path: Path, *lengths: int) -> bytes:
    """Write a CT with private LO elements of these lengths, of which only the lower 16 bits are told.

    Return the file as it should have been written: with UN.
    """
    data = CT.read_bytes()
    place = data.index(struct.pack("<HH2s", 0x0010, 0x0010, b"PN"))  # behind group 0009
    broken, right = b"", b""
    for number, length in enumerate(lengths):
        value = (b"0123456789ABCDEF" * (length // 16 + 1))[:length]
        tag = struct.pack("<HH", 0x000F, 0x1000 + number)
        broken += tag + b"LO" + struct.pack("<H", length & 0xFFFF) + value
        right += tag + (b"UN\0\0" + struct.pack("<I", length) if length > 0xFFFF else b"LO" + struct.pack("<H", length))
        right += value
    creator = struct.pack("<HH2sH", 0x000F, 0x0010, b"LO", 4) + b"TEST"
    path.write_bytes(data[:place] + creator + broken + data[place:])
    return data[:place] + creator + right + data[place:]


def with_swapped_pixels(path: Path) -> None:
    """Write the CT with the bytes of its pixels in the wrong order."""
    ds = pydicom.dcmread(CT)
    data = bytearray(ds.PixelData)
    data[0::2], data[1::2] = data[1::2], data[0::2]
    ds.PixelData = bytes(data)
    ds.save_as(path)
