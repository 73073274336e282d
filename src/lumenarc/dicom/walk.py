"""Which elements does a data set of any size hold, at every depth, in stored order? (PS3.5 7.1, 7.5, A.4)

Reads element headers through a small window and never a value, so that ten gigabytes of pixel data cost nothing.
Iterative and bounded: depth, and every length against what is left of the thing around it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lumenarc.dicom.dictionary import vr_of
from lumenarc.dicom.frames import Read
from lumenarc.dicom.source import DataSetSource
from lumenarc.errors import BadDataSet

MAX_DEPTH = 64
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = 0x7FE00010
_WINDOW = 1 << 16
_IMPLICIT_LE, _EXPLICIT_BE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())


class Kind(Enum):
    """What a token is."""

    ELEMENT = "element"
    SEQUENCE = "sequence"
    ITEM = "item"
    ITEM_END = "item end"
    SEQUENCE_END = "sequence end"
    PIXELS = "encapsulated pixel data"
    FRAGMENT = "fragment"


@dataclass(frozen=True, slots=True)
class Token:
    """One element, item, fragment or end. Offsets count from the start of the data set.

    `length` None = undefined; `depth` 0 at top level, one more inside each sequence. `vr` is the stored one, or the
    dictionary's for implicit VR. Ends that nothing in the file marks have `value` == `offset`.
    """

    kind: Kind
    tag: int
    vr: str
    offset: int
    value: int
    length: int | None
    depth: int
    explicit: bool
    big_endian: bool


@dataclass(slots=True)
class _Open:
    """A sequence, item or list of fragments that is not closed; `end` None = at its delimiter."""

    kind: Kind
    tag: int
    end: int | None
    explicit: bool
    order: str


def walk(source: DataSetSource) -> Iterator[Token]:
    """Give the tokens of a data set.

    Raises:
        BadDataSet: a length runs past what holds the element, or sequences are nested too deeply.
    """
    syntax = source.transfer_syntax_uid
    return _Walker(source.read, source.n_bytes).run(syntax != _IMPLICIT_LE, ">" if syntax == _EXPLICIT_BE else "<")


class _Walker:
    def __init__(self, read: Read, n_bytes: int) -> None:
        self.read, self.n_bytes = read, n_bytes
        self.window, self.start = b"", 0

    def at(self, place: int, length: int) -> bytes:
        inside = place - self.start
        if inside < 0 or inside + length > len(self.window):
            self.window, self.start, inside = self.read(place, _WINDOW), place, 0
        return self.window[inside : inside + length]

    def run(self, explicit: bool, order: str) -> Iterator[Token]:
        stack = [_Open(Kind.ITEM, 0, self.n_bytes, explicit, order)]
        place = 0
        while stack:
            top = stack[-1]
            limit = self.n_bytes if top.end is None else top.end
            if len(stack) == 1 and not any(self.at(place, 8)):
                return  # the end, or padding behind it
            if place >= limit:
                if top.end is None:
                    raise BadDataSet("The data set ends inside a sequence.")
                yield self.closing(stack.pop(), len(stack), limit, limit)
                place = limit
                continue
            if len(stack) > 2 * MAX_DEPTH:
                raise BadDataSet("Sequences are nested too deeply.")
            token = self.token(top, place, len(stack) // 2)
            if token.tag in (_ITEM_END, _SEQUENCE_END):
                if len(stack) == 1:
                    raise BadDataSet("A delimiter stands outside a sequence.")
                place = token.value
                yield self.closing(stack.pop(), len(stack), token.offset, place)
                continue
            yield token
            place = self.enter(token, stack, limit)

    def closing(self, top: _Open, n_open: int, offset: int, after: int) -> Token:
        kind = Kind.ITEM_END if top.kind is Kind.ITEM else Kind.SEQUENCE_END
        return Token(kind, top.tag, "", offset, after, 0, n_open // 2, top.explicit, top.order == ">")

    def token(self, top: _Open, place: int, depth: int) -> Token:
        """Read what begins at `place`."""
        order = top.order
        head = self.at(place, 16)
        if len(head) < 8:
            raise BadDataSet("The data set ends inside an element.")
        group, element = struct.unpack_from(f"{order}HH", head)
        tag = group << 16 | element
        big = order == ">"
        if group == 0xFFFE:
            (length,) = struct.unpack_from(f"{order}I", head, 4)
            kind = Kind.FRAGMENT if top.kind is Kind.PIXELS else Kind.ITEM
            return Token(kind, tag, "", place, place + 8, _known(length), depth, top.explicit, big)
        if top.kind is not Kind.ITEM:
            raise BadDataSet("A sequence holds something that is no item.")
        vr, start, length = _header(head, tag, top.explicit, order)
        kind = Kind.ELEMENT
        if tag == _PIXELS and length == _UNDEFINED:
            kind = Kind.PIXELS
        elif vr == "SQ" or length == _UNDEFINED or (vr == "UN" and self.holds_items(tag, place + start, length)):
            kind = Kind.SEQUENCE
        return Token(kind, tag, vr, place, place + start, _known(length), depth, top.explicit, big)

    def holds_items(self, tag: int, value: int, length: int) -> bool:
        """Say whether a UN of known length is a sequence that its writer did not know (PS3.5 6.2.2 note 2)."""
        return length >= 8 and vr_of(tag) == "SQ" and self.at(value, 4) == b"\xfe\xff\x00\xe0"

    def enter(self, token: Token, stack: list[_Open], limit: int) -> int:
        """Open what holds others, pass what does not; return where the next token begins."""
        end = None if token.length is None else token.value + token.length
        if end is not None and end > limit:
            where = f"({token.tag >> 16:04X},{token.tag & 0xFFFF:04X})"
            raise BadDataSet(f"Element {where} at {token.offset} is longer than what holds it.")
        if token.kind in (Kind.ELEMENT, Kind.FRAGMENT):
            if end is None:
                raise BadDataSet("A fragment has no length.")
            return end
        explicit, order = token.explicit, stack[-1].order
        if token.kind is Kind.SEQUENCE and token.vr == "UN":  # implicit little endian inside (PS3.5 6.2.2 note 2)
            explicit, order = False, "<"
        stack.append(_Open(token.kind, token.tag, end, explicit, order))
        return token.value


def _known(length: int) -> int | None:
    return None if length == _UNDEFINED else int(length)


def _header(head: bytes, tag: int, explicit: bool, order: str) -> tuple[str, int, int]:
    """Read VR, distance of the value from the tag, and length."""
    if not explicit:
        return vr_of(tag), 8, struct.unpack_from(f"{order}I", head, 4)[0]
    raw = head[4:6]
    if raw in _LONG:
        if len(head) < 12:
            raise BadDataSet("The data set ends inside an element.")
        return raw.decode("ascii"), 12, struct.unpack_from(f"{order}I", head, 8)[0]
    if raw.isalpha() and raw.isupper():
        return raw.decode("ascii"), 8, struct.unpack_from(f"{order}H", head, 6)[0]
    if raw in (b"\0\0", b"  ", b"??", b"--"):
        return vr_of(tag), 8, struct.unpack_from(f"{order}H", head, 6)[0]
    return vr_of(tag), 8, struct.unpack_from(f"{order}I", head, 4)[0]  # some writers fall back to implicit VR
