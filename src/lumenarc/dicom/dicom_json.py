"""How a data set becomes the DICOM JSON Model (PS3.18 F.2), straight from its bytes and without pydicom.

Bounded: depth, number of elements and every length are checked; the input is a header (what stands before the pixel
data) or a whole data set. Pixel data are left out; other bulk values become a BulkDataURI or are left out.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lumenarc.dicom import charset
from lumenarc.dicom.dictionary import depends_on_sign, vr_of
from lumenarc.dicom.header import DEFLATED, PIXEL_TAGS, inflate, skip_undefined
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 64
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
# The header of most elements of explicit VR data sets, in one step.
_HEADERS = {order: struct.Struct(order + "HH2sH").unpack_from for order in "<>"}
_SHORT = {vr.encode("ascii"): vr for vr in "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()}
_TEXT = frozenset(("LO", "SH", "UC", "PN", "LT", "ST", "UT"))
_ONE_TEXT = frozenset(("LT", "ST", "UT", "UR"))
_ASCII = frozenset(("AE", "AS", "CS", "DA", "DT", "TM", "UI"))
_BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_NUMBERS = {
    "US": ("H", 2), "SS": ("h", 2), "UL": ("I", 4), "SL": ("i", 4), "FL": ("f", 4), "FD": ("d", 8),
    "UV": ("Q", 8), "SV": ("q", 8),
}  # fmt: skip

BulkUri = Callable[[str], str]
BulkPlace = Callable[[int, int], str]
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


@dataclass(slots=True)
class _Walk:
    """What stays the same while one data set is read."""

    buf: memoryview
    bulk_uri: BulkUri | None
    threshold: int
    bulk_place: BulkPlace | None = None
    keep_spelling: bool = False
    n_elements: int = 0
    signed: bool = False
    charsets: list[tuple[str, ...]] = field(default_factory=lambda: [()])


def to_attributes(
    data: bytes | memoryview,
    transfer_syntax_uid: str,
    *,
    bulk_uri: BulkUri | None = None,
    threshold: int = 1024,
    max_inflated_bytes: int = 1 << 30,
    bulk_place: BulkPlace | None = None,
    keep_spelling: bool = False,
) -> Attributes:
    """Return the attributes of an encoded data set up to its pixel data.

    `bulk_uri` maps the path of a binary value longer than `threshold` bytes ("00420011", "54000100/0/54001010") to its
    URI; None leaves such values out. `bulk_place` maps offset and length in `data` instead. `keep_spelling` leaves
    IS and DS the strings they are, so that nothing is lost on the way back. Raises BadDataSet.
    """
    if transfer_syntax_uid in DEFLATED:
        data = inflate(data, max_inflated_bytes)
    walk = _Walk(memoryview(data), bulk_uri, threshold, bulk_place, keep_spelling)
    order = ">" if transfer_syntax_uid == EXPLICIT_BE else "<"
    found, _ = _read_set(walk, 0, len(walk.buf), transfer_syntax_uid != IMPLICIT_LE, order, "", 0)
    return found


def value_to_json(vr: str, raw: bytes, charsets: tuple[str, ...], *, big_endian: bool = False) -> dict[str, Any]:
    """Return the JSON of one element that is no sequence."""
    walk = _Walk(memoryview(raw), None, 1 << 30, charsets=[charsets])
    return _value(walk, vr, 0, len(raw), ">" if big_endian else "<", "")


def sequence_to_json(raw: bytes, *, explicit: bool, big_endian: bool, charsets: tuple[str, ...]) -> dict[str, Any]:
    """Return the JSON of a sequence from the raw bytes of its value, with or without its delimiter."""
    walk = _Walk(memoryview(raw), None, 1024, charsets=[charsets])
    items, _ = _read_items(walk, 0, len(raw), explicit, ">" if big_endian else "<", "", 1)
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}


def _read_set(
    walk: _Walk, pos: int, end: int, explicit: bool, order: str, path: str, depth: int
) -> tuple[Attributes, int]:
    """Read elements up to `end` or an item delimiter; return them and the offset behind."""
    if depth > MAX_DEPTH:
        raise BadDataSet("Sequences are nested too deeply.")
    found: Attributes = {}
    buf = walk.buf
    walk.charsets.append(walk.charsets[-1])
    header = _HEADERS[order]
    while pos + 8 <= end:
        group, element, code, length = header(buf, pos)
        tag = group << 16 | element
        if tag == _ITEM_END:
            pos += 8
            break
        if tag in PIXEL_TAGS and not path:
            break
        short = _SHORT.get(code) if explicit else None
        if short is None:
            vr, start, length = _element_header(buf, pos, tag, explicit, order)
        else:
            vr, start = short, pos + 8
        if vr == "US" and walk.signed and not explicit and depends_on_sign(tag):
            vr = "SS"
        walk.n_elements += 1
        if walk.n_elements > MAX_ELEMENTS:
            raise BadDataSet("The data set has too many elements.")
        name = f"{tag:08X}"
        here = f"{path}{name}"
        if vr == "SQ" or length == _UNDEFINED:
            inside = explicit and bytes(buf[start - 8 : start - 6]) != b"UN"  # implicit in UN (PS3.5 6.2.2)
            stop = end if length == _UNDEFINED else start + length
            if stop > end:
                raise BadDataSet(f"Element ({group:04X},{element:04X}) is longer than the data set.")
            if tag in PIXEL_TAGS:
                # The encapsulated pixels of an icon: fragments, no items of a sequence.
                pos = skip_undefined(buf[:stop], start, explicit=explicit, order=order, complete=True)
                found[name] = {"vr": vr, "BulkDataURI": walk.bulk_uri(here)} if walk.bulk_uri else {"vr": vr}
                continue
            items, pos = _read_items(walk, start, stop, inside, order if inside else "<", here, depth + 1)
            found[name] = {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
            continue
        pos = start + length
        if pos > end:
            raise BadDataSet(f"Element ({group:04X},{element:04X}) is longer than the data set.")
        if element == 0 or group == 2:
            continue  # group lengths are no attributes of the model
        found[name] = _value(walk, vr, start, pos, order, here)
        if tag == 0x00280103:
            walk.signed = found[name].get("Value") == [1]
        elif tag == 0x00080005:
            walk.charsets[-1] = tuple(str(v) for v in found[name].get("Value", ()) if v is not None) or ("",)
    walk.charsets.pop()
    return found, pos


def _element_header(buf: memoryview, pos: int, tag: int, explicit: bool, order: str) -> tuple[str, int, int]:
    if not explicit:
        return vr_of(tag), pos + 8, struct.unpack_from("<I", buf, pos + 4)[0]
    raw = bytes(buf[pos + 4 : pos + 6])
    if raw in _LONG:
        if pos + 12 > len(buf):
            raise BadDataSet("The data set ends inside an element.")
        length = struct.unpack_from(order + "I", buf, pos + 8)[0]
        vr = raw.decode("ascii")
        if vr == "UN" and length != _UNDEFINED:
            known = vr_of(tag)
            sequence = length == 0 or bytes(buf[pos + 12 : pos + 16]) == b"\xfe\xff\x00\xe0"
            vr = known if known != "SQ" or sequence else "UN"
        return vr, pos + 12, length
    if raw.isalpha() and raw.isupper():
        return raw.decode("ascii"), pos + 8, struct.unpack_from(order + "H", buf, pos + 6)[0]
    if raw in (b"\0\0", b"  ", b"??", b"--"):
        return vr_of(tag), pos + 8, struct.unpack_from(order + "H", buf, pos + 6)[0]
    return vr_of(tag), pos + 8, struct.unpack_from("<I", buf, pos + 4)[0]


def _read_items(
    walk: _Walk, pos: int, end: int, explicit: bool, order: str, path: str, depth: int
) -> tuple[list[Attributes], int]:
    items: list[Attributes] = []
    while pos + 8 <= end:
        group, element, length = struct.unpack_from(order + "HHI", walk.buf, pos)
        tag = group << 16 | element
        pos += 8
        if tag == _SEQUENCE_END:
            break
        if tag != _ITEM:
            raise BadDataSet("A sequence holds something that is no item.")
        stop = end if length == _UNDEFINED else pos + length
        if stop > end:
            raise BadDataSet("An item is longer than its sequence.")
        inside, reached = _read_set(walk, pos, stop, explicit, order, f"{path}/{len(items)}/", depth)
        items.append(inside)
        pos = reached if length == _UNDEFINED else stop
    return items, pos


def _value(walk: _Walk, vr: str, start: int, end: int, order: str, path: str) -> dict[str, Any]:
    if start == end:
        return {"vr": vr}
    if vr in _BINARY:
        if end - start > walk.threshold:
            if walk.bulk_place:
                return {"vr": vr, "BulkDataURI": walk.bulk_place(start, end - start)}
            return {"vr": vr, "BulkDataURI": walk.bulk_uri(path)} if walk.bulk_uri else {"vr": vr}
        return {"vr": vr, "InlineBinary": base64.b64encode(_little(walk.buf[start:end], vr, order)).decode("ascii")}
    raw = bytes(walk.buf[start:end])
    if walk.keep_spelling and vr in ("IS", "DS"):
        values: list[Any] = [value.strip(" \0") or None for value in raw.decode("ascii", "replace").split("\\")]
    else:
        values = _decoded(raw, vr, walk.charsets[-1], order)
    if not values or all(value is None for value in values):
        return {"vr": vr}
    return {"vr": vr, "Value": values}


def _little(raw: memoryview, vr: str, order: str) -> bytes:
    """Return binary values in little endian, as the JSON model wants them (PS3.18 F.2.7)."""
    size = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}.get(vr, 1)
    if order == "<" or size == 1 or len(raw) % size:
        return bytes(raw)
    swapped = bytearray(len(raw))
    for place in range(size):
        swapped[place::size] = raw[size - 1 - place :: size]
    return bytes(swapped)


def _decoded(raw: bytes, vr: str, charsets: tuple[str, ...], order: str) -> list[Any]:
    if vr in _ASCII:
        text = raw.decode("ascii", "replace") if raw.isascii() else charset.decode(raw, charsets, vr)
        return [value.strip(" \0") or None for value in text.split("\\")]
    if vr in _TEXT:
        text = charset.decode(raw, charsets, vr)
        if vr in _ONE_TEXT:
            return [text.rstrip(" \0")]
        if vr == "PN":
            return [_name(value) for value in text.split("\\")]
        return [value.strip(" \0") or None for value in text.split("\\")]
    if vr in ("IS", "DS"):
        return [_number(value, vr) for value in raw.decode("ascii", "replace").split("\\")]
    if vr in _NUMBERS:
        code, size = _NUMBERS[vr]
        count = len(raw) // size
        return [_finite(value) for value in struct.unpack_from(f"{order}{count}{code}", raw)]
    if vr == "AT":
        count = len(raw) // 4
        words = struct.unpack_from(f"{order}{count * 2}H", raw)
        return [f"{words[i]:04X}{words[i + 1]:04X}" for i in range(0, len(words), 2)]
    return [raw.decode("ascii", "replace").rstrip(" \0")]  # UR and VRs nobody knows


def _finite(value: float) -> float | str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _name(text: str) -> dict[str, str] | None:
    groups = {
        group: part.strip(" \0") for group, part in zip(_GROUPS, text.split("="), strict=False) if part.strip(" \0")
    }
    return groups or None


def _number(text: str, vr: str) -> float | int | str | None:
    """Return a number where the string is one; what is none stays the string, so that nothing is lost."""
    text = text.strip(" \0")
    if not text:
        return None
    try:
        if vr == "IS":
            return int(text)
        value = float(text)
    except ValueError:
        return text
    if value != value or value in (float("inf"), float("-inf")):
        return text
    return (
        int(value)
        if value.is_integer() and abs(value) < 1e15 and "." not in text and "e" not in text.lower()
        else value
    )
