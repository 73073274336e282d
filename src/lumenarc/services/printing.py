"""How is a print client served? Its objects live as long as its association; films are printed one after the other.

PS3.4 H.4. What becomes of a film is the printer's business: `PrintService` gives each job to `output`, and tells the
client by Print Job events how far it is (PS3.4 H.4.5), when the client has negotiated Print Job.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

from lumenarc.errors import LumenarcError
from lumenarc.peers import dimse
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.dimse.messages import Message
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.services.print_session import JOB, SERVICES, Job, Printer, PrintSession, job_attributes
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

__all__ = ["MAX_DATA_SET_BYTES", "SERVICES", "PrintService"]
log = logging.getLogger(__name__)
MAX_DATA_SET_BYTES = 256 << 20
"""The largest N-SET that is taken: a film of 14 by 17 inches in 600 dots an inch and 16 bits has 170 MB."""
_PRINTING, _DONE, _FAILED = 2, 3, 4
Output = Callable[[Job], None]
"""Prints a job; raises a leaf of the error tree or OSError when it cannot."""


class PrintService:
    """Print management for any number of associations, with one printer."""

    def __init__(self, printer: Printer, output: Output) -> None:
        self._printer, self._output = printer, output
        self._sessions: WeakKeyDictionary[Association, PrintSession] = WeakKeyDictionary()
        self._lock, self._one_at_a_time = threading.Lock(), threading.Lock()

    def serve(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer a request, then print what it has put into the queue."""
        with self._lock:
            session = self._sessions.get(assoc)
            if session is None:
                session = self._sessions[assoc] = PrintSession(self._printer, assoc.partners.calling)
        yield session.answer(context, rq, data_set)
        while session.queued:
            assoc.flush()
            try:
                self._run(assoc, session, session.queued[0])
            finally:
                session.queued.pop(0)

    def _run(self, assoc: Association, session: PrintSession, job: Job) -> None:
        with self._one_at_a_time:
            job.status = "PRINTING"
            self._tell(assoc, session, job, _PRINTING)
            try:
                self._output(job)
            except (LumenarcError, OSError) as error:
                log.warning("print job of %s failed: %s", job.calling, error)
                job.status, job.info = "FAILURE", "CHECK PRINTER"
            else:
                job.status = "DONE"
            job.pages.clear()
        self._tell(assoc, session, job, _DONE if job.status == "DONE" else _FAILED)

    def _tell(self, assoc: Association, session: PrintSession, job: Job, event: int) -> None:
        """Report on a job where the client wants to know; it may ask for more before it answers."""

        def meanwhile(message: Message) -> None:
            context = assoc.contexts[message.context_id]
            try:
                data_set = assoc.read_data_set(MAX_DATA_SET_BYTES)
                response = session.answer(context, message.command, data_set)
            except LumenarcError as error:
                response = Response.of(error)
            body = None if response.data_set is None else (response.data_set,)
            assoc.send(context.id, response.command(message.command), body)

        if not any(context.abstract_syntax == JOB and context.we_scp for context in assoc.contexts.values()):
            return
        shown = job_attributes(job, self._printer)
        said = {name: shown[name] for name in ("20000020", "21000020", "21000030", "21000040", "21000050", "21100030")}
        dimse.n_event_report(assoc, dimse.Target(JOB, job.uid), event, said, meanwhile)
