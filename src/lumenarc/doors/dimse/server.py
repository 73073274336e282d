"""The DICOM server of an archive: which request is answered where (PS3.7 9, 10)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterator

from lumenarc.archive import Archive
from lumenarc.doors.dimse import c_find, c_get, c_move, c_store, policy
from lumenarc.doors.dimse.retrieval import GET_MODELS, MOVE_MODELS
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.protocol.ul.pdu import AssociateRj
from lumenarc.transport.association import Association
from lumenarc.transport.board import Seat
from lumenarc.transport.requests import Admitted, Caller, Response, StoreSink
from lumenarc.transport.server import Server, ServerOptions
from lumenarc.transport.wire import Timeouts

# So much beyond the largest instance is still received, to answer that it is too large; then the association ends.
_SKIPPED_BYTES = 1 << 30
Answer = Callable[[Archive, Association, Context, Command, bytes], Iterator[Response]]
VERBS: tuple[tuple[int, Collection[str], Answer], ...] = (
    (commands.C_FIND_RQ, c_find.MODELS, c_find.answer),
    (commands.C_MOVE_RQ, MOVE_MODELS, c_move.answer),
    (commands.C_GET_RQ, GET_MODELS, c_get.answer),
)


class ArchiveHandler:
    """Answers for one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def admit(self, caller: Caller) -> Admitted | AssociateRj:
        """Decide about an association."""
        return policy.admit(self._archive, caller)

    def begin_store(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        """Begin to receive an instance."""
        return c_store.begin(self._archive, assoc, context, rq)

    def handle(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer C-ECHO, C-FIND, C-MOVE and C-GET; say of anything else that it is not known."""
        for field, models, answer in VERBS:
            if rq.field == field and context.abstract_syntax in models:
                return answer(self._archive, assoc, context, rq, data_set)
        return iter((Response(status.SUCCESS if rq.field == commands.C_ECHO_RQ else status.UNRECOGNIZED_OPERATION),))


def open_server(archive: Archive, listener: socket.socket, seat: Seat) -> Server:
    """Prepare to serve a port; the caller starts and stops the server. `seat` is shared with who serves it too."""
    settings = archive.settings
    timeouts = Timeouts(
        settings.connect_timeout_s,
        settings.artim_timeout_s,
        settings.idle_timeout_s,
        settings.dimse_timeout_s,
        settings.send_timeout_s,
    )
    options = ServerOptions(
        max_associations=settings.max_associations,
        max_associations_per_ip=settings.max_associations_per_ip,
        max_pdu_bytes=settings.max_pdu_bytes,
        max_data_set_bytes=settings.max_dimse_data_set_bytes,
        max_message_bytes=settings.max_instance_bytes + _SKIPPED_BYTES,
        timeouts=timeouts,
    )
    return Server(ArchiveHandler(archive), options, listener, seat)
