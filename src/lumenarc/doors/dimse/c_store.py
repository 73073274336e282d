"""C-STORE: each fragment goes straight to the store use-case (PS3.4 B.2).

Statuses beside the failures of errors.py (PS3.4 B.2.3): 0000 stored, also for an object that is stored already, byte
for byte; B000 stored with a reservation that the error comment names, as for an object that is kept out of sight
because another one has its SOP Instance UID.
"""

from __future__ import annotations

from collections.abc import Callable

from lumenarc.archive import Archive
from lumenarc.errors import MismatchedIdentity
from lumenarc.protocol.dimse import status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import store
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

_STORED_WITH_RESERVATION = 0xB000


class InstanceSink:
    """One instance on its way into the archive."""

    __slots__ = ("_incoming", "_then", "write")

    def __init__(self, incoming: store.Incoming, then: Callable[[], None]) -> None:
        self._incoming, self._then = incoming, then
        self.write = incoming.write

    def finish(self) -> Response:
        """Make the instance durable and indexed."""
        return outcome(self._incoming.finish(), self._then)

    @property
    def n_bytes(self) -> int:
        """How many bytes of the data set have come."""
        return self._incoming.n_bytes

    def abort(self) -> None:
        """Forget the instance."""
        self._incoming.abort()


def outcome(done: store.Stored, then: Callable[[], None] | None = None) -> Response:
    """Return the status that tells what became of an instance."""
    notes = list(done.warnings)
    if done.outcome == "kept_other":
        notes.insert(0, "kept aside: another object has this SOP Instance UID")
    if notes:
        return Response(_STORED_WITH_RESERVATION, comment="; ".join(notes), then=then)
    return Response(status.SUCCESS, then=then)


def begin(archive: Archive, assoc: Association, context: Context, rq: Command) -> InstanceSink:
    """Begin to receive an instance; raise MismatchedIdentity when the context is for another SOP class."""
    if rq.sop_class_uid != context.abstract_syntax:
        raise MismatchedIdentity("The SOP class is not that of the presentation context.")
    source = store.Source(assoc.partners.calling, assoc.partners.host)
    incoming = store.begin(archive, rq.sop_class_uid, rq.sop_instance_uid, context.transfer_syntax, source)
    return InstanceSink(incoming, archive.storage.prepare)
