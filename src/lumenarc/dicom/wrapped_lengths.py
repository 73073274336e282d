"""Which private elements are longer than their 16-bit length can say, and how are they mended? (PS3.5 6.2.2, 7.1.2)

Writers that put 64 KiB and more into a private LO leave the upper half of the length out, and no reader finds the next
element. The true length is the declared one and a multiple of 64 KiB, there where an element follows that can be one;
such an element must be UN. Looks into items of undefined length; those whose length is told have to be right.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from lumenarc.dicom.frames import Read
from lumenarc.dicom.source import DataSetSource
from lumenarc.errors import BadDataSet

EXPLICIT_LE = "1.2.840.10008.1.2.1"
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_MAY_WRAP = frozenset(b"LO LT SH ST".split())
_UNDEFINED, _WRAP, _CHUNK = 0xFFFFFFFF, 0x10000, 1 << 20
_ITEM, _ENDS = 0xFFFEE000, (0xFFFEE00D, 0xFFFEE0DD)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A private element at an offset of the data set, the length it declares, and the one it has."""

    offset: int
    tag: int
    vr: str
    declared: int
    length: int


@dataclass(frozen=True, slots=True)
class _Header:
    """What begins at a place: its tag, VR ("" for items and ends), where its value begins, its length."""

    tag: int
    vr: bytes
    value: int
    length: int


def find_wrapped(source: DataSetSource) -> list[Wrapped]:
    """Return the elements whose length is wrapped, in order.

    Raises:
        BadDataSet: something begins that is no element, and no length explains it.
    """
    if source.transfer_syntax_uid == "1.2.840.10008.1.2":
        return []  # 32 bits for every length
    found: list[Wrapped] = []
    place = 0
    while place < source.n_bytes:
        header = _header(source.read, place)
        if header is None:
            raise BadDataSet(f"What begins at {place} is no element.")
        if not header.vr:
            place = header.value + (0 if header.length == _UNDEFINED else header.length)
            continue
        if header.tag == 0x7FE00010:
            break
        if header.length == _UNDEFINED:  # a sequence: its items come next
            place = header.value
            continue
        length = header.length
        if header.tag >> 16 & 1 and header.vr in _MAY_WRAP and not _follows(source, header, length):
            length = _true_length(source, header)
            found.append(Wrapped(place, header.tag, header.vr.decode("ascii"), header.length, length))
        place = header.value + length
    return found


def _header(read: Read, place: int) -> _Header | None:
    head = read(place, 12)
    if len(head) < 8:
        return None
    group, element = struct.unpack_from("<HH", head)
    tag, vr = group << 16 | element, head[4:6]
    if group == 0xFFFE:
        known = tag == _ITEM or tag in _ENDS
        return _Header(tag, b"", place + 8, struct.unpack_from("<I", head, 4)[0]) if known else None
    if vr in _LONG and len(head) == 12:
        return _Header(tag, vr, place + 12, struct.unpack_from("<I", head, 8)[0])
    return _Header(tag, vr, place + 8, struct.unpack_from("<H", head, 6)[0]) if vr in _SHORT else None


def _follows(source: DataSetSource, header: _Header, length: int) -> bool:
    """Say whether behind a value of this length something begins that can follow."""
    place = header.value + length
    if place >= source.n_bytes:
        return place == source.n_bytes
    behind = _header(source.read, place)
    if behind is None:
        return False
    if not behind.vr:
        return behind.length == 0 and behind.tag in _ENDS
    fits = behind.length == _UNDEFINED or behind.value + behind.length <= source.n_bytes
    return behind.tag > header.tag and fits


def _true_length(source: DataSetSource, header: _Header) -> int:
    length = header.length + _WRAP
    while header.value + length <= source.n_bytes:
        if _follows(source, header, length):
            return length
        length += _WRAP
    raise BadDataSet(
        f"Nothing follows element ({header.tag >> 16:04X},{header.tag & 0xFFFF:04X}), whatever its length."
    )


def mended(source: DataSetSource, wrapped: list[Wrapped]) -> Iterator[bytes]:
    """Give the data set in chunks, with these elements as UN."""
    place = 0
    for each in wrapped:
        yield from _copied(source, place, each.offset)
        yield struct.pack("<HH2sHI", each.tag >> 16, each.tag & 0xFFFF, b"UN", 0, each.length)
        place = each.offset + 8
    yield from _copied(source, place, source.n_bytes)


def _copied(source: DataSetSource, place: int, end: int) -> Iterator[bytes]:
    while place < end and (chunk := source.read(place, min(_CHUNK, end - place))):
        place += len(chunk)
        yield chunk
