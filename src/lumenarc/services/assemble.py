"""How do metadata and bulk data become a stored object? (PS3.18 10.5, metadata and bulk data in JSON or XML)

The bulk data have been received into one file without a name; compressed pictures are taken over as they are, others
are unpacked by a decoding process, videos and documents are streamed from that file into the store.
"""

from __future__ import annotations

import base64
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom import media, part10, video
from lumenarc.dicom.compose import Piece, Streamed, checked, completed, with_document, with_pixels, written
from lumenarc.dicom.media import DOCUMENTS, Pixels
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.received import check_uid
from lumenarc.dicom.transfer_syntaxes import is_encapsulated
from lumenarc.errors import BadDataSet, TooLarge, UnsupportedMedia
from lumenarc.storage.filesystem import refusal

_CHUNK_BYTES = 1 << 20
# Pictures are read whole, and values inside sequences; videos, documents and plain pixels are streamed.
_MAX_WHOLE_BYTES = 512 << 20
_PIXEL_DATA, _DOCUMENT = "7FE00010", "00420011"
_OCTETS = "application/octet-stream"
_UIDS = ("0020000D", "0020000E", "00080018")


class Spool:
    """A file without a name that holds the bulk data of one request; a context manager."""

    def __init__(self, archive: Archive) -> None:
        self._file = tempfile.TemporaryFile(dir=archive.settings.data)  # noqa: SIM115 - closed with the spool
        self._end = 0

    def take(self, chunks: Iterator[bytes]) -> tuple[int, int]:
        """Write a part; return where it begins and its length. Raises OutOfResources when there is no room."""
        start = self._end
        self._file.seek(start)
        for chunk in chunks:
            try:
                self._file.write(chunk)
            except OSError as error:
                raise refusal(error) from error
            self._end += len(chunk)
        return start, self._end - start

    def read(self, offset: int, length: int) -> bytes:
        """Return some bytes."""
        self._file.seek(offset)
        return self._file.read(length)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class BulkPart:
    """A received bulk value: its media type, the transfer syntax it names or "", and where it lies."""

    media_type: str
    transfer_syntax_uid: str
    spool: Spool
    offset: int
    n_bytes: int

    def read(self, offset: int, length: int) -> bytes:
        """Return some bytes of the value."""
        return self.spool.read(self.offset + offset, max(0, min(length, self.n_bytes - offset)))

    def whole(self) -> bytes:
        """Return all bytes; raise TooLarge when that is more than memory should hold."""
        if self.n_bytes > _MAX_WHOLE_BYTES:
            raise TooLarge("The bulk data are larger than allowed.")
        return self.read(0, self.n_bytes)

    def piece(self) -> Piece:
        """Return the value for streaming."""

        def chunks() -> Iterator[bytes]:
            for place in range(0, self.n_bytes, _CHUNK_BYTES):
                yield self.read(place, _CHUNK_BYTES)

        return Piece(self.n_bytes, chunks)


@dataclass(slots=True)
class Assembly:
    """What the objects of one request share: the bulk data by their location, and UIDs for those that have none."""

    parts: Mapping[str, Sequence[BulkPart]]
    study_uid: str | None = None
    """The study that the address names."""
    series_uid: str = field(default_factory=lambda: new_uid())
    new_study_uid: str = field(default_factory=lambda: new_uid())


def new_uid() -> str:
    """Return a UID nobody has (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def made(archive: Archive, attributes: Attributes, shared: Assembly) -> Iterator[bytes]:
    """Return an object as a file in pieces; raise a leaf of the error tree."""
    attributes, streamed, syntax = _with_bulk(archive, checked(attributes), shared)
    uids = dict(zip(_UIDS, (shared.study_uid or shared.new_study_uid, shared.series_uid, new_uid()), strict=True))
    attributes = completed(attributes, uids, archive.now_ms())
    sop_class_uid = check_uid(_first(attributes, "00080016"), "SOP Class UID", lenient=True)
    sop_instance_uid = check_uid(_first(attributes, "00080018"), "SOP Instance UID", lenient=True)

    def chunks() -> Iterator[bytes]:
        yield part10.build_meta(sop_class_uid, sop_instance_uid, syntax, None)
        yield from written(attributes, streamed)

    return chunks()


def _first(attributes: Attributes, name: str) -> str:
    values = attributes.get(name, {}).get("Value") or [""]
    return str(values[0] or "")


def _with_bulk(
    archive: Archive, attributes: Attributes, shared: Assembly
) -> tuple[Attributes, dict[int, Streamed], str]:
    """Replace every BulkDataURI: at the top by what is streamed, inside sequences by the value itself."""
    streamed: dict[int, Streamed] = {}
    syntax = part10.EXPLICIT_LE
    for name in [name for name, entry in attributes.items() if "BulkDataURI" in entry]:
        entry = attributes.pop(name)
        found = _located(shared, str(entry["BulkDataURI"]))
        if name == _PIXEL_DATA:
            pixels, value, syntax = _pixel_data(archive, attributes, found)
            if pixels is not None:
                attributes = with_pixels(attributes, pixels, value.n_bytes)
        elif name == _DOCUMENT and found[0].media_type in DOCUMENTS:
            value = _document(found[0])
            attributes = with_document(attributes, DOCUMENTS[found[0].media_type], found[0].n_bytes)
        else:
            vr = str(entry.get("vr") or "UN")
            value = Streamed(vr if vr in ("OB", "OW", "OF", "OD", "OL", "OV", "UN") else "UN", (found[0].piece(),))
        streamed[int(name, 16)] = value
    for name, entry in attributes.items():
        if entry.get("vr") == "SQ":
            attributes[name] = _resolved(entry, shared)
    return attributes, streamed, syntax


def _located(shared: Assembly, uri: str) -> Sequence[BulkPart]:
    found = shared.parts.get(uri)
    if not found:
        raise BadDataSet("The metadata refer to bulk data that are not in the request.")
    return found


def _resolved(sequence: dict[str, Any], shared: Assembly) -> dict[str, Any]:
    """Put values in place of BulkDataURIs inside a sequence; without recursion, as the depth is a stranger's."""
    todo = list(sequence.get("Value", ()))
    total = 0
    while todo:
        for entry in todo.pop().values():
            if "BulkDataURI" in entry:
                data = _located(shared, str(entry.pop("BulkDataURI")))[0].whole()
                total += len(data)
                if total > _MAX_WHOLE_BYTES:
                    raise TooLarge("The bulk data are larger than allowed.")
                entry["InlineBinary"] = base64.b64encode(data).decode("ascii")
            elif entry.get("vr") == "SQ":
                todo += entry.get("Value", ())
    return sequence


def _document(part: BulkPart) -> Streamed:
    starts = DOCUMENTS[part.media_type].starts
    if starts and not part.read(0, 16).lstrip(b" \r\n\t").startswith(starts):
        raise BadDataSet("The document is not of the type that its part says.")
    return Streamed("OB", (part.piece(),))


def _pixel_data(
    archive: Archive, attributes: Attributes, found: Sequence[BulkPart]
) -> tuple[Pixels | None, Streamed, str]:
    """Return what pixel data are, None when their sender has said it; how they are written, in which syntax."""
    kind = found[0].media_type
    if kind == _OCTETS:
        syntax = found[0].transfer_syntax_uid or part10.EXPLICIT_LE
        pieces = tuple(part.piece() for part in found)
        if is_encapsulated(syntax):
            return None, Streamed("OB", pieces, encapsulated=True), syntax
        if syntax not in (part10.EXPLICIT_LE, part10.IMPLICIT_LE):
            raise UnsupportedMedia("Uncompressed pixel data are taken in little endian.")
        wide = attributes.get("00280100", {}).get("Value") == [16]
        return None, Streamed("OW" if wide else "OB", pieces), part10.EXPLICIT_LE
    if kind in media.VIDEOS:
        reader = video.read_mp4 if kind == "video/mp4" else video.read_mpeg2
        pixels = reader(found[0].read, found[0].n_bytes)
        value = Streamed("OB", (found[0].piece(),), encapsulated=True)
        return pixels, value, pixels.transfer_syntax_uid
    if kind in media.UNPACKED:
        return _unpacked(archive, found[0])
    if kind in media.COMPRESSED:
        return _compressed(archive, found)
    raise UnsupportedMedia("The archive makes no objects from bulk data of this media type.")


def _compressed(archive: Archive, found: Sequence[BulkPart]) -> tuple[Pixels | None, Streamed, str]:
    """Take compressed pictures over as they are, each as a frame; what DICOM cannot carry is unpacked."""
    frames: list[bytes] = []
    pixels: list[Pixels] = []
    for part in found:
        read = media.read_compressed(part.whole(), part.media_type)
        if read is None:
            return _unpacked(archive, found[0])
        pixels.append(read[0])
        frames.append(read[1])
    if any(one != pixels[0] for one in pixels):
        raise BadDataSet("The frames of the object differ.")
    whole = replace(pixels[0], n_frames=len(frames))
    value = Streamed("OB", tuple(_held(frame) for frame in frames), encapsulated=True)
    return whole, value, whole.transfer_syntax_uid


def _held(data: bytes) -> Piece:
    return Piece(len(data), lambda: iter((data,)))


def _unpacked(archive: Archive, part: BulkPart) -> tuple[Pixels | None, Streamed, str]:
    found = archive.imaging.unpack(part.whole())
    return found.pixels(), Streamed("OW" if found.bits > 8 else "OB", (_held(found.data),)), part10.EXPLICIT_LE
