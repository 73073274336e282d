"""How does a file become another one: with changed attributes, in another transfer syntax, pixels untouched or not?

The first chunk of everything here reaches up to the pixel data, so that attributes are changed in it; what follows
streams through.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lumenarc.cli.part10_file import Part10, write_file
from lumenarc.dicom import assignments, coerce
from lumenarc.dicom.assignments import Assignment, Step
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.part10 import Meta
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.source import MAX_HEAD_BYTES, DataSetSource, find_pixels
from lumenarc.errors import BadRequest

EXPLICIT_LE = "1.2.840.10008.1.2.1"
_CHUNK = 1 << 20


def copied(source: DataSetSource) -> Iterator[bytes]:
    """Give a data set as it lies; the first chunk is everything before the pixel data's value."""
    pixel = find_pixels(source)
    at = min(source.n_bytes if pixel is None else pixel.offset, MAX_HEAD_BYTES)
    yield source.read(0, at)
    while at < source.n_bytes:
        chunk = source.read(at, _CHUNK)
        if not chunk:
            return
        at += len(chunk)
        yield chunk


def encoding_of(syntax: str) -> str:
    """Return the transfer syntax of the bytes before deflation."""
    return EXPLICIT_LE if syntax in DEFLATED else syntax


def changed(file: Part10, target: Path, chunks: Iterator[bytes], changes: Attributes, syntax: str) -> Meta:
    """Write a file from chunks with changes made on the way; return its File Meta."""
    sop_class_uid = _uid(changes, "00080016") or file.meta.sop_class_uid
    sop_instance_uid = _uid(changes, "00080018") or file.meta.sop_instance_uid
    meta = Meta(sop_class_uid, sop_instance_uid, syntax, file.meta.source_aet, 0)
    edited = coerce.overlay_chunks(chunks, encoding_of(syntax), changes) if changes else chunks
    write_file(target, meta, edited)
    return meta


def _uid(changes: Attributes, name: str) -> str:
    return str((changes.get(name, {}).get("Value") or [""])[0] or "")


def edits(source: DataSetSource, sets: list[Assignment], erased: list[tuple[Step, ...]]) -> Attributes:
    """Return the top-level changes that assignments and erasures at any depth come to ({} removes).

    Raises:
        BadRequest: a change of the pixel data, or a text that does not fit its VR.
    """
    if any(path[0].tag >= 0x7FE00000 for path in [*erased, *(each.path for each in sets)]):
        raise BadRequest("Pixel data and what stands behind them are not changed here.")
    deep = {path[0].name for path in [*erased, *(each.path for each in sets)] if len(path) > 1}
    found: Attributes = {}
    if deep:
        pixel = find_pixels(source)
        head = source.read(0, min(source.n_bytes if pixel is None else pixel.offset, MAX_HEAD_BYTES))
        whole = to_attributes(head, encoding_of(source.transfer_syntax_uid), threshold=1 << 62, keep_spelling=True)
        found = {name: whole[name] for name in deep if name in whole}
    assignments.assign(found, sets)
    for path in erased:
        if len(path) == 1:
            found[path[0].name] = {}
        else:
            assignments.erase(found, path)
    return found
