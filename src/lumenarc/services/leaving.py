"""What leaves the archive for an instance: as it lies, or with the corrections laid over it (PS3.3 C.12.1.1.9).

Everything that hands whole objects or their attributes to others asks here; `retrieve.py` reads what was received.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.dicom import coerce, part10
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.transcode import DataSetSource, find_pixels
from lumenarc.errors import Unrenderable
from lumenarc.index import corrections
from lumenarc.index.corrections import Laid
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import retrieve

_ORIGINAL_ATTRIBUTES = "04000561"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A data set on its way out; `n_bytes` is its length, `chunks` raise Corrupt before the last one."""

    n_bytes: int
    chunks: Iterator[bytes]


def laid_over(archive: Archive, inst: StoredInstance) -> Laid:
    """Return the corrections of an instance; the same for all of its series, so that callers may keep it."""
    if inst.corrected_at is None:
        return Laid({}, None)
    with archive.index.read() as connection:
        return corrections.laid_over(connection, inst.series_fk)


def data_set(archive: Archive, inst: StoredInstance, laid: Laid | None = None) -> Leaving:
    """Return the data set in its stored transfer syntax, corrected; raise Corrupt when it is not what was stored."""
    laid = laid_over(archive, inst) if laid is None else laid
    if not laid.changes:
        return Leaving(inst.data_set_bytes, retrieve.data_set(archive, inst))
    syntax = inst.transfer_syntax_uid
    if syntax in DEFLATED:
        return _deflated(archive, inst, laid)
    head = retrieve.header(archive, inst)
    changes = _with_originals(archive, inst, laid, to_attributes(head, syntax))
    overlaid = coerce.overlay(head, syntax, changes)
    n_bytes = len(overlaid.head) + inst.data_set_bytes - overlaid.tail_offset
    return Leaving(n_bytes, _behind(overlaid.head, overlaid.tail_offset, retrieve.data_set(archive, inst)))


def _behind(head: bytes, tail_offset: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a new head and what stands behind the old one; all chunks are read, so that their digest is compared."""
    yield head
    position = 0
    for chunk in chunks:
        start = max(0, tail_offset - position)
        position += len(chunk)
        if start < len(chunk):
            yield chunk[start:] if start else chunk


def _deflated(archive: Archive, inst: StoredInstance, laid: Laid) -> Leaving:
    """Correct a deflated data set (PS3.5 A.5), which has to be read as a whole."""
    for _checked in retrieve.data_set(archive, inst):
        pass
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with source(archive, inst, laid) as corrected:
        packed = packer.compress(corrected.read(0, corrected.n_bytes)) + packer.flush()
    packed += b"\0" * (len(packed) % 2)
    return Leaving(len(packed), iter((packed,)))


@contextmanager
def source(archive: Archive, inst: StoredInstance, laid: Laid | None = None) -> Iterator[DataSetSource]:
    """Open the corrected data set for reading at any place, unverified, as `retrieve.source` does."""
    laid = laid_over(archive, inst) if laid is None else laid
    with retrieve.source(archive, inst) as stored:
        if not laid.changes:
            yield stored
            return
        pixel = find_pixels(stored)
        n_bytes = pixel.offset if pixel else stored.n_bytes
        if n_bytes > retrieve.MAX_HEADER_BYTES:
            raise Unrenderable("The header of this object is too large to be corrected.")
        head = stored.read(0, n_bytes)
        changes = _with_originals(archive, inst, laid, to_attributes(head, stored.transfer_syntax_uid))
        overlaid = coerce.overlay(head, stored.transfer_syntax_uid, changes)
        shift = len(overlaid.head) - overlaid.tail_offset

        def read(offset: int, length: int) -> bytes:
            new = overlaid.head[offset : offset + length]
            if len(new) == length:
                return new
            return new + stored.read(max(offset, len(overlaid.head)) - shift, length - len(new))

        yield DataSetSource(read, stored.n_bytes + shift, stored.transfer_syntax_uid)


def file(archive: Archive, inst: StoredInstance, laid: Laid | None = None) -> Leaving:
    """Return the Part 10 file of an instance, corrected; raise Corrupt as `data_set` does."""
    laid = laid_over(archive, inst) if laid is None else laid
    if not laid.changes:
        return Leaving(retrieve.file_size(inst), retrieve.whole_file(archive, inst))
    leaving = data_set(archive, inst, laid)
    uids = inst.sop_class_uid, inst.sop_instance_uid, inst.transfer_syntax_uid
    header = part10.build_meta(*uids, inst.source_aet or None, None)

    def chunks() -> Iterator[bytes]:
        yield header
        yield from leaving.chunks

    return Leaving(len(header) + leaving.n_bytes, chunks())


def attributes(archive: Archive, inst: StoredInstance, bulk_uri: Callable[[str], str] | None = None) -> Attributes:
    """Return the attributes before the pixel data as DICOM JSON, corrected; `bulk_uri` as in `retrieve.attributes`."""
    return corrected(archive, inst, retrieve.attributes(archive, inst, bulk_uri))


def corrected(archive: Archive, inst: StoredInstance, found: Attributes) -> Attributes:
    """Return attributes read from an object with its corrections."""
    laid = laid_over(archive, inst)
    if not laid.changes:
        return found
    return corrections.merged(found, _with_originals(archive, inst, laid, found))


def _with_originals(archive: Archive, inst: StoredInstance, laid: Laid, found: Attributes) -> Attributes:
    """Return the changes that change anything, and the Original Attributes Sequence that tells what was there.

    What a correction takes away stays as an empty attribute, for many of these are of type 2 (PS3.5 7.4.3).
    """
    changes = {
        name: entry or {"vr": found[name]["vr"]}
        for name, entry in laid.changes.items()
        if found.get(name, {}).get("Value") != entry.get("Value")
    }
    if not changes:
        return {}
    before = {name: found[name] for name in sorted(changes) if name in found}
    corrected_at = time.gmtime((laid.corrected_at or 0) / 1000)
    item = {
        "04000550": {"vr": "SQ", "Value": [before]},
        "04000562": {"vr": "DT", "Value": [time.strftime("%Y%m%d%H%M%S+0000", corrected_at)]},
        "04000563": {"vr": "LO", "Value": [archive.settings.aet]},
        "04000564": {"vr": "LO", "Value": [inst.source_aet]} if inst.source_aet else {"vr": "LO"},
        "04000565": {"vr": "CS", "Value": ["CORRECT"]},
    }
    earlier = found.get(_ORIGINAL_ATTRIBUTES, {}).get("Value", [])
    return changes | {_ORIGINAL_ATTRIBUTES: {"vr": "SQ", "Value": [*earlier, item]}}
