"""How is a data set without its pixel data written in another encoding? (PS3.5 7.1, 7.3, 7.5, A.1-A.3)

Implicit ⇄ explicit VR and little ⇄ big endian at every level, and a few top-level elements replaced on the way. Between
two explicit little endian encodings every element that is not replaced is copied byte for byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from lumenarc.dicom.dictionary import vr_of
from lumenarc.dicom.lazy import (
    EXPLICIT_BE,
    IMPLICIT_LE,
    MAX_DEPTH,
    UNDEFINED,
    read_element,
    read_item,
    skip_undefined,
)
from lumenarc.errors import BadDataSet

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_UNITS = {
    b"US": 2, b"SS": 2, b"OW": 2, b"AT": 2, b"UL": 4, b"SL": 4, b"FL": 4, b"OF": 4, b"OL": 4,
    b"FD": 8, b"SV": 8, b"UV": 8, b"OD": 8, b"OV": 8,
}  # fmt: skip
_US_OR_SS = frozenset(
    (0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280110, 0x00280111, 0x00280120, 0x00280121, 0x00281041,
     0x00189810, 0x00221452, 0x00283007, 0x00409211, 0x00409216, 0x00603004, 0x00603006, 0x00280071)
)  # fmt: skip
Changes = dict[int, tuple[bytes, bytes] | None]
"""Top-level tag → (VR, value in the target's byte order), or None to leave it out."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Explicit or implicit VR, byte order as struct writes it."""

    explicit: bool
    order: str

    @classmethod
    def of(cls, transfer_syntax_uid: str) -> Encoding:
        """Give the encoding of a transfer syntax (a deflated one counts as inflated)."""
        return cls(transfer_syntax_uid != IMPLICIT_LE, ">" if transfer_syntax_uid == EXPLICIT_BE else "<")


def reencode(head: bytes | memoryview, source_uid: str, target_uid: str, changes: Changes, signed: bool) -> bytes:
    """Write `head` (no pixel data in it) in the target's encoding with `changes` made at top level.

    `signed` says how US-or-SS attributes of an implicit source are meant (Pixel Representation). Group lengths go.

    Raises:
        BadDataSet: a length runs past the end, or sequences are nested deeper than MAX_DEPTH.
    """
    source, target = Encoding.of(source_uid), Encoding.of(target_uid)
    writer = _Writer(memoryview(head), source, target, signed)
    return writer.top_level(changes)


def element(tag: int, vr: bytes, value: bytes, target: Encoding) -> bytes:
    """Write one element; `value` is in the target's byte order and gets padded to even length."""
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB", b"UN") else b" "
    return _header(tag, vr, len(value), target) + value


def _header(tag: int, vr: bytes, length: int, target: Encoding) -> bytes:
    order = target.order
    if not target.explicit:
        return struct.pack(f"{order}HHI", tag >> 16, tag & 0xFFFF, length)
    if vr in _LONG:
        return struct.pack(f"{order}HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, length)
    if length > 0xFFFE:
        wide = b"OW" if vr == b"US" else b"UN"
        return struct.pack(f"{order}HH2sHI", tag >> 16, tag & 0xFFFF, wide, 0, length)
    return struct.pack(f"{order}HH2sH", tag >> 16, tag & 0xFFFF, vr, length)


class _Writer:
    def __init__(self, buf: memoryview, source: Encoding, target: Encoding, signed: bool) -> None:
        self.buf, self.source, self.target, self.signed = buf, source, target, signed
        self.same = source == target

    def top_level(self, changes: Changes) -> bytes:
        out: list[bytes] = []
        pending = sorted(changes.items())
        pos, end = 0, len(self.buf)
        while pos + 8 <= end:
            tag, vr, start, length = read_element(self.buf, pos, self.source.explicit, self.source.order)
            while pending and pending[0][0] <= tag:
                changed, value = pending.pop(0)
                if value is not None:
                    out.append(element(changed, value[0], value[1], self.target))
            following = self._after(start, length, vr, end)
            if tag not in changes and tag & 0xFFFF:
                if self.same:
                    out.append(bytes(self.buf[pos:following]))
                else:
                    self._convert(out, (tag, vr, start, length), following, self.source, 0)
            pos = following
        out.extend(element(tag, value[0], value[1], self.target) for tag, value in pending if value is not None)
        return b"".join(out)

    def _after(self, start: int, length: int, vr: bytes, end: int) -> int:
        if length == UNDEFINED:
            return skip_undefined(self.buf, start, vr, self.source.explicit, self.source.order)
        if start + length > end:
            raise BadDataSet("An element is longer than the data set")
        return start + length

    def _convert(
        self, out: list[bytes], found: tuple[int, bytes, int, int], after: int, source: Encoding, depth: int
    ) -> None:
        tag, vr, start, length = found
        if vr == b"UN" and length == UNDEFINED:
            source, vr = Encoding(False, "<"), b"SQ"
        elif not vr:
            vr = self._implied_vr(tag, length)
        if vr == b"SQ" or length == UNDEFINED:
            end = after - 8 if length == UNDEFINED else after
            body = b"".join(self._items(start, end, source, depth + 1))
            out.append(_header(tag, b"SQ", UNDEFINED, self.target) + body)
            out.append(struct.pack(f"{self.target.order}HHI", 0xFFFE, 0xE0DD, 0))
            return
        value = bytes(self.buf[start:after])
        unit = _UNITS.get(vr, 1)
        if unit > 1 and source.order != self.target.order and len(value) % unit == 0:
            value = swap(value, unit)
        out.append(element(tag, vr, value, self.target))

    def _implied_vr(self, tag: int, length: int) -> bytes:
        if length == UNDEFINED:
            return b"SQ"
        if self.signed and tag in _US_OR_SS:
            return b"SS"
        return vr_of(tag).encode("ascii")

    def _items(self, pos: int, end: int, source: Encoding, depth: int) -> list[bytes]:
        if depth > MAX_DEPTH:
            raise BadDataSet("Sequences are nested too deeply")
        out: list[bytes] = []
        while pos + 8 <= end:
            tag, length = read_item(self.buf, pos, source.order)
            if tag != _ITEM:
                break
            pos += 8
            after = pos + length
            if length == UNDEFINED:
                after = skip_undefined(self.buf, pos, b"IT", source.explicit, source.order)
            if after > end:
                raise BadDataSet("An item is longer than its sequence")
            out.append(struct.pack(f"{self.target.order}HHI", 0xFFFE, 0xE000, UNDEFINED))
            self._elements(out, pos, after - 8 if length == UNDEFINED else after, source, depth)
            out.append(struct.pack(f"{self.target.order}HHI", 0xFFFE, 0xE00D, 0))
            pos = after
        return out

    def _elements(self, out: list[bytes], pos: int, end: int, source: Encoding, depth: int) -> None:
        while pos + 8 <= end:
            tag, vr, start, length = read_element(self.buf, pos, source.explicit, source.order)
            if length == UNDEFINED:
                after = skip_undefined(self.buf, start, vr, source.explicit, source.order)
            else:
                after = start + length
            if after > end:
                raise BadDataSet("An element is longer than its item")
            if tag & 0xFFFF:
                if tag == 0x7FE00010 and length == UNDEFINED:  # an encapsulated icon: fragments stay as they are
                    out.append(_header(tag, b"OB", UNDEFINED, self.target) + bytes(self.buf[start:after]))
                else:
                    self._convert(out, (tag, vr, start, length), after, source, depth)
            pos = after


def swap(value: bytes, unit: int) -> bytes:
    """Reverse the bytes of every group of `unit` bytes."""
    out = bytearray(len(value))
    for place in range(unit):
        out[place::unit] = value[unit - 1 - place :: unit]
    return bytes(out)
