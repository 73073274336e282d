"""How does a new object come to be from attributes and bulk values? (PS3.18 10.5, 8.6; PS3.5 7.1, A.4)

Fills in what an object needs and its maker left out, and writes the data set with large values streamed at their
place, so that a video of gigabytes is never held.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom import charset
from lumenarc.dicom.dictionary import vr_of
from lumenarc.dicom.encode import encode
from lumenarc.dicom.media import DocumentKind, Pixels
from lumenarc.dicom.part10 import EXPLICIT_LE
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet, TooLarge

_S = "1.2.840.10008.5.1.4.1.1."
SECONDARY_CAPTURE, VIDEO_PHOTO = _S + "7", _S + "77.1.4.1"
_ONE_SAMPLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_TAG, _VR = re.compile("[0-9A-F]{8}"), re.compile("[A-Z]{2}")
_MAX_VALUE_BYTES = 0xFFFFFFFE
# Type 2 of the Patient, General Study, General Series and General Equipment modules: there, if empty (PS3.3 C.7).
_EMPTY = {
    "00080020": "DA", "00080030": "TM", "00080050": "SH", "00080090": "PN", "00100010": "PN", "00100020": "LO",
    "00100030": "DA", "00100040": "CS", "00200010": "SH", "00200011": "IS", "00080070": "LO",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that can be read, once, when their time comes."""

    n_bytes: int
    read: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Streamed:
    """A large value: one piece, or encapsulated pixel data with a piece for each frame."""

    vr: str
    pieces: tuple[Piece, ...]
    encapsulated: bool = False

    @property
    def n_bytes(self) -> int:
        """The bytes of all pieces."""
        return sum(piece.n_bytes for piece in self.pieces)


def checked(attributes: Attributes) -> Attributes:
    """Return a stranger's DICOM JSON as a copy of proven form: tags, VRs, lists and items are what they should be.

    Group 0002 and group lengths are left out; raises BadDataSet. Without recursion: the depth is the stranger's.
    """
    found: Attributes = {}
    todo: list[tuple[Any, Attributes]] = [(attributes, found)]
    while todo:
        given, kept = todo.pop()
        if not isinstance(given, dict):
            raise BadDataSet("The metadata are no DICOM JSON.")
        for name, entry in given.items():
            tag = str(name).upper()
            if not _TAG.fullmatch(tag) or not isinstance(entry, dict):
                raise BadDataSet("The metadata are no DICOM JSON.")
            vr = entry.get("vr") or vr_of(int(tag, 16))
            value, uri, binary = entry.get("Value", []), entry.get("BulkDataURI", ""), entry.get("InlineBinary", "")
            if not (isinstance(vr, str) and _VR.fullmatch(vr) and isinstance(value, list)):
                raise BadDataSet("The metadata are no DICOM JSON.")
            if not (isinstance(uri, str) and isinstance(binary, str)):
                raise BadDataSet("The metadata are no DICOM JSON.")
            if tag.startswith("0002") or tag.endswith("0000"):
                continue
            copy: dict[str, Any] = {"vr": vr}
            if vr == "SQ":
                items: list[Attributes] = [{} for _ in value]
                todo += zip(({} if item is None else item for item in value), items, strict=True)
                value = items
            copy |= {
                key: part for key, part in (("BulkDataURI", uri), ("InlineBinary", binary), ("Value", value)) if part
            }
            kept[tag] = copy
    return found


def image_class(pixels: Pixels) -> str:
    """Return the SOP class of pictures that come without one (PS3.3 A.8, A.32.5)."""
    if pixels.frame_time_ms is not None:
        return VIDEO_PHOTO
    if pixels.n_frames == 1:
        return SECONDARY_CAPTURE
    if pixels.samples == 3:
        return SECONDARY_CAPTURE + ".4"
    return SECONDARY_CAPTURE + (".2" if pixels.bits_stored <= 8 else ".3")


def with_pixels(attributes: Attributes, pixels: Pixels, n_bytes: int) -> Attributes:
    """Add what pixel data say of themselves, which goes before what their sender said, and what an image needs."""
    sop_class = image_class(pixels)
    modality = "XC" if sop_class == VIDEO_PHOTO else "OT"
    defaults: Attributes = {
        "00080016": {"vr": "UI", "Value": [sop_class]},
        "00080060": {"vr": "CS", "Value": [modality]},
        "00080064": {"vr": "CS", "Value": ["WSD"]},
        "00200013": {"vr": "IS", "Value": [1]},
        "00200020": {"vr": "CS"},
    }
    if sop_class == VIDEO_PHOTO:
        defaults["00080008"] = {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY"]}
    elif pixels.n_frames > 1:
        defaults["00280301"] = {"vr": "CS", "Value": ["YES"]}
        if "00080016" not in attributes:
            # Frames need an order (type 1C of the Multi-frame module).
            defaults["00280009"] = {"vr": "AT", "Value": ["00182001"]}
            defaults["00182001"] = {"vr": "IS", "Value": list(range(1, pixels.n_frames + 1))}
    said = pixels.attributes(n_bytes)
    # What only the sender can know: that something was lost before, and what a single sample means.
    if not pixels.lossy_method and "00282110" in attributes:
        del said["00282110"]
    if pixels.samples == 1 and attributes.get("00280004", {}).get("Value", [""])[0] in _ONE_SAMPLE:
        del said["00280004"]
    return {**_unless_there(attributes, defaults), **said}


def with_document(attributes: Attributes, kind: DocumentKind, n_bytes: int) -> Attributes:
    """Add what an encapsulated document needs (PS3.3 C.24)."""
    defaults: Attributes = {
        "00080016": {"vr": "UI", "Value": [kind.sop_class_uid]},
        "00080060": {"vr": "CS", "Value": [kind.modality]},
        "00080064": {"vr": "CS", "Value": ["WSD"]},
        "00080023": {"vr": "DA"},
        "00080033": {"vr": "TM"},
        "0008002A": {"vr": "DT"},
        "00200013": {"vr": "IS", "Value": [1]},
        "00280301": {"vr": "CS", "Value": ["YES"]},
        "0040A043": {"vr": "SQ"},
        "00420010": {"vr": "ST"},
    }
    given: Attributes = {
        "00420012": {"vr": "LO", "Value": [kind.mime_type]},
        "00420015": {"vr": "UL", "Value": [n_bytes]},
    }
    return {**_unless_there(attributes, defaults), **given}


def completed(attributes: Attributes, uids: Mapping[str, str], now_ms: int) -> Attributes:
    """Add missing UIDs ("0020000D" → UID), empty attributes of type 2 and the time of creation."""
    made = time.gmtime(now_ms / 1000)
    defaults: Attributes = {tag: {"vr": "UI", "Value": [uid]} for tag, uid in uids.items()}
    defaults["00080012"] = {"vr": "DA", "Value": [time.strftime("%Y%m%d", made)]}
    defaults["00080013"] = {"vr": "TM", "Value": [time.strftime("%H%M%S", made)]}
    found = _unless_there(attributes, defaults)
    return {**{tag: {"vr": vr} for tag, vr in _EMPTY.items()}, **found}


def _unless_there(attributes: Attributes, defaults: Attributes) -> Attributes:
    """Add defaults; a default with a value also stands in for an empty attribute."""
    needed = {
        tag: entry
        for tag, entry in defaults.items()
        if tag not in attributes or ("Value" in entry and not attributes[tag].get("Value"))
    }
    return {**attributes, **needed}


def written(attributes: Attributes, streamed: Mapping[int, Streamed]) -> Iterator[bytes]:
    """Yield the data set in explicit VR little endian and UTF-8; `streamed` replaces attributes of these tags.

    Raises BadDataSet when a value does not fit its VR, TooLarge for a value that no element can hold.
    """
    left = {name: entry for name, entry in attributes.items() if not name.startswith("0002")}
    lead = len(encode({}, EXPLICIT_LE, charset.UTF8))
    places = sorted(streamed)
    for place, tag in enumerate([*places, None]):
        before = places[place - 1] if place else 0
        part = {n: entry for n, entry in left.items() if before < int(n, 16) < (1 << 32 if tag is None else tag)}
        text = encode(part, EXPLICIT_LE, charset.UTF8)
        yield text if place == 0 else text[lead:]
        if tag is not None:
            yield from _element(tag, streamed[tag])


def _element(tag: int, value: Streamed) -> Iterator[bytes]:
    head = struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, value.vr.encode("ascii"), 0)
    if any(piece.n_bytes > _MAX_VALUE_BYTES for piece in value.pieces):
        raise TooLarge("The bulk data are larger than an element can be.")
    if not value.encapsulated:
        if value.n_bytes > _MAX_VALUE_BYTES:
            raise TooLarge("The bulk data are larger than an element can be.")
        yield head + struct.pack("<I", value.n_bytes + value.n_bytes % 2)
        for piece in value.pieces:
            yield from piece.read()
        yield b"\0" * (value.n_bytes % 2)
        return
    yield head + struct.pack("<IHHI", 0xFFFFFFFF, 0xFFFE, 0xE000, 0)
    for piece in value.pieces:
        yield struct.pack("<HHI", 0xFFFE, 0xE000, piece.n_bytes + piece.n_bytes % 2)
        yield from piece.read()
        yield b"\0" * (piece.n_bytes % 2)
    yield struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
