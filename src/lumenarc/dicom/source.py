"""Where are the pixel data of a data set that can be read at any place? (PS3.5 7.1)

Everything that works on whole instances of any size reads through a `DataSetSource`: a file, a blob, or bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from lumenarc.dicom.frames import Read
from lumenarc.dicom.header import NeedMoreData, PixelElement, scan
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
