"""How does a data set in the DICOM JSON Model become bytes again? (PS3.18 F.2, PS3.5 6.2, 7.1)

The counterpart of `dicom_json.py`: implicit and explicit VR little endian, explicit VR big endian. Elements are written
in tag order, values padded to even length, text in one Specific Character Set that the caller has chosen
(`charset.choose`). Group lengths are left out.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lumenarc.dicom import charset
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

IMPLICIT_LE = "1.2.840.10008.1.2"
EXPLICIT_BE = "1.2.840.10008.1.2.2"
MAX_DEPTH = 64
MAX_DS_CHARACTERS = 16
_LONG = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
_TEXT = frozenset(("LO", "SH", "UC", "LT", "ST", "UT"))
_BINARY = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
_STRINGS = _TEXT | frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "PN", "TM", "UI", "UR"))
_NUMBERS = {
    "US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q",
}  # fmt: skip
_UNITS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")

ReadBulk = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class _Target:
    explicit: bool
    order: str
    charset: str
    read_bulk: ReadBulk | None


def encode(
    attributes: Attributes,
    transfer_syntax_uid: str,
    charset_term: str = charset.UTF8,
    read_bulk: ReadBulk | None = None,
) -> bytes:
    """Return the encoded data set; (0008,0005) says `charset_term` unless that is "" (plain ASCII).

    `read_bulk` gives the bytes behind a BulkDataURI; without it such values are written empty. A deflated transfer
    syntax gives the bytes before deflation. Raises BadDataSet when a value cannot be written.
    """
    target = _Target(
        transfer_syntax_uid != IMPLICIT_LE, ">" if transfer_syntax_uid == EXPLICIT_BE else "<", charset_term, read_bulk
    )
    out: list[bytes] = []
    own = attributes
    if charset_term or "00080005" in attributes:
        own = dict(attributes)
        if charset_term:
            own["00080005"] = {"vr": "CS", "Value": charset_term.split("\\")}
        else:
            del own["00080005"]
    _write_set(out, own, target, 0)
    return b"".join(out)


def encode_named(attributes: Attributes, transfer_syntax_uid: str) -> bytes:
    """Encode in the character set that the attributes name, or in UTF-8 where that does not do."""
    wanted = "\\".join(str(value or "") for value in attributes.get("00080005", {}).get("Value", ()))
    return encode(attributes, transfer_syntax_uid, charset.choose(texts(attributes), wanted))


def texts(attributes: Attributes) -> list[str]:
    """Return every text value at any depth, for `charset.choose`."""
    found: list[str] = []
    open_sets = [attributes]
    while open_sets:
        for entry in open_sets.pop().values():
            vr = entry.get("vr")
            if vr in _TEXT:
                found.extend(value for value in entry.get("Value", ()) if isinstance(value, str))
            elif vr == "PN":
                for value in entry.get("Value", ()):
                    found.extend(value.values() if isinstance(value, dict) else (str(value or ""),))
            elif vr == "SQ":
                open_sets.extend(item for item in entry.get("Value", ()) if isinstance(item, dict))
    return found


def _write_set(out: list[bytes], attributes: Attributes, target: _Target, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadDataSet("Sequences are nested too deeply.")
    for name in sorted(attributes):
        if name[4:] == "0000" or name[:4] == "FFFE":
            continue
        entry = attributes[name]
        vr = entry.get("vr") or "UN"
        value = _one_ascii_string(entry, vr)
        if value is None:
            try:
                value = _value(entry, vr, target, depth)
            except (struct.error, UnicodeError, ValueError, TypeError, AttributeError, OverflowError) as error:
                raise BadDataSet(f"Element {name[:8]} has a value that does not fit its VR.") from error
        length = len(value)
        if length & 1:
            value += b"\0" if vr in ("UI", "OB", "UN") else b" "
            length += 1
        if target.explicit and length > 0xFFFE and vr not in _LONG:
            vr = "UN"  # PS3.5 6.2.2: what is too long for its VR
        prefix, pack_length = _prefix(name, vr, target.order, target.explicit)
        out.append(prefix + pack_length(length))
        out.append(value)


def _one_ascii_string(entry: dict[str, Any], vr: str) -> bytes | None:
    """Return the value that nearly every element of an answer has, which no character set encodes otherwise."""
    values = entry.get("Value")
    if values is None or len(values) != 1 or vr not in _STRINGS:
        return None
    (value,) = values
    if vr == "PN" and isinstance(value, dict) and len(value) == 1:
        value = value.get("Alphabetic")
        if value is None or value.endswith("="):
            return None
    return value.encode("ascii") if isinstance(value, str) and value.isascii() else None


@lru_cache(maxsize=8192)
def _prefix(name: str, vr: str, order: str, explicit: bool) -> tuple[bytes, Callable[[int], bytes]]:
    """Return the element header up to its length field, and what packs that."""
    try:
        tag = int(name, 16)
        head = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
        code = vr.encode("ascii")
    except (ValueError, struct.error) as error:
        raise BadDataSet("An attribute has a name that is no tag.") from error
    long, short = struct.Struct(order + "I").pack, struct.Struct(order + "H").pack
    if not explicit:
        return head, long
    if len(code) != 2 or len(name) != 8:
        raise BadDataSet(f"Element {name[:8]} has a VR that does not exist.")
    return (head + code + b"\0\0", long) if vr in _LONG else (head + code, short)


def _value(entry: dict[str, Any], vr: str, target: _Target, depth: int) -> bytes:
    if vr == "SQ":
        return _items(entry.get("Value") or (), target, depth)
    if "InlineBinary" in entry:
        return _inline(entry["InlineBinary"], vr, target.order)
    if "BulkDataURI" in entry:
        data = target.read_bulk(str(entry["BulkDataURI"])) if target.read_bulk else b""
        return _swapped(data, _UNITS.get(vr, 1), target.order)
    values = entry.get("Value")
    if not values:
        return b""
    if vr in _TEXT:
        return charset.encode("\\".join(["" if v is None else str(v) for v in values]), target.charset, vr)
    if vr == "PN":
        return charset.encode("\\".join([_name(v) for v in values]), target.charset, vr)
    if vr in ("IS", "DS"):
        return "\\".join(["" if v is None else _decimal(v, vr) for v in values]).encode("ascii")
    code = _NUMBERS.get(vr)
    if code is not None:
        return struct.pack(f"{target.order}{len(values)}{code}", *[_number(v, vr) for v in values if v is not None])
    if vr == "AT":
        words = [word for v in values for word in (int(v[:4], 16), int(v[4:8], 16))]
        return struct.pack(f"{target.order}{len(words)}H", *words)
    if vr in _BINARY:
        raise ValueError("binary values are no list")
    return "\\".join(["" if v is None else str(v) for v in values]).encode("ascii", "replace")


def _items(items: Any, target: _Target, depth: int) -> bytes:
    out: list[bytes] = []
    for item in items:
        inside: list[bytes] = []
        own = {name: entry for name, entry in (item or {}).items() if name != "00080005"}
        _write_set(inside, own, target, depth + 1)
        body = b"".join(inside)
        out.append(struct.pack(target.order + "HHI", 0xFFFE, 0xE000, len(body)))
        out.append(body)
    return b"".join(out)


def _inline(text: str, vr: str, order: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("InlineBinary is not base64") from error
    return _swapped(data, _UNITS.get(vr, 1), order)


def _swapped(data: bytes, unit: int, order: str) -> bytes:
    if order == "<" or unit == 1 or len(data) % unit:
        return data
    swapped = bytearray(len(data))
    for place in range(unit):
        swapped[place::unit] = data[unit - 1 - place :: unit]
    return bytes(swapped)


def _name(value: Any) -> str:
    if isinstance(value, dict):
        return "=".join([str(value.get(group) or "") for group in _GROUPS]).rstrip("=")
    return "" if value is None else str(value)


def _number(value: Any, vr: str) -> int | float:
    """Return a number for struct; 64-bit integers and values that are not finite come as strings (PS3.18 F.2.3)."""
    if vr in ("FL", "FD"):
        return float(value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("not an integer")
    return int(value)


def _decimal(value: Any, vr: str) -> str:
    """Format IS or DS within the limits of PS3.5 6.2; a string stays as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    if vr == "IS" or isinstance(value, int):
        whole = int(value)
        if whole == value and len(str(whole)) <= MAX_DS_CHARACTERS:
            return str(whole)
        if vr == "IS":
            raise ValueError("no integer string")
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("not finite")
    text = repr(number)
    digits = 16
    while len(text) > MAX_DS_CHARACTERS:
        text = f"{number:.{digits}g}"
        digits -= 1
    return text
