"""Where are the pixel data of a data set that can be read at any place? (PS3.5 7.1)

Everything that works on whole instances of any size reads through a `DataSetSource`: a file, a blob, or bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lumenarc.dicom.frames import Read
from lumenarc.dicom.header import EXPLICIT_BE, IMPLICIT_LE, NeedMoreData, PixelElement, scan
from lumenarc.errors import BadDataSet

MAX_HEAD_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class DataSetSource:
    """An encoded data set that can be read at any place; a deflated one is given inflated."""

    read: Read
    n_bytes: int
    transfer_syntax_uid: str


def find_pixels(source: DataSetSource) -> PixelElement | None:
    """Find the pixel data element; None when there is none.

    Raises:
        BadDataSet: the header is broken or larger than 256 MiB.
    """
    wanted, size = 1 << 16, min(source.n_bytes, MAX_HEAD_BYTES)
    while True:
        head = source.read(0, min(wanted, size))
        try:
            found = scan(head, source.transfer_syntax_uid, frozenset(), complete=len(head) >= source.n_bytes)
        except NeedMoreData as more:
            if len(head) >= size:
                raise BadDataSet("The header is larger than allowed, or cut") from None
            wanted = max(more.n_bytes, len(head) * 2)
            continue
        return found.pixel


def deflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Deflate an encoded data set on its way, to even length (PS3.5 A.5)."""
    engine = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    n_bytes = 0
    for chunk in chunks:
        packed = engine.compress(chunk)
        n_bytes += len(packed)
        if packed:
            yield packed
    rest = engine.flush()
    yield rest + b"\0" * ((n_bytes + len(rest)) % 2)


def pixel_start(source: DataSetSource, pixel: PixelElement) -> int:
    """Return where the pixel data element begins: some writers leave its VR out of an explicit VR data set."""
    order = ">" if source.transfer_syntax_uid == EXPLICIT_BE else "<"
    tag = struct.pack(f"{order}HH", pixel.tag >> 16, pixel.tag & 0xFFFF)
    is_long = source.transfer_syntax_uid != IMPLICIT_LE and source.read(pixel.offset - 12, 4) == tag
    return pixel.offset - (12 if is_long else 8)
