"""Where is the value behind a BulkDataURI? Binary values by their path, nested ones too (PS3.18 F.2.6, 10.4.1.1.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.dicom.frames import scan_fragments
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.reencode import swap
from lumenarc.dicom.transfer_syntaxes import is_encapsulated
from lumenarc.errors import NotFound
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import retrieve, transcoding

_UNITS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


@dataclass(frozen=True, slots=True)
class Bulk:
    """One binary value: its path ("00420011", "54000100/0/54001010") and its bytes in little endian."""

    path: str
    data: bytes


def paths(archive: Archive, inst: StoredInstance) -> list[str]:
    """Return the paths of all bulk values before the pixel data."""
    found: list[str] = []

    def note(path: str) -> str:
        found.append(path)
        return path

    retrieve.attributes(archive, inst, note)
    return found


def value(archive: Archive, inst: StoredInstance, path: str) -> Bulk:
    """Return one binary value, whatever its length; raise NotFound when there is none at this path."""
    level = LazySet.of(retrieve.header(archive, inst), retrieve.readable_syntax(inst))
    *steps, last = path.split("/")
    for sequence, index in zip(steps[::2], steps[1::2], strict=True):
        item = level.item(int(sequence, 16), int(index))
        if item is None:
            raise NotFound("The object has no such value.")
        level = item
    tag = int(last, 16)
    if tag not in level or level.vr(tag) == "SQ":
        raise NotFound("The object has no such value.")
    raw = bytes(level.raw(tag))
    data = _joined(raw) if level.is_undefined(tag) else raw
    unit = _UNITS.get(level.vr(tag), 1)
    if level.order == ">" and unit > 1 and len(data) % unit == 0:
        data = swap(data, unit)
    return Bulk(path, data)


def pixel_data(
    archive: Archive, inst: StoredInstance, syntax: str, start: int = 0, end: int | None = None
) -> Iterator[bytes]:
    """Yield native pixel data as one value in the native transfer syntax `syntax`; a part of it only where
    `pixel_length` knows its length.
    """
    if pixel_length(inst, syntax) is None:
        numbers = list(range(1, len(retrieve.frame_extents(archive, inst)) + 1))
        yield from transcoding.frames_in(archive, inst, numbers, syntax)
        return
    with retrieve.source(archive, inst) as source:
        first = inst.pixel_offset or 0
        behind = first + (inst.pixel_bytes or 0 if end is None else end)
        for place in range(first + start, behind, retrieve.CHUNK_BYTES):
            yield source.read(place, min(retrieve.CHUNK_BYTES, behind - place))


def pixel_length(inst: StoredInstance, syntax: str) -> int | None:
    """Return the length of native pixel data that leave as they lie, None when they are made on the way."""
    as_it_lies = syntax == transcoding.frame_syntax(inst) and not is_encapsulated(inst.transfer_syntax_uid)
    return inst.pixel_bytes if as_it_lies else None


def _joined(raw: bytes) -> bytes:
    """Join the fragments of an encapsulated icon, without its offset table (PS3.5 A.4)."""

    def read(offset: int, length: int) -> bytes:
        return raw[offset : offset + length]

    if len(raw) < 8:
        raise NotFound("The object has no such value.")
    fragments = scan_fragments(read, 8 + int.from_bytes(raw[4:8], "little"))
    return b"".join(read(offset, length) for offset, length in fragments)
