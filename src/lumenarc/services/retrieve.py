"""How stored instances are read back: whole, by header, by frame (PS3.4 C.4.2, C.4.3; PS3.18 10.4).

Bytes leave as they lie. A whole object is compared with its digest before its last byte leaves, a small one before
its first; what does not match raises Corrupt and is never served as good. An unchanged blob that was compared within
the last ten minutes is not compared again (storage/verified.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lumenarc.archive import Archive
from lumenarc.dicom import frames as frame_layout
from lumenarc.dicom import part10
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.header import DEFLATED, inflate
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.pixels import shape_of
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.transcode import DataSetSource
from lumenarc.dicom.transfer_syntaxes import is_encapsulated, is_video
from lumenarc.errors import Corrupt, NotFound, Unrenderable
from lumenarc.index import lookup
from lumenarc.index.lookup import StoredInstance as StoredInstance
from lumenarc.index.lookup import Uids as Uids
from lumenarc.services.delete import missing
from lumenarc.storage.blob import BlobReader

CHUNK_BYTES = 1 << 20
# Up to here an object is read at once and checked before anything of it leaves.
_AT_ONCE_BYTES = 8 << 20
# A header larger than this is refused: nothing real comes near it.
MAX_HEADER_BYTES = 64 << 20
# An object without pixel data is all header; models and documents can be large.
MAX_DOCUMENT_BYTES = 512 << 20
# A deflated data set is inflated whole; larger ones leave only as they lie.
_MAX_INFLATED_BYTES = 512 << 20
_TOO_LARGE = "The header of this object is too large to be read at once."


def find(
    archive: Archive, study_uid: str, series_uid: str | None = None, sop_instance_uid: str | None = None
) -> list[StoredInstance]:
    """Return the live instances below these UIDs in series and instance order; raise NotFound or Gone."""
    uids = Uids(
        study_uids=(study_uid,),
        series_uids=(series_uid,) if series_uid else (),
        sop_instance_uids=(sop_instance_uid,) if sop_instance_uid else (),
    )
    with archive.index.read() as connection:
        found = lookup.find(connection, uids)
    if not found:
        raise missing(archive, study_uid, series_uid, sop_instance_uid)
    return found


def select(archive: Archive, uids: Uids) -> list[StoredInstance]:
    """Return the live instances that agree with every given list of UIDs; none is no error."""
    with archive.index.read() as connection:
        return lookup.find(connection, uids)


def find_object(archive: Archive, sop_instance_uid: str) -> StoredInstance:
    """Return one live instance by its SOP Instance UID alone; raise NotFound or Gone."""
    with archive.index.read() as connection:
        found = lookup.find(connection, Uids(sop_instance_uids=(sop_instance_uid,)))
    if not found:
        raise missing(archive, "", None, sop_instance_uid)
    return found[0]


@contextmanager
def opened(archive: Archive, inst: StoredInstance) -> Iterator[BlobReader]:
    """Open the blob of an instance; one that is gone or has another length raises Corrupt."""
    try:
        reader = archive.storage.open(inst.blob_key)
    except NotFound as error:
        raise Corrupt("The stored object is missing from the storage.") from error
    with reader:
        if reader.size != inst.header_bytes + inst.data_set_bytes:
            raise Corrupt("The stored object does not have its length.")
        yield reader


def file_size(inst: StoredInstance) -> int:
    """Return the length of the Part 10 file in bytes."""
    return inst.header_bytes + inst.data_set_bytes


def part10_header(inst: StoredInstance) -> bytes:
    """Return the preamble and File Meta that the blob must begin with; a function of the index row alone."""
    return part10.build_meta(
        inst.sop_class_uid,
        inst.sop_instance_uid,
        inst.transfer_syntax_uid,
        inst.source_aet or None,
        inst.sha256,
        inst.data_set_bytes,
    )


def whole_file(archive: Archive, inst: StoredInstance) -> Iterator[bytes]:
    """Yield the Part 10 file; raise Corrupt before the last chunk when it does not match its digest."""
    header = part10_header(inst)
    if len(header) != inst.header_bytes:
        raise Corrupt("The stored object does not begin with its header.")
    yield header
    yield from data_set(archive, inst)


def data_set(archive: Archive, inst: StoredInstance) -> Iterator[bytes]:
    """Yield the data set as stored; raise Corrupt before the last chunk when it does not match its digest."""
    with opened(archive, inst) as reader:
        if archive.verified.holds(inst.blob_key, reader.stamp):
            for place in range(inst.header_bytes, file_size(inst), _AT_ONCE_BYTES):
                yield reader.read(place, min(_AT_ONCE_BYTES, file_size(inst) - place))
        else:
            yield from _compared(reader, inst)
            archive.verified.add(inst.blob_key, reader.stamp)


def _compared(reader: BlobReader, inst: StoredInstance) -> Iterator[bytes]:
    if inst.data_set_bytes <= _AT_ONCE_BYTES:
        yield _checked(reader.read(inst.header_bytes, inst.data_set_bytes), inst)
        return
    digest = hashlib.sha256()
    position, end = inst.header_bytes, file_size(inst)
    while position < end:
        chunk = reader.read(position, min(CHUNK_BYTES, end - position))
        digest.update(chunk)
        position += len(chunk)
        if not chunk or (position >= end and digest.digest() != inst.sha256):
            raise Corrupt("The stored object does not match its digest.")
        yield chunk


def part_of_file(archive: Archive, inst: StoredInstance, start: int, end: int) -> Iterator[bytes]:
    """Yield some bytes of the Part 10 file; all of them are checked as `whole_file` does, a part cannot be."""
    if (start, end) == (0, file_size(inst)):
        yield from whole_file(archive, inst)
        return
    with opened(archive, inst) as reader:
        for place in range(start, end, CHUNK_BYTES):
            yield reader.read(place, min(CHUNK_BYTES, end - place))


def _checked(data: bytes, inst: StoredInstance) -> bytes:
    if hashlib.sha256(data).digest() != inst.sha256:
        raise Corrupt("The stored object does not match its digest.")
    return data


def verify(archive: Archive, inst: StoredInstance) -> None:
    """Read the whole object; raise Corrupt unless every byte is as it was stored."""
    with opened(archive, inst) as reader:
        if reader.read(0, inst.header_bytes) != part10_header(inst):
            raise Corrupt("The stored object does not begin with its header.")
        for _chunk in _compared(reader, inst):
            pass


def header(archive: Archive, inst: StoredInstance) -> bytes:
    """Return the data set before its pixel data (all of it when there are none), inflated if need be, unverified.

    Raises Unrenderable when that is more than 64 MiB, or 512 MiB without pixel data.
    """
    with source(archive, inst) as found:
        length = found.n_bytes if inst.pixel_offset is None else inst.pixel_offset
        if length > (MAX_DOCUMENT_BYTES if inst.pixel_offset is None else MAX_HEADER_BYTES):
            raise Unrenderable(_TOO_LARGE)
        return found.read(0, length)


def readable_syntax(inst: StoredInstance) -> str:
    """Return the transfer syntax in which `header` and `source` give the data set."""
    return part10.EXPLICIT_LE if inst.transfer_syntax_uid in DEFLATED else inst.transfer_syntax_uid


def attributes(archive: Archive, inst: StoredInstance, bulk_uri: Callable[[str], str] | None = None) -> Attributes:
    """Return the attributes before the pixel data as DICOM JSON.

    `bulk_uri` turns the path of a bulk attribute ("00420011", "54000100/0/54001010") into its URI; None leaves bulk
    values out.
    """
    return to_attributes(
        header(archive, inst),
        readable_syntax(inst),
        bulk_uri=bulk_uri,
        threshold=archive.settings.bulk_data_threshold_bytes,
    )


def frames(archive: Archive, inst: StoredInstance, numbers: list[int]) -> Iterator[bytes]:
    """Yield frames by number from 1, each as stored with its fragments joined; reads only their bytes.

    Raises NotFound for a number above the number of frames or an object without pixel data.
    """
    with source(archive, inst) as found:
        layout = _extents(found, inst)
        if any(not 1 <= number <= len(layout) for number in numbers):
            raise NotFound("The object has no such frame.")
        for number in numbers:
            yield frame_layout.read_frame(found.read, layout[number - 1])


def frame_extents(archive: Archive, inst: StoredInstance) -> list[frame_layout.Frame]:
    """Return where each frame lies: lists of (offset, length) from the start of the data set, inflated if need be."""
    with source(archive, inst) as found:
        return _extents(found, inst)


def _extents(found: DataSetSource, inst: StoredInstance) -> list[frame_layout.Frame]:
    if inst.pixel_offset is None:
        raise NotFound("The object has no pixel data.")
    if inst.pixel_offset > MAX_HEADER_BYTES:
        raise Unrenderable(_TOO_LARGE)
    head = LazySet.of(found.read(0, inst.pixel_offset), found.transfer_syntax_uid)
    n_frames = n_parts(inst)
    if inst.pixel_bytes is None or is_encapsulated(inst.transfer_syntax_uid):
        offsets, lengths = bytes(head.raw(0x7FE00001)), bytes(head.raw(0x7FE00002))
        return frame_layout.locate_encapsulated(found.read, inst.pixel_offset, n_frames, offsets, lengths)
    shape = shape_of(head)
    bits = frame_layout.frame_bits(shape.rows, shape.columns, shape.samples, shape.bits_allocated, shape.photometric)
    return frame_layout.locate_native(inst.pixel_offset, inst.pixel_bytes, bits, n_frames)


def n_parts(inst: StoredInstance) -> int:
    """Return how many frames can be taken out of the pixel data: a video is one piece."""
    return 1 if is_video(inst.transfer_syntax_uid) else max(inst.number_of_frames or 1, 1)


def video(archive: Archive, inst: StoredInstance) -> tuple[int, Callable[[int, int], Iterator[bytes]]]:
    """Return the length of a stored video stream, and how parts of it (first byte, behind the last) are read."""
    extents = [extent for frame in frame_extents(archive, inst) for extent in frame]

    def read(start: int, end: int) -> Iterator[bytes]:
        with source(archive, inst) as found:
            position = 0
            for offset, length in extents:
                first, last = max(start - position, 0), min(end - position, length)
                for place in range(first, last, CHUNK_BYTES):
                    yield found.read(offset + place, min(CHUNK_BYTES, last - place))
                position += length

    return sum(length for _, length in extents), read


@contextmanager
def source(archive: Archive, inst: StoredInstance) -> Iterator[DataSetSource]:
    """Open the data set for reading at any place, unverified; a deflated one is inflated in memory.

    Raises Corrupt, TooLarge when it inflates beyond the limit, BadDataSet when it cannot be inflated.
    """
    with opened(archive, inst) as reader:
        if inst.transfer_syntax_uid in DEFLATED:
            packed = reader.read(inst.header_bytes, inst.data_set_bytes)
            data = inflate(packed, min(archive.settings.max_inflated_bytes, _MAX_INFLATED_BYTES))
            yield DataSetSource(lambda offset, length: data[offset : offset + length], len(data), part10.EXPLICIT_LE)
        else:
            yield DataSetSource(_from_data_set(reader, inst), inst.data_set_bytes, inst.transfer_syntax_uid)


def _from_data_set(reader: BlobReader, inst: StoredInstance) -> Callable[[int, int], bytes]:
    def read(offset: int, length: int) -> bytes:
        return reader.read(inst.header_bytes + offset, max(0, min(length, inst.data_set_bytes - offset)))

    return read
