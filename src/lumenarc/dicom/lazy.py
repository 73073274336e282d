"""Which elements does an encoded data set hold, and where? A lazy view for drawing (PS3.5 7.1, 7.5).

Drawing one image needs about forty attributes of a header that can hold tens of thousands (functional
groups). This view indexes one level of the data set by stepping over lengths; sequences are opened only when
asked for. It never recurses on nesting, allocates nothing by a declared length and needs no dictionary: the
caller knows the type it asks for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from lumenarc.dicom import charset, header
from lumenarc.errors import BadDataSet

MAX_DEPTH = 64
MAX_ELEMENTS = 1_000_000
UNDEFINED = 0xFFFFFFFF
IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_BE = "1.2.840.10008.1.2.2"

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_NUMBER_FORMATS = {
    b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d", b"UV": "Q", b"SV": "q",
    b"OW": "H", b"OV": "Q", b"OL": "I", b"OF": "f", b"OD": "d", b"AT": "H", b"OB": "B",
}  # fmt: skip
Element = tuple[bytes, int, int]
"""VR (empty when implicit), offset of the value, length or UNDEFINED."""


class LazySet:
    """One data set or item, indexed on construction, its values sliced on demand without copying."""

    __slots__ = ("_buf", "_charset", "_depth", "_elements", "_explicit", "_order")

    def __init__(self, buf: memoryview, *, explicit: bool, order: str, depth: int = 0) -> None:
        """Index the elements in `buf`, a whole data set, a head that stops before its pixel data, or an item.

        Raises:
            BadDataSet: a length runs past the end, nesting is deeper than MAX_DEPTH, too many elements.
        """
        if depth > MAX_DEPTH:
            raise BadDataSet("Sequences are nested too deeply")
        self._buf, self._explicit, self._order, self._depth = buf, explicit, order, depth
        self._charset: tuple[str, ...] = ()
        self._elements: dict[int, Element] = {}
        self._index()

    @classmethod
    def of(cls, head: bytes | memoryview, transfer_syntax_uid: str) -> LazySet:
        """Index encoded bytes; a deflated data set must have been inflated before."""
        big = transfer_syntax_uid == EXPLICIT_BE
        explicit = transfer_syntax_uid != IMPLICIT_LE
        found = cls(memoryview(head), explicit=explicit, order=">" if big else "<")
        found._charset = charset.normalise(found.ascii(0x00080005).split("\\"))
        return found

    def _index(self) -> None:
        pos, end, elements = 0, len(self._buf), self._elements
        while pos + 8 <= end:
            tag, vr, start, length = read_element(self._buf, pos, self._explicit, self._order)
            if tag in (_ITEM_END, _SEQUENCE_END):
                return
            if length == UNDEFINED:
                elements[tag] = (vr, start, UNDEFINED)
                if tag == 0x7FE00010:  # a head may stop here; nothing drawn lies behind
                    return
                pos = skip_undefined(self._buf, start, vr, self._explicit, self._order)
            elif start + length > end:
                if tag == 0x7FE00010 or tag in (0x7FE00008, 0x7FE00009):  # the head stops here on purpose
                    elements[tag] = (vr, start, end - start)
                    return
                raise BadDataSet(f"Element ({tag >> 16:04X},{tag & 0xFFFF:04X}) is longer than the data set")
            else:
                elements[tag] = (vr, start, length)
                pos = start + length
            if len(elements) > MAX_ELEMENTS:
                raise BadDataSet("The data set has too many elements")

    def __contains__(self, tag: int) -> bool:
        return tag in self._elements

    @property
    def order(self) -> str:
        """'<' or '>', as struct writes it."""
        return self._order

    @property
    def explicit(self) -> bool:
        """Whether the elements carry their VR."""
        return self._explicit

    def tags(self) -> Iterable[int]:
        """Give the tags of this level in stored order."""
        return self._elements.keys()

    def has_value(self, tag: int) -> bool:
        """Say whether the element is there and not empty."""
        found = self._elements.get(tag)
        return found is not None and found[2] != 0

    def vr(self, tag: int) -> str:
        """Give the VR as stored, empty when absent or implicit."""
        found = self._elements.get(tag)
        return "" if found is None else found[0].decode("latin-1")

    def raw(self, tag: int) -> memoryview:
        """Give the value bytes, empty when absent; an undefined length gives everything from the value's
        start."""
        found = self._elements.get(tag)
        if found is None:
            return memoryview(b"")
        _, start, length = found
        return self._buf[start:] if length == UNDEFINED else self._buf[start : start + length]

    def is_undefined(self, tag: int) -> bool:
        """Say whether the value has no length of its own: items, or the fragments of encapsulated pixel data."""
        found = self._elements.get(tag)
        return found is not None and found[2] == UNDEFINED

    def ascii(self, tag: int) -> str:
        """Give a CS, UI, DA, TM, IS or DS value as text without padding."""
        return bytes(self.raw(tag)).decode("latin-1").strip(" \0")

    def uid(self, tag: int) -> str:
        """Give a UI value."""
        return self.ascii(tag)

    def text(self, tag: int, vr: str = "LO") -> str:
        """Give text decoded with the data set's Specific Character Set; wrong bytes become replacement
        characters."""
        value = bytes(self.raw(tag)).rstrip(b" \0")
        if not value:
            return ""
        if all(byte < 0x80 and byte != 0x1B for byte in value):
            return value.decode("ascii")
        return charset.decode(value, self._charset, vr)

    def numbers(self, tag: int, vr: str = "") -> tuple[float, ...]:
        """Give DS, IS or binary numbers; `vr` says how to read an implicit binary value; what is no number
        is left out."""
        found = self._elements.get(tag)
        if found is None or found[2] == UNDEFINED:
            return ()
        stored = found[0] or vr.encode()
        if stored == b"UN":
            stored = vr.encode()
        layout = _NUMBER_FORMATS.get(stored)
        value = self.raw(tag)
        if layout is not None:
            size = struct.calcsize(layout)
            count = len(value) // size
            return struct.unpack(f"{self._order}{count}{layout}", value[: count * size])
        return tuple(_parse_numbers(bytes(value).decode("latin-1")))

    def number(self, tag: int, default: float, vr: str = "") -> float:
        """Give the first number, or `default`."""
        found = self.numbers(tag, vr)
        return found[0] if found else default

    def us(self, tag: int, default: int = 0) -> int:
        """Give a US value, or `default`."""
        value = self.raw(tag)
        return int(struct.unpack_from(f"{self._order}H", value)[0]) if len(value) >= 2 else default

    def integer(self, tag: int, default: int, vr: str = "") -> int:
        """Give an IS or binary integer, or `default` when absent or not finite."""
        found = self.number(tag, default, vr)
        return int(found) if abs(found) < 1e15 else default

    def items(self, tag: int) -> list[LazySet]:
        """Open a sequence; absent or empty gives no items."""
        plain = self.vr(tag) == "UN"
        return [self._open(start, end, plain) for start, end in self._item_spans(tag, MAX_ELEMENTS)]

    def item_bytes(self, tag: int) -> list[memoryview]:
        """Give the encoded elements of each item; those of a sequence of VR UN are implicit little endian."""
        return [self._buf[start:end] for start, end in self._item_spans(tag, MAX_ELEMENTS)]

    def item(self, tag: int, index: int = 0) -> LazySet | None:
        """Open one item of a sequence without opening the others."""
        spans = self._item_spans(tag, index + 1)
        return self._open(*spans[index], self.vr(tag) == "UN") if 0 <= index < len(spans) else None

    def _open(self, start: int, end: int, implicit: bool) -> LazySet:
        explicit, order = self._explicit and not implicit, "<" if implicit else self._order
        child = LazySet(self._buf[start:end], explicit=explicit, order=order, depth=self._depth + 1)
        own = child.ascii(0x00080005)
        child._charset = charset.normalise(own.split("\\")) if own else self._charset
        return child

    def _item_spans(self, tag: int, limit: int) -> list[tuple[int, int]]:
        found = self._elements.get(tag)
        if found is None or found[2] == 0:
            return []
        vr, pos, length = found
        if vr not in (b"SQ", b"", b"UN"):
            return []
        explicit, order = self._explicit and vr != b"UN", "<" if vr == b"UN" else self._order
        end = len(self._buf) if length == UNDEFINED else pos + length
        spans: list[tuple[int, int]] = []
        while pos + 8 <= end and len(spans) < limit:
            item, n_bytes = read_item(self._buf, pos, order)
            if item != _ITEM:
                break
            start = pos + 8
            if n_bytes == UNDEFINED:
                pos = skip_undefined(self._buf, start, b"IT", explicit, order)
                spans.append((start, pos - 8))
            else:
                if start + n_bytes > end:
                    raise BadDataSet("An item is longer than its sequence")
                pos = start + n_bytes
                spans.append((start, pos))
        return spans


def read_element(buf: memoryview, pos: int, explicit: bool, order: str) -> tuple[int, bytes, int, int]:
    """Read an element header at `pos`: tag, VR, offset of the value, length."""
    try:
        group, element = struct.unpack_from(f"{order}HH", buf, pos)
        tag = group << 16 | element
        if not explicit or group == 0xFFFE:
            return tag, b"", pos + 8, struct.unpack_from(f"{order}I", buf, pos + 4)[0]
        vr = bytes(buf[pos + 4 : pos + 6])
        if vr in _LONG_VRS:
            return tag, vr, pos + 12, struct.unpack_from(f"{order}I", buf, pos + 8)[0]
        return tag, vr, pos + 8, struct.unpack_from(f"{order}H", buf, pos + 6)[0]
    except struct.error:
        raise BadDataSet("The data set ends inside an element header") from None


def read_item(buf: memoryview, pos: int, order: str) -> tuple[int, int]:
    """Read an item or delimiter header: tag, length."""
    group, element, length = struct.unpack_from(f"{order}HHI", buf, pos)
    return group << 16 | element, length


def skip_undefined(buf: memoryview, pos: int, vr: bytes, explicit: bool, order: str) -> int:
    """Find the end of a value of undefined length that starts at `pos`: a sequence, or an item when `vr` is
    b"IT".

    A UN of undefined length holds implicit little endian items (PS3.5 6.2.2 note 2).
    """
    inside = explicit and vr != b"UN"
    return header.skip_undefined(buf, pos, explicit=inside, order=order, complete=True, in_item=vr == b"IT")


def _parse_numbers(text: str) -> Iterable[float]:
    for part in text.strip(" \0").split("\\"):
        try:
            yield float(part.strip(" \0"))
        except ValueError:
            continue
