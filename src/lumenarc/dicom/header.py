"""What the store path reads of a data set, straight from its bytes (PS3.5 7.1): the fast header scanner.

It stops at the pixel data, makes no object for an element nobody wants, checks every length against the bytes that
are there, and never recurses. Sequences are skipped, or returned as the raw bytes of their value when wanted.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from lumenarc.errors import BadDataSet, TooLarge

Buffer = bytes | bytearray | memoryview

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
DEFLATED = frozenset(("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95"))
PIXEL_TAGS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
MAX_DEPTH = 64
_UNDEFINED = 0xFFFFFFFF
_INFLATED_AT_ONCE = 256 << 10
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SHORT = frozenset(
    vr.encode("ascii") for vr in "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)
# VRs with a 32-bit length (PS3.5 7.1.2).
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))


class NeedMoreData(Exception):
    """The buffer is only the beginning, and ends before the scan does; `n_bytes` at least are needed."""

    def __init__(self, n_bytes: int) -> None:
        super().__init__(n_bytes)
        self.n_bytes = n_bytes


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data value lies, from the start of the data set; `length` None = undefined (encapsulated)."""

    tag: int
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """What the scanner found. `values` are raw, `vrs` empty for implicit VR; `end` is where it stopped."""

    values: dict[int, bytes]
    vrs: dict[int, bytes]
    big_endian: bool
    pixel: PixelElement | None
    end: int

    def text(self, tag: int) -> str:
        """Return an ASCII value without padding; for UIDs, codes and number strings."""
        return self.values.get(tag, b"").decode("ascii", "replace").strip(" \0")


def inflate(data: Buffer, limit: int) -> bytes:
    """Inflate a deflated data set (PS3.5 A.5); raise TooLarge above `limit` bytes, BadDataSet for broken data."""
    return inflate_head((data,), limit, limit)[0]


def inflate_head(pieces: Iterable[Buffer], n_bytes: int, limit: int) -> tuple[bytes, int]:
    """Return the first bytes of a deflated data set inflated, and its whole length; hold no more than these.

    All of it is gone through: raises TooLarge above `limit` bytes, BadDataSet for data that are broken or end early.
    """
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    head, total = bytearray(), 0
    try:
        for piece in pieces:
            rest: Buffer = piece
            more = True
            while more and not engine.eof:
                found = engine.decompress(rest, _INFLATED_AT_ONCE)
                rest = engine.unconsumed_tail
                more = bool(rest) or len(found) == _INFLATED_AT_ONCE
                total += len(found)
                if total > limit:
                    raise TooLarge("The deflated data set is larger than allowed when inflated.")
                if len(head) < n_bytes:
                    head += found[: n_bytes - len(head)]
    except zlib.error as error:
        raise BadDataSet("The deflated data set is broken.") from error
    if not engine.eof:
        raise BadDataSet("The deflated data set ends early.")
    return bytes(head), total


def scan(buf: Buffer, transfer_syntax_uid: str, wanted: frozenset[int], *, complete: bool) -> Header:
    """Scan a data set from its first byte up to its pixel data or its end.

    `complete` says that `buf` is the whole data set; otherwise it is a prefix and NeedMoreData is raised when it does
    not reach far enough. A deflated data set has to be inflated before. Raises BadDataSet for lengths that lie.
    """
    return _scan(buf, transfer_syntax_uid, wanted, complete, {})


def scan_prefix(buf: Buffer, transfer_syntax_uid: str, wanted: frozenset[int]) -> dict[int, bytes]:
    """Return the wanted values in the beginning of a data set, as far as it goes and makes sense."""
    values: dict[int, bytes] = {}
    with suppress(NeedMoreData, BadDataSet):
        _scan(buf, transfer_syntax_uid, wanted, False, values)
    return values


def _scan(
    buf: Buffer, transfer_syntax_uid: str, wanted: frozenset[int], complete: bool, values: dict[int, bytes]
) -> Header:
    if transfer_syntax_uid == IMPLICIT_LE:
        return _scan_implicit(buf, wanted, complete, values)
    return _scan_explicit(buf, wanted, complete, ">" if transfer_syntax_uid == EXPLICIT_BE else "<", values)


def _scan_explicit(buf: Buffer, wanted: frozenset[int], complete: bool, order: str, values: dict[int, bytes]) -> Header:
    vrs: dict[int, bytes] = {}
    short, word = struct.Struct(order + "I2sH").unpack_from, struct.Struct(order + "I").unpack_from
    brief, long, total, pos = _SHORT, _LONG, len(buf), 0
    last = total - 8
    tags = _as_read(wanted, order)
    while True:
        if pos > last:
            return Header(values, vrs, order == ">", None, _at_end(pos, total, complete))
        read, vr, length = short(buf, pos)
        value = pos + 8
        if vr in brief:
            pos = value + length
            if read in tags:
                if pos > total:
                    raise _early(pos, complete, tags[read])
                tag = tags[read]
                values[tag] = bytes(buf[value:pos])
                vrs[tag] = vr
            elif pos > total:
                raise _early(pos, complete, _tag(read, order))
            continue
        tag = _tag(read, order)
        group, element = tag >> 16, tag & 0xFFFF
        if vr in long:
            value = pos + 12
            if value > total:
                raise _early(value, complete)
            (length,) = word(buf, pos + 8)
        elif not (vr.isalpha() and vr.isupper()):
            if group == 0 and element == 0 and not any(buf[pos:total]):
                return Header(values, vrs, order == ">", None, pos)  # trailing zeros are padding
            value, length = _odd_vr(buf, pos, vr, length, order)
        if tag >= 0x7FE00008 and tag in PIXEL_TAGS:
            return _pixels(
                values, vrs, order, PixelElement(tag, value, None if length == _UNDEFINED else length), total
            )
        if length == _UNDEFINED:
            end = skip_undefined(buf, value, explicit=vr != b"UN", order=order, complete=complete)
        else:
            end = value + length
            if end > total:
                raise _early(end, complete, tag)
        if tag in wanted:
            values[tag] = bytes(buf[value:end])
            vrs[tag] = vr
        pos = end


def _tag(read: int, order: str) -> int:
    """Return the tag of what four bytes read as one number say: little endian puts the element first."""
    return read if order == ">" else (read & 0xFFFF) << 16 | read >> 16


@lru_cache(maxsize=64)
def _as_read(wanted: frozenset[int], order: str) -> dict[int, int]:
    """Map wanted tags as `_tag` undoes them to themselves, so that the loop takes no element's tag apart."""
    return {_tag(tag, order): tag for tag in wanted}


def _scan_implicit(buf: Buffer, wanted: frozenset[int], complete: bool, values: dict[int, bytes]) -> Header:
    unpack, total, pos = struct.Struct("<HHI").unpack_from, len(buf), 0
    while True:
        if pos + 8 > total:
            return Header(values, {}, False, None, _at_end(pos, total, complete))
        group, element, length = unpack(buf, pos)
        value, tag = pos + 8, group << 16 | element
        if tag >= 0x7FE00008 and tag in PIXEL_TAGS:
            return _pixels(values, {}, "<", PixelElement(tag, value, None if length == _UNDEFINED else length), total)
        if length == _UNDEFINED:
            end = skip_undefined(buf, value, explicit=False, order="<", complete=complete)
        else:
            end = value + length
            if end > total:
                raise _early(end, complete, tag)
        if tag in wanted:
            values[tag] = bytes(buf[value:end])
        pos = end


def _pixels(values: dict[int, bytes], vrs: dict[int, bytes], order: str, pixel: PixelElement, total: int) -> Header:
    return Header(values, vrs, order == ">", pixel, min(pixel.offset, total))


def _at_end(pos: int, total: int, complete: bool) -> int:
    if not complete:
        raise NeedMoreData(pos + 4096)
    if pos != total:
        raise BadDataSet("The data set ends inside an element.")
    return pos


def _early(end: int, complete: bool, tag: int | None = None) -> Exception:
    if not complete:
        return NeedMoreData(end + 4096)
    where = "" if tag is None else f" ({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return BadDataSet(f"Element{where} is longer than the data set.")


def _odd_vr(buf: Buffer, pos: int, vr: bytes, length: int, order: str) -> tuple[int, int]:
    """Read an element whose VR is none: some writers leave it blank, some fall back to implicit VR."""
    if vr in (b"\0\0", b"  ", b"??", b"--"):
        return pos + 8, length
    if order == ">":
        raise BadDataSet("An element has no value representation.")
    return pos + 8, int(struct.unpack_from("<I", buf, pos + 4)[0])


def skip_undefined(buf: Buffer, pos: int, *, explicit: bool, order: str, complete: bool, in_item: bool = False) -> int:
    """Return the offset behind a sequence of undefined length whose first item begins at `pos`.

    With `in_item` it is an item of undefined length whose first element begins there.

    One frame per open sequence or item: where it ends (None = at its delimiter), and whether elements inside are
    explicit VR; a sequence in an undefined-length UN is implicit VR little endian (PS3.5 6.2.2 note 2).
    """
    total = len(buf)
    stack: list[tuple[bool, int | None, bool]] = [(not in_item, None, explicit)]  # (is sequence, end, explicit)
    while stack:
        is_sequence, end, inside_explicit = stack[-1]
        if end is not None and pos >= end:
            if pos > end:
                raise BadDataSet("An element is longer than the item that holds it.")
            stack.pop()
            continue
        if pos + 8 > total:
            raise _early(pos + 8, complete)
        if len(stack) > 2 * MAX_DEPTH:
            raise BadDataSet("Sequences are nested too deeply.")
        byte_order = order if inside_explicit else "<"
        group, element = struct.unpack_from(byte_order + "HH", buf, pos)
        tag = group << 16 | element
        if tag in (_ITEM_END, _SEQUENCE_END):
            pos += 8
            stack.pop()
        elif is_sequence:
            pos = _enter_item(buf, pos, tag, byte_order, stack)
        else:
            pos = _step(buf, pos, byte_order, stack, complete)
    return pos


def _enter_item(buf: Buffer, pos: int, tag: int, order: str, stack: list[tuple[bool, int | None, bool]]) -> int:
    if tag != _ITEM:
        raise BadDataSet("A sequence holds something that is no item.")
    (length,) = struct.unpack_from(order + "I", buf, pos + 4)
    if length == _UNDEFINED:
        stack.append((False, None, stack[-1][2]))
        return pos + 8
    return pos + 8 + int(length)


def _step(buf: Buffer, pos: int, order: str, stack: list[tuple[bool, int | None, bool]], complete: bool) -> int:
    """Pass one element inside an item of undefined length; open it when its own length is undefined."""
    explicit = stack[-1][2]
    vr, value = b"", pos + 8
    if explicit:
        vr, length = struct.unpack_from(order + "2sH", buf, pos + 4)
        if vr in _LONG:
            if pos + 12 > len(buf):
                raise _early(pos + 12, complete)
            (length,) = struct.unpack_from(order + "I", buf, pos + 8)
            value = pos + 12
        elif not (vr.isalpha() and vr.isupper()):
            value, length = _odd_vr(buf, pos, vr, length, order)
    else:
        (length,) = struct.unpack_from("<I", buf, pos + 4)
    if length == _UNDEFINED:
        stack.append((True, None, explicit and vr != b"UN"))
        return value
    end = value + int(length)
    if end > len(buf):
        raise _early(end, complete)
    return end
