"""How does a stored instance get ready to leave by C-STORE? Checked as a whole, in a syntax that its receiver takes.

A C-STORE that has begun cannot be taken back without ending the association. So everything that can go wrong goes
wrong here, before the first byte: a small object is read and compared with its digest, a large one is compared first
and read again while it is sent, and what has to be transcoded waits in a nameless file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from types import TracebackType
from typing import IO, Self

from lumenarc.archive import Archive
from lumenarc.dicom.part10 import EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE
from lumenarc.errors import NotAcceptable, OutOfResources
from lumenarc.index.lookup import StoredInstance
from lumenarc.peers.sending import Instance, Kind
from lumenarc.services import leaving, retrieve, transcoding
from lumenarc.services.extract import Make

_IN_MEMORY_BYTES = 8 << 20
# What nearly everybody can read comes first.
_PREFERENCE = {
    uid: place for place, uid in enumerate((EXPLICIT_LE, IMPLICIT_LE, "1.2.840.10008.1.2.1.99", EXPLICIT_BE))
}


class Outgoing:
    """An instance that is ready to leave; use it in a `with`, or close it."""

    def __init__(self, instance: Instance, spool: IO[bytes] | None = None) -> None:
        self.instance = instance
        self._spool = spool

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back what it took."""
        if self._spool is not None:
            self._spool.close()


def prepare(archive: Archive, inst: StoredInstance, accepted: Collection[str], make: Make | None = None) -> Outgoing:
    """Get an instance, or what `make` makes of it, ready for a receiver of these transfer syntaxes of its SOP class.

    Raises Corrupt for stored bytes that do not match their digest, NotAcceptable when the receiver takes nothing that
    the object can be given in without loss, Unrenderable or BadDataSet for a broken image.
    """
    stored = inst.transfer_syntax_uid
    if make is None and stored in accepted:
        return _as_stored(archive, inst)
    error = NotAcceptable("The receiver takes no transfer syntax in which this object can be given.")
    for target_uid in sorted(accepted, key=lambda uid: (uid != stored, _PREFERENCE.get(uid, len(_PREFERENCE)))):
        try:
            uid, chunks = (make or _whole)(archive, inst, target_uid)
            return _spooled(archive, Kind(inst.sop_class_uid, target_uid), uid, chunks)
        except NotAcceptable as reason:
            error = reason
    raise error


def _whole(archive: Archive, inst: StoredInstance, target_uid: str) -> tuple[str, Iterator[bytes]]:
    return inst.sop_instance_uid, transcoding.data_set_in(archive, inst, target_uid)


def _as_stored(archive: Archive, inst: StoredInstance) -> Outgoing:
    kind = Kind(inst.sop_class_uid, inst.transfer_syntax_uid)
    laid = leaving.laid_over(archive, inst)
    if inst.data_set_bytes <= _IN_MEMORY_BYTES:
        data = list(leaving.data_set(archive, inst, laid).chunks)
        return Outgoing(Instance(kind, inst.sop_instance_uid, lambda: data))
    for _checked in retrieve.data_set(archive, inst):
        pass

    def chunks() -> Iterator[bytes]:
        if laid.changes:
            return leaving.data_set(archive, inst, laid).chunks
        return retrieve.part_of_file(archive, inst, inst.header_bytes, retrieve.file_size(inst))

    return Outgoing(Instance(kind, inst.sop_instance_uid, chunks))


def _spooled(archive: Archive, kind: Kind, sop_instance_uid: str, made: Iterable[bytes]) -> Outgoing:
    """Write an object to a nameless file; what goes wrong with it goes wrong here."""
    folder = str(archive.settings.data)
    spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=folder)  # noqa: SIM115 - Outgoing closes it
    try:
        for chunk in made:
            spool.write(chunk)
    except OSError as error:
        spool.close()
        raise OutOfResources("There is no room to transcode the object.") from error
    except BaseException:
        spool.close()
        raise

    def chunks() -> Iterator[bytes]:
        spool.seek(0)
        while chunk := spool.read(retrieve.CHUNK_BYTES):
            yield chunk

    return Outgoing(Instance(kind, sop_instance_uid, chunks), spool)
