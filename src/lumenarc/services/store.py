"""How an instance is stored: bytes to a durable blob, header to the index, then success (PS3.4 B.2.3).

The blob is durable before its row is committed, and the row is committed before anybody is told. Small instances
stay in memory until they are whole and go to the file in one write; larger ones are streamed, so that many senders
of huge objects cost little memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.dicom import header as scanner
from lumenarc.dicom import part10
from lumenarc.dicom.attributes import WANTED
from lumenarc.dicom.header import DEFLATED, Header, NeedMoreData
from lumenarc.dicom.received import Received, check_uid, identity
from lumenarc.dicom.sop_classes import is_storage
from lumenarc.errors import (
    BadDataSet,
    CommitUnknown,
    MismatchedIdentity,
    NotFound,
    Refused,
    TooLarge,
    UnsupportedSopClass,
)
from lumenarc.events import ConflictKept, StudyChanged
from lumenarc.index.instances import Indexed
from lumenarc.index.parents import NewInstance, NewRows
from lumenarc.storage.blob import BlobReader, BlobWriter

# Up to this size an instance is written at once, when it is whole.
IN_MEMORY_BYTES = 144 << 10
# Streamed writes are gathered to this size: fewer system calls, and hashing that releases the interpreter lock.
_GATHER_BYTES = 64 << 10
_FIRST_SCAN_BYTES = 64 << 10
_FIRST_INFLATED_BYTES = 1 << 20
_MAX_SCAN_BYTES = 256 << 20
_OBJECT_TAGS = (0x00080016, 0x00080018)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an instance comes from: AE title and address of the sender, "" when there is none."""

    aet: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an instance: "stored", "duplicate" (identical, nothing kept) or "kept_other" (out of sight)."""

    outcome: str
    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str
    series_uid: str
    warnings: tuple[str, ...] = ()


class Incoming:
    """One instance that is being received; exactly one of `finish` and `abort` ends it."""

    __slots__ = (
        "_archive",
        "_blob",
        "_buffer",
        "_class",
        "_digest",
        "_head",
        "_header",
        "_n_bytes",
        "_source",
        "_syntax",
        "_uid",
        "expected_study_uid",
    )

    def __init__(
        self, archive: Archive, sop_class_uid: str, sop_instance_uid: str, syntax: str, source: Source
    ) -> None:
        self._archive, self._source = archive, source
        self._class, self._uid, self._syntax = sop_class_uid, sop_instance_uid, syntax
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self._n_bytes = 0
        self._blob: BlobWriter | None = None
        self._header = self._head = b""
        self.expected_study_uid: str | None = None

    @property
    def n_bytes(self) -> int:
        """How many bytes of the data set have come."""
        return self._n_bytes

    def write(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes of the data set; raise TooLarge, OutOfResources."""
        self._n_bytes += len(chunk)
        if self._n_bytes > self._archive.settings.max_instance_bytes:
            raise TooLarge("The object is larger than allowed.")
        if self._header and not self._buffer and len(chunk) >= _GATHER_BYTES:
            self._stream(chunk)
            return
        self._buffer += chunk
        if len(self._buffer) >= _GATHER_BYTES and self._n_bytes > IN_MEMORY_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._header:
            self._header = self._meta(bytes(part10.DIGEST_BYTES))
            self._head = bytes(memoryview(self._buffer)[:_FIRST_SCAN_BYTES])
            self.open().write(self._header)
        self._stream(self._buffer)
        self._buffer = bytearray()

    def _stream(self, chunk: bytes | bytearray | memoryview) -> None:
        self.open().write(chunk)
        self._digest.update(chunk)  # while the disk works already

    def open(self) -> BlobWriter:
        """Make the blob, unless that has been done; raise OutOfResources."""
        if self._blob is None:
            self._blob = self._archive.storage.create()
        return self._blob

    def _meta(self, digest: bytes) -> bytes:
        return part10.build_meta(self._class, self._uid, self._syntax, self._source.aet or None, digest, self._n_bytes)

    def finish(self) -> Stored:
        """Make the instance durable, index it, and say what became of it.

        Raises a leaf of the error tree; nothing is left behind then.
        """
        try:
            return self._finish_streamed() if self._header else self._finish_small()
        except CommitUnknown:
            # The row may refer to the blob, which therefore stays: a check indexes it when there is no row.
            self._blob = None
            raise
        except BaseException:
            self.abort()
            raise

    def _finish_small(self) -> Stored:
        data = bytes(self._buffer)
        header = self._scan(data)
        received = self._check(header)
        digest = hashlib.sha256(data).digest()
        meta = self._meta(digest)
        blob = self.open()
        blob.put(meta, data, digest)
        return self._index(received, header, digest, len(meta), blob)

    def _finish_streamed(self) -> Stored:
        if self._buffer:
            self._flush()
        blob = self.open()
        digest = self._digest.digest()
        blob.write_at(0, self._meta(digest))
        blob.commit()
        header = self._scan_head(blob.key)
        received = self._check(header)
        return self._index(received, header, digest, len(self._header), blob)

    def adopt(self, blob: _Lying, meta: part10.Meta) -> Stored:
        """Index what lies in the storage already; the caller has compared its digest."""
        self._n_bytes, self._header = meta.n_bytes or 0, bytes(meta.header_bytes)
        header = self._scan_blob(blob.key)
        received = self._check(header)
        return self._index(received, header, meta.digest or b"", meta.header_bytes, blob)

    def _scan(self, data: bytes) -> Header:
        if self._syntax in DEFLATED:
            return self._scan_deflated(lambda: (data,))
        return scanner.scan(data, self._syntax, WANTED, complete=True)

    def _scan_head(self, key: str) -> Header:
        """Scan what was kept of the beginning; only where that is not enough, read the blob again."""
        if self._syntax not in DEFLATED:
            try:
                return scanner.scan(self._head, self._syntax, WANTED, complete=False)
            except NeedMoreData:
                pass
        return self._scan_blob(key)

    def _scan_blob(self, key: str) -> Header:
        """Read as much of the blob as the scanner needs, doubling what is read."""
        size = _FIRST_SCAN_BYTES
        with self._archive.storage.open(key) as reader:
            if self._syntax in DEFLATED:
                return self._scan_deflated(lambda: _pieces(reader, len(self._header)))
            while True:
                size = min(size, self._n_bytes)
                data = reader.read(len(self._header), size)
                try:
                    return scanner.scan(data, self._syntax, WANTED, complete=size == self._n_bytes)
                except NeedMoreData as more:
                    size = max(2 * size, more.n_bytes)
                if min(size, self._n_bytes) > _MAX_SCAN_BYTES:
                    raise TooLarge("The header of the object is larger than allowed.")

    def _scan_deflated(self, pieces: Callable[[], Iterable[bytes]]) -> Header:
        """Inflate all of it, which proves it whole, but hold only as much as the scanner needs."""
        size, limit = _FIRST_INFLATED_BYTES, self._archive.settings.max_inflated_bytes
        while True:
            head, total = scanner.inflate_head(pieces(), size, limit)
            try:
                return scanner.scan(head, self._syntax, WANTED, complete=total <= size)
            except NeedMoreData as more:
                size = max(8 * size, more.n_bytes)
            if min(size, total) > _MAX_SCAN_BYTES:
                raise TooLarge("The header of the object is larger than allowed.")

    def _check(self, header: Header) -> Received:
        """Check what must be there (PS3.4 B.2.3: command and data set name the same object)."""
        settings = self._archive.settings
        lenient = settings.invalid_uids == "lenient"
        received = Received(header, self._syntax, settings.default_charset)
        uid = check_uid(received.uid(0x00080018), "SOP Instance UID", lenient=lenient)
        sop_class = check_uid(received.uid(0x00080016), "SOP Class UID", lenient=lenient)
        check_uid(received.uid(0x0020000D), "Study Instance UID", lenient=lenient)
        check_uid(received.uid(0x0020000E), "Series Instance UID", lenient=lenient)
        if uid != self._uid or sop_class != self._class:
            raise MismatchedIdentity("The data set and its command or file header name different objects.")
        if self.expected_study_uid not in (None, received.uid(0x0020000D)):
            raise MismatchedIdentity("The object belongs to another study than the one named.")
        _check_pixels(header, self._n_bytes, deflated=self._syntax in DEFLATED)
        return received

    def _index(
        self, received: Received, header: Header, digest: bytes, header_bytes: int, blob: BlobWriter | _Lying
    ) -> Stored:
        archive, settings = self._archive, self._archive.settings
        study_uid, series_uid = received.uid(0x0020000D), received.uid(0x0020000E)
        patient_id, issuer, name, birth_date = received.patient_key()
        if not patient_id and settings.missing_patient_id == "refuse":
            raise Refused("Patient ID is missing.")
        who = identity(patient_id, issuer, name, birth_date, study_uid, by_id_only=settings.patient_identity == "id")
        now = archive.now_ms()
        pixel = header.pixel
        values = received.instance_columns() | {
            "transfer_syntax_uid": self._syntax,
            "blob_key": blob.key,
            "header_bytes": header_bytes,
            "data_set_bytes": self._n_bytes,
            "sha256": digest,
            "pixel_offset": pixel.offset if pixel else None,
            "pixel_bytes": pixel.length if pixel else None,
            "source_aet": self._source.aet,
            "source_host": self._source.host,
            "received_at": now,
        }

        def rows() -> NewRows:
            patient, identifiers = received.patient_row()
            series, requests = received.series_row()
            stamps = {"created_at": now, "updated_at": now}
            return NewRows(
                patient | stamps | {"identity": who},
                tuple(identifiers),
                received.study_row() | stamps,
                series | stamps | {"source_aet": self._source.aet},
                tuple(requests),
            )

        modality = received.uid(0x00080060)
        done = archive.inserter.add(NewInstance(study_uid, series_uid, who, patient_id, issuer, modality, values, rows))
        if done.outcome == "duplicate":
            if self._is_lost(done) and archive.inserter.replace_blob(done.blob_key, blob.key, header_bytes):
                note = "the stored file was lost and has been replaced by this one"
                return Stored("stored", self._class, self._uid, study_uid, series_uid, (note,))
            blob.abort()
        elif done.outcome == "kept_other":
            archive.changes.publish(ConflictKept(self._uid))
        else:
            archive.changes.publish(StudyChanged(study_uid))
        return Stored(done.outcome, self._class, self._uid, study_uid, series_uid, done.notes)

    def _is_lost(self, done: Indexed) -> bool:
        """Look whether the blob is there that lets us call this instance a duplicate and throw it away."""
        if not done.blob_key:
            return False
        try:
            with self._archive.storage.open(done.blob_key) as reader:
                return reader.size != done.blob_bytes
        except NotFound:
            return True

    def abort(self) -> None:
        """Forget everything that was received."""
        self._buffer = bytearray()
        if self._blob is not None:
            blob, self._blob = self._blob, None
            blob.abort()


def _pieces(reader: BlobReader, start: int) -> Iterator[bytes]:
    while piece := reader.read(start, _GATHER_BYTES):
        yield piece
        start += len(piece)


def _check_pixels(header: Header, n_bytes: int, *, deflated: bool) -> None:
    """Refuse a data set that was cut inside its pixel data."""
    pixel = header.pixel
    if pixel is None or deflated:
        return
    if pixel.length is not None and pixel.offset + pixel.length > n_bytes:
        raise BadDataSet("The pixel data are longer than the data set.")


def begin(
    archive: Archive, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, source: Source
) -> Incoming:
    """Begin to receive a data set (without preamble and File Meta) in pieces; `finish` or `abort` must follow.

    The blob is made at once: over a network that happens while the data set is still on its way. Raises BadDataSet for
    invalid UIDs, OutOfResources.
    """
    lenient = archive.settings.invalid_uids == "lenient"
    check_uid(sop_instance_uid, "SOP Instance UID", lenient=lenient)
    check_uid(sop_class_uid, "SOP Class UID", lenient=lenient)
    if not archive.settings.accept_unknown_sop_classes and not is_storage(sop_class_uid):
        raise UnsupportedSopClass("Objects of this SOP class are not stored here.")
    # Of a file it is whatever its sender wrote, and it comes back in headers of HTTP.
    check_uid(transfer_syntax_uid, "Transfer Syntax UID", lenient=lenient)
    incoming = Incoming(archive, sop_class_uid, sop_instance_uid, transfer_syntax_uid, source)
    incoming.open()
    return incoming


class _Lying:
    """A blob that lies in the storage already, in the role of one that has just been written."""

    def __init__(self, archive: Archive, key: str, *, keep: bool) -> None:
        self._archive, self.key, self._keep = archive, key, keep

    def abort(self) -> None:
        if not self._keep:
            self._archive.storage.delete(self.key)


def adopt(archive: Archive, key: str, *, keep: bool = False) -> Stored:
    """Index a blob that has no row, after it has proved that it is whole; raise BadDataSet when it is not.

    A blob that is not indexed, because another holds the same object for example, is removed, unless `keep`.
    """
    with archive.storage.open(key) as reader:
        meta = part10.parse_meta(reader.read(0, _FIRST_SCAN_BYTES))
        digest = hashlib.sha256()
        place = meta.header_bytes
        while chunk := reader.read(place, 1 << 20):
            digest.update(chunk)
            place += len(chunk)
        if meta.digest != digest.digest() or meta.n_bytes != reader.size - meta.header_bytes:
            raise BadDataSet("The blob was not written to its end.")
    incoming = Incoming(
        archive, meta.sop_class_uid, meta.sop_instance_uid, meta.transfer_syntax_uid, Source(meta.source_aet)
    )
    return incoming.adopt(_Lying(archive, key, keep=keep), meta)


def store_part10(archive: Archive, chunks: Iterable[bytes], source: Source, *, study_uid: str | None = None) -> Stored:
    """Store a Part 10 file that comes in pieces, as from STOW-RS, an upload or an import.

    `study_uid` refuses an object of any other study (PS3.18 10.5.1). Raises a leaf of the error tree.
    """
    stream = iter(chunks)
    head = bytearray()
    for chunk in stream:
        head += chunk
        if len(head) >= _FIRST_SCAN_BYTES:
            break
    meta = part10.parse_meta(memoryview(head))
    first = memoryview(head)[meta.header_bytes :]
    class_uid, uid = _names(meta, first)
    incoming = begin(archive, class_uid, uid, meta.transfer_syntax_uid, source)
    incoming.expected_study_uid = study_uid
    try:
        incoming.write(first)
        for chunk in stream:
            incoming.write(chunk)
    except BaseException:
        incoming.abort()
        raise
    return incoming.finish()


def names_of(head: bytes) -> tuple[str, str]:
    """Return SOP class and instance UID that the beginning of a file names, "" for what it does not."""
    try:
        meta = part10.parse_meta(head)
    except BadDataSet:
        return "", ""
    return _names(meta, memoryview(head)[meta.header_bytes :])


def _names(meta: part10.Meta, first: memoryview) -> tuple[str, str]:
    """Read what the data set says of itself; a File Meta that disagrees is a mistake of whoever wrote the file."""
    values = scanner.scan_prefix(first, meta.transfer_syntax_uid, frozenset(_OBJECT_TAGS))
    class_uid, uid = (values.get(tag, b"").decode("ascii", "replace").strip(" \0") for tag in _OBJECT_TAGS)
    if meta.transfer_syntax_uid in DEFLATED or not (class_uid and uid):
        return meta.sop_class_uid, meta.sop_instance_uid
    return class_uid, uid
