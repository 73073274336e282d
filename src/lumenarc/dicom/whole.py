"""How does a whole instance, its pixel data included, become the JSON model, and bytes again? (PS3.18 F.2, PS3.19 A.1)

Big values are referred to (`BulkDataURI`, offset and length in the file) or carried inline; encapsulated pixel data
become `DataFragment`, the list of their items, as dcm4che writes them, because the standard's models have no word for
them. Neither way holds pixel data in memory unless they are inline.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom import charset
from lumenarc.dicom.dicom_json import BulkPlace, to_attributes
from lumenarc.dicom.encode import ReadBulk, encode, texts
from lumenarc.dicom.header import DEFLATED, PixelElement
from lumenarc.dicom.lazy import EXPLICIT_BE
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.reencode import Encoding, element, swap
from lumenarc.dicom.source import MAX_HEAD_BYTES, DataSetSource, find_pixels, pixel_start
from lumenarc.dicom.walk import Kind, walk
from lumenarc.errors import BadDataSet

EXPLICIT_LE = "1.2.840.10008.1.2.1"
SYNTAX_NAME = "00020010"
_ENDLESS = 1 << 62
_PIXEL_NAMES = ("7FE00008", "7FE00009", "7FE00010")
_UNITS = {"OW": 2, "OF": 4, "OD": 8, "OL": 4, "OV": 8}


@dataclass(frozen=True, slots=True)
class Bulk:
    """What to do with big values: `place` says where they lie (offset, length); None carries them inline.

    Without `keep` they are left out. Values up to `threshold` bytes are always inline. `keep_spelling` leaves number
    strings strings.
    """

    place: BulkPlace | None = None
    keep: bool = True
    threshold: int = 1024
    keep_spelling: bool = False


def read_whole(source: DataSetSource, bulk: Bulk) -> Attributes:
    """Return the attributes of an instance, with its pixel data and what stands behind them.

    Raises:
        BadDataSet: the data set is broken.
    """
    syntax = EXPLICIT_LE if source.transfer_syntax_uid in DEFLATED else source.transfer_syntax_uid
    pixel = find_pixels(source)
    end = source.n_bytes if pixel is None else pixel_start(source, pixel)
    found = _part(source, 0, end, syntax, bulk)
    if pixel is None:
        return found
    entry, end = _pixel_entry(source, pixel, syntax, bulk)
    found[f"{pixel.tag:08X}"] = entry
    if end < source.n_bytes:
        found |= _part(source, end, source.n_bytes, syntax, bulk)
    return found


def read_header(source: DataSetSource) -> Attributes:
    """Return the attributes up to the pixel data, without big values.

    Raises:
        BadDataSet: the data set is broken.
    """
    syntax = EXPLICIT_LE if source.transfer_syntax_uid in DEFLATED else source.transfer_syntax_uid
    pixel = find_pixels(source)
    end = source.n_bytes if pixel is None else pixel_start(source, pixel)
    return to_attributes(source.read(0, min(end, MAX_HEAD_BYTES)), syntax)


def _part(source: DataSetSource, start: int, end: int, syntax: str, bulk: Bulk) -> Attributes:
    data = source.read(start, end - start)
    place = bulk.place
    moved = None if place is None else lambda offset, length: place(start + offset, length)
    threshold = bulk.threshold if moved or not bulk.keep else _ENDLESS
    return to_attributes(data, syntax, threshold=threshold, bulk_place=moved, keep_spelling=bulk.keep_spelling)


def _pixel_entry(source: DataSetSource, pixel: PixelElement, syntax: str, bulk: Bulk) -> tuple[dict[str, Any], int]:
    """Return the entry of the pixel data, and where the next element begins."""
    vr = _pixel_vr(source, pixel, syntax)
    if pixel.length is not None:
        return {"vr": vr, **_piece(source, pixel.offset, pixel.length, bulk, vr)}, pixel.offset + pixel.length
    start = pixel_start(source, pixel)
    pieces: list[dict[str, Any]] = []
    for token in walk(_from(source, start)):
        if token.kind is Kind.FRAGMENT:
            pieces.append(_piece(source, start + token.value, token.length or 0, bulk, "OB"))
        elif token.kind is Kind.SEQUENCE_END:
            return {"vr": vr, "DataFragment": pieces} if bulk.keep else {"vr": vr}, start + token.value
    raise BadDataSet("The pixel data have no end.")


def pixel_end(source: DataSetSource, pixel: PixelElement) -> int:
    """Return where the element behind the pixel data begins, or the data set ends.

    Raises:
        BadDataSet: encapsulated pixel data have no end.
    """
    if pixel.length is not None:
        return pixel.offset + pixel.length
    start = pixel_start(source, pixel)
    for token in walk(_from(source, start)):
        if token.kind is Kind.SEQUENCE_END:
            return start + token.value
    raise BadDataSet("The pixel data have no end.")


def _from(source: DataSetSource, start: int) -> DataSetSource:
    """Return the data set from one of its top-level elements on."""
    return DataSetSource(
        lambda offset, length: source.read(start + offset, length), source.n_bytes - start, source.transfer_syntax_uid
    )


def _pixel_vr(source: DataSetSource, pixel: PixelElement, syntax: str) -> str:
    if pixel.tag != 0x7FE00010:
        return "OF" if pixel.tag == 0x7FE00008 else "OD"
    if not Encoding.of(syntax).explicit:
        return "OW"
    vr = source.read(pixel.offset - 8, 2).decode("latin-1")
    return vr if vr in ("OB", "OW") else "OB"


def _piece(source: DataSetSource, offset: int, length: int, bulk: Bulk, vr: str) -> dict[str, Any]:
    if not length:
        return {}
    if length > bulk.threshold:
        if not bulk.keep:
            return {}
        if bulk.place is not None:
            return {"BulkDataURI": bulk.place(offset, length)}
    data = source.read(offset, length)
    if len(data) != length:
        raise BadDataSet("The pixel data end early.")
    if source.transfer_syntax_uid == EXPLICIT_BE and vr in _UNITS:
        data = swap(data, _UNITS[vr])
    return {"InlineBinary": base64.b64encode(data).decode("ascii")}


@dataclass(frozen=True, slots=True)
class BulkReader:
    """How a BulkDataURI is read: all of it, or in pieces for values that may be of any size."""

    whole: ReadBulk
    pieces: Callable[[str], tuple[int, Iterator[bytes]]]


def write_whole(attributes: Attributes, transfer_syntax_uid: str, bulk: BulkReader | None = None) -> Iterator[bytes]:
    """Give the encoded data set in chunks; a deflated syntax gives the bytes before deflation.

    Text is written in the character set that the attributes name when it can express it, else in UTF-8.

    Raises:
        BadDataSet: a value cannot be written.
    """
    own = {name: entry for name, entry in attributes.items() if not name.startswith("0002")}
    named = own.get("00080005", {}).get("Value") or ()
    term = charset.choose(texts(own), "\\".join(str(value or "") for value in named))
    if "00080005" in own and term == "":
        term = "ISO_IR 6" if named else ""
    last = max((name for name in own if name in _PIXEL_NAMES), default="")
    before = {name: entry for name, entry in own.items() if not last or name < last}
    yield encode(before, transfer_syntax_uid, term, bulk.whole if bulk else None)
    if not last:
        return
    target = Encoding.of(transfer_syntax_uid)
    yield from _pixels(int(last, 16), own[last], target, bulk)
    behind = {name: entry for name, entry in own.items() if name > last}
    if behind:
        lead = len(encode({}, transfer_syntax_uid, term))
        yield encode(behind, transfer_syntax_uid, term, bulk.whole if bulk else None)[lead:]


def _pixels(tag: int, entry: dict[str, Any], target: Encoding, bulk: BulkReader | None) -> Iterator[bytes]:
    vr = str(entry.get("vr") or "OW").encode("ascii")
    head = element(tag, vr, b"", target)[:-4]
    if "DataFragment" in entry:
        yield head + b"\xff\xff\xff\xff"
        for piece in entry["DataFragment"]:
            length, chunks = _content(piece or {}, bulk)
            yield struct.pack("<HHI", 0xFFFE, 0xE000, length + length % 2)
            yield from _padded(chunks, length)
        yield struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        return
    length, chunks = _content(entry, bulk)
    if length > 0xFFFFFFFE:
        raise BadDataSet("The pixel data are longer than an element can be.")
    yield head + struct.pack(f"{target.order}I", length + length % 2)
    unit = _UNITS.get(vr.decode("ascii"), 1) if target.order == ">" else 1
    yield from (swap(chunk, unit) for chunk in _padded(chunks, length)) if unit > 1 else _padded(chunks, length)


def _padded(chunks: Iterator[bytes], length: int) -> Iterator[bytes]:
    yield from chunks
    if length % 2:
        yield b"\0"


def _content(entry: dict[str, Any], bulk: BulkReader | None) -> tuple[int, Iterator[bytes]]:
    if "InlineBinary" in entry:
        try:
            data = base64.b64decode(str(entry["InlineBinary"]), validate=True)
        except ValueError as error:
            raise BadDataSet("InlineBinary is not base64.") from error
        return len(data), iter((data,))
    if "BulkDataURI" in entry and bulk is not None:
        return bulk.pieces(str(entry["BulkDataURI"]))
    return 0, iter(())


def default_syntax(attributes: Attributes) -> str:
    """Return the transfer syntax that the attributes name, explicit VR little endian when they name none."""
    values = attributes.get(SYNTAX_NAME, {}).get("Value") or [""]
    return str(values[0] or EXPLICIT_LE)
