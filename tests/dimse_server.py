"""A small DICOM server for the transport tests: takes every abstract syntax, keeps what it is sent in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lumenarc.errors import OutOfResources
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.items import UserInformation
from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN, Context
from lumenarc.protocol.ul.pdu import AssociateRj
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Admitted, Caller, Response, StoreSink
from lumenarc.transport.server import Server, ServerOptions

TITLE = "ARC"


class TakeAll:
    """Accepts the first transfer syntax of everything, and every role."""

    def transfer_syntax(self, abstract_syntax: str, offered: tuple[str, ...], scp_only: bool) -> str | None:
        return offered[0] if offered else ""

    def roles(self, abstract_syntax: str, scu: bool, scp: bool) -> tuple[bool, bool]:
        return scu, scp

    def extended(self, abstract_syntax: str, information: bytes) -> bytes | None:
        return information


class Kept(StoreSink):
    """Keeps the bytes of an instance."""

    def __init__(self, recorder: Recorder, context: Context, rq: Command) -> None:
        self.recorder, self.context, self.rq = recorder, context, rq
        self.data = bytearray()

    def write(self, data: memoryview) -> None:
        self.data += data
        if self.recorder.fail_after is not None and len(self.data) > self.recorder.fail_after:
            raise OutOfResources("The disk is full.")

    def finish(self) -> Response:
        self.recorder.stored.append((self.rq.sop_instance_uid, self.context.transfer_syntax, bytes(self.data)))
        return self.recorder.outcome(self.rq)

    def abort(self) -> None:
        self.recorder.n_aborted += 1


@dataclass
class Recorder:
    """The handler: answers echoes, keeps instances, yields what a test prepared."""

    stored: list[tuple[str, str, bytes]] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)
    requests: list[tuple[Command, bytes]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    n_aborted: int = 0
    n_yielded: int = 0
    fail_after: int | None = None
    title: str = TITLE
    # What a store is answered with, after it was kept.
    outcome: Callable[[Command], Response] = lambda rq: Response(0)

    def admit(self, caller: Caller) -> Admitted | AssociateRj:
        self.callers.append(caller)
        if caller.request.called != self.title:
            return CALLED_UNKNOWN
        return Admitted(TakeAll(), UserInformation(131072, "2.25.1", "TEST"))

    def begin_store(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        return Kept(self, context, rq)

    def handle(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        self.requests.append((rq, data_set))
        if rq.field == commands.C_ECHO_RQ:
            yield Response(0)
            return
        for answer in self.answers:
            if assoc.is_cancelled(rq.message_id):
                yield Response(0xFE00)
                return
            self.n_yielded += 1
            yield answer


@contextlib.contextmanager
def serving(recorder: Recorder, options: ServerOptions | None = None) -> Iterator[Server]:
    """Run a server on a free port."""
    server = Server(recorder, options or ServerOptions())
    server.start()
    try:
        yield server
    finally:
        server.stop(0.2)
