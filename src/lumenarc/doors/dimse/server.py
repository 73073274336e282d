"""The DICOM server of an archive: which request is answered where (PS3.7 9, 10)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterator

from lumenarc.archive import Archive
from lumenarc.doors.dimse import (
    c_find,
    c_find_worklist,
    c_get,
    c_move,
    c_store,
    n_action_commitment,
    n_mpps,
    policy,
    print_films,
)
from lumenarc.doors.dimse.measured import MeasuredSink, Stopwatch
from lumenarc.doors.dimse.retrieval import GET_MODELS, MOVE_MODELS
from lumenarc.errors import LumenarcError
from lumenarc.metrics import Meter
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
    (commands.C_FIND_RQ, c_find_worklist.MODELS, c_find_worklist.answer),
    (commands.C_MOVE_RQ, MOVE_MODELS, c_move.answer),
    (commands.C_GET_RQ, GET_MODELS, c_get.answer),
    (commands.N_ACTION_RQ, n_action_commitment.MODELS, n_action_commitment.answer),
    (commands.N_CREATE_RQ, n_mpps.MODELS, n_mpps.create),
    (commands.N_SET_RQ, n_mpps.MODELS, n_mpps.change),
    (commands.N_GET_RQ, n_mpps.READ_MODELS, n_mpps.read),
)


class ArchiveHandler:
    """Answers for one archive."""

    def __init__(self, archive: Archive, meter: Meter) -> None:
        self._archive, self._meter = archive, meter
        self._films = print_films.PrintDoor(archive)

    def admit(self, caller: Caller) -> Admitted | AssociateRj:
        """Decide about an association."""
        admitted = policy.admit(self._archive, caller)
        outcome = "rejected" if isinstance(admitted, AssociateRj) else "accepted"
        self._meter.count("associations", 0.0, outcome=outcome)
        return admitted

    def begin_store(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        """Begin to receive an instance."""
        watch = Stopwatch(self._meter, rq)
        try:
            sink = c_store.begin(self._archive, assoc, context, rq)
        except LumenarcError:
            watch.stop(None)
            raise
        return MeasuredSink(sink, self._meter, watch)

    def handle(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer C-ECHO, C-FIND, C-MOVE, C-GET and print management; say of anything else that it is not known."""
        return Stopwatch(self._meter, rq).answers(self._answers(assoc, context, rq, data_set))

    def _answers(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        if context.abstract_syntax in print_films.MODELS:
            return self._films.answer(assoc, context, rq, data_set)
        for field, models, answer in VERBS:
            if rq.field == field and context.abstract_syntax in models:
                return answer(self._archive, assoc, context, rq, data_set)
        return iter((Response(status.SUCCESS if rq.field == commands.C_ECHO_RQ else status.UNRECOGNIZED_OPERATION),))


def open_server(archive: Archive, listener: socket.socket, seat: Seat, meter: Meter) -> Server:
    """Prepare to serve a port; the caller starts and stops the server. `seat` is shared with who serves it too."""
    settings = archive.settings
    options = ServerOptions(
        max_associations=settings.max_associations,
        max_associations_per_ip=settings.max_associations_per_ip,
        max_pdu_bytes=settings.max_pdu_bytes,
        max_data_set_bytes=settings.max_dimse_data_set_bytes,
        data_set_limits=print_films.limits(settings),
        max_message_bytes=settings.max_instance_bytes + _SKIPPED_BYTES,
        timeouts=Timeouts.of(settings),
    )
    return Server(ArchiveHandler(archive, meter), options, listener, seat)
