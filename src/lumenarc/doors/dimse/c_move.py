"""How C-MOVE requests are answered: the archive sends to a registered AE and tells how far it is (PS3.4 C.4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from lumenarc.archive import Archive
from lumenarc.doors.dimse import retrieval
from lumenarc.doors.dimse.retrieval import Reporter
from lumenarc.errors import UnknownDestination
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services import ae
from lumenarc.services.send import Progress, Sending
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response


def answer(
    archive: Archive, assoc: Association, context: Context, rq: Command, identifier: bytes
) -> Iterator[Response]:
    """Yield pending responses while the destination receives, then the final one."""
    destination = ae.find(archive, rq.move_destination)
    if destination is None:
        raise UnknownDestination("The move destination is not a registered application entity.")
    model = retrieval.MOVE_MODELS[context.abstract_syntax]
    chosen = retrieval.select(archive, assoc, context, identifier, model)
    report = Reporter(context, rq, Progress(len(chosen)), archive.settings.pending_interval_s)
    with closing(Sending(archive, chosen, destination, (assoc.partners.calling, rq.message_id))) as sending:
        for done in sending.outcomes(report.every_s):
            if done is not None:
                report.progress.count(done)
            report.look(assoc)
            if report.is_cancelled:
                sending.cancel()
            pending = report.pending()
            if pending is not None:
                yield pending
        if not report.is_cancelled:
            report.progress.give_up(sending.failure)
    yield report.final()
