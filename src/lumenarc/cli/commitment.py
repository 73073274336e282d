"""How are the answers to storage commitment requests taken, on whatever association they come? (PS3.4 J.3.3)"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lumenarc.cli.dimse_options import timeouts_of
from lumenarc.cli.frame import Report
from lumenarc.cli.listening import Listener
from lumenarc.dicom.commitment import MODEL as MODEL
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest, LumenarcError
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.dimse.messages import Message
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response
from lumenarc.transport.server import Server, ServerOptions

_MAX_BYTES = 16 << 20


class Answers:
    """The requests that are not answered yet, and what was said of the others."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._changed = threading.Condition()
        self._waiting: dict[str, list[Attributes]] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        with self._changed:
            return bool(self._waiting)

    def wait(self, timeout_s: float) -> None:
        """Wait until something has come, or time is over."""
        with self._changed:
            self._changed.wait(timeout_s)

    def expect(self, transaction: str, references: list[Attributes]) -> None:
        """Remember a request."""
        with self._changed:
            self._waiting[transaction] = references

    def refused(self, transaction: str, text: str) -> None:
        """Note that a request was not taken."""
        with self._changed:
            self._waiting.pop(transaction, None)
        self._report.problem(transaction, text)

    def take(self, event_type: int, information: Attributes) -> Response:
        """Take the peer's word: 1 all is safe, 2 some is not."""
        transaction = str((information.get("00081195", {}).get("Value") or [""])[0])
        with self._changed:
            if self._waiting.pop(transaction, None) is None:
                raise BadRequest("This transaction is not waited for.")
            self._changed.notify_all()
        safe = _uids(information, "00081199")
        failed = _uids(information, "00081198")
        for uid, item in failed:
            reason = (item.get("00081197", {}).get("Value") or [0])[0]
            self._report.problem(uid, f"not committed: {status.describe(int(reason))}")
        self._report.n_done += len(safe)
        fields = {"transaction_uid": transaction, "event": event_type, "committed": [uid for uid, _ in safe]}
        fields["failed"] = [uid for uid, _ in failed]
        self._report.result(f"{transaction}: {len(safe)} committed, {len(failed)} not", fields)
        return Response(status.SUCCESS)

    def give_up(self) -> None:
        """Report what was not answered in time."""
        with self._changed:
            left, self._waiting = self._waiting, {}
        for transaction, references in left.items():
            self._report.problem(transaction, f"no answer in time about {len(references)} instances")

    @contextmanager
    def listening(self, options: argparse.Namespace) -> Iterator[None]:
        """Take answers on `options.listen`, when that is given, until the end of the block."""
        if options.listen is None:
            yield
            return
        listener = Listener("", ())
        listener.services[MODEL] = self._serve
        where = ServerOptions(host="0.0.0.0", port=options.listen, timeouts=timeouts_of(options))
        try:
            server = Server(listener, replace(where, max_associations_per_ip=where.max_associations))
        except OSError as error:
            raise BadRequest(f"Port {options.listen} cannot be listened on: {error.strerror}.") from error
        server.start()
        try:
            yield
        finally:
            server.stop(1.0)

    def _serve(self, _assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        if rq.field != commands.N_EVENT_REPORT_RQ:
            raise BadRequest("Only reports are taken here.")
        yield self.take(rq.event_type, to_attributes(data_set, context.transfer_syntax))


def receive(assoc: Association, answers: Answers) -> None:
    """Wait for a report on our own association, and take it."""
    message = assoc.next_message()
    if message is not None:
        take(assoc, message, answers)


def take(assoc: Association, message: Message, answers: Answers) -> None:
    """Take one report, and answer it."""
    rq, context = message.command, assoc.contexts.get(message.context_id)
    data_set = assoc.read_data_set(_MAX_BYTES)
    if context is None or rq.field != commands.N_EVENT_REPORT_RQ:
        assoc.abort()
        raise BadRequest(f"The peer sent {rq.name}, which was not to be expected.")
    try:
        response = answers.take(rq.event_type, to_attributes(data_set, context.transfer_syntax))
    except LumenarcError as error:
        response = Response.of(error)
    assoc.send(context.id, response.command(rq))


def _uids(information: Attributes, name: str) -> list[tuple[str, Attributes]]:
    items = information.get(name, {}).get("Value", [])
    return [(str((item.get("00081155", {}).get("Value") or [""])[0]), item) for item in items]
