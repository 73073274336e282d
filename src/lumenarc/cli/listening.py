"""How does a tool serve DIMSE until it is told to stop? One handler for all, made of the services that it is given."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from lumenarc.cli.frame import Report, stop_by_signal
from lumenarc.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from lumenarc.dicom.sop_classes import is_storage, may_be_storage
from lumenarc.dicom.transfer_syntaxes import KEPT_UIDS
from lumenarc.errors import BadRequest, NotPermitted, UnsupportedSopClass
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.items import UserInformation
from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN, CALLING_UNKNOWN, Context
from lumenarc.protocol.ul.pdu import AssociateRj
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Admitted, BeginStore, Caller, Handler, Response, StoreSink
from lumenarc.transport.server import Server, ServerOptions

VERIFICATION = "1.2.840.10008.1.1"
_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
Handle = Callable[[Association, Context, Command, bytes], Iterator[Response]]
"""Answers the requests of one service class."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a tool takes: storage, its services by SOP class, and C-ECHO."""

    services: frozenset[str]
    stores: bool
    unknown_too: bool
    gives_any_role: bool

    def transfer_syntax(self, abstract_syntax: str, offered: tuple[str, ...], scp_only: bool) -> str | None:
        """Return the first choice that is taken, "" for none, None for a service that is not."""
        del scp_only
        if abstract_syntax == VERIFICATION or abstract_syntax in self.services:
            return next((uid for uid in _PLAIN if uid in offered), "")
        if not self.stores or not (
            is_storage(abstract_syntax) or (self.unknown_too and may_be_storage(abstract_syntax))
        ):
            return None
        return next((uid for uid in offered if uid in KEPT_UIDS), "")

    def roles(self, abstract_syntax: str, scu: bool, scp: bool) -> tuple[bool, bool]:
        """Let the requestor be SCP where the tool stores to it (C-GET) or reports to it."""
        return scu, scp and (self.gives_any_role or abstract_syntax in self.services)

    def extended(self, abstract_syntax: str, information: bytes) -> bytes | None:
        """Agree to what a query service is asked for (PS3.4 C.5.1.1)."""
        return information[:4] if abstract_syntax in self.services else None


class Listener:
    """The handler of a tool's server."""

    def __init__(
        self, title: str, accepted: Iterable[str], *, unknown_too: bool = False, begin: BeginStore | None = None
    ) -> None:
        """Answer to `title` ("" = any) and to the accepted callers (none = any); `begin` takes instances."""
        self.title, self.accepted, self.begin = title, frozenset(accepted), begin
        self.services: dict[str, Handle] = {}
        self.unknown_too, self.gives_any_role = unknown_too, False
        self.delay_s = 0.0

    def admit(self, caller: Caller) -> Admitted | AssociateRj:
        """Decide about a caller."""
        if self.title and caller.request.called != self.title:
            return CALLED_UNKNOWN
        if self.accepted and caller.request.calling not in self.accepted:
            return CALLING_UNKNOWN
        offer = Offer(frozenset(self.services), self.begin is not None, self.unknown_too, self.gives_any_role)
        ours = UserInformation(131_072, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME)
        return Admitted(offer, ours)

    def begin_store(self, assoc: Association, context: Context, rq: Command) -> StoreSink:
        """Begin to receive an instance."""
        if self.begin is None or context.abstract_syntax in self.services:
            raise UnsupportedSopClass("Instances are not stored here.")
        sink = self.begin(assoc, context, rq)
        return _Slow(sink, self.delay_s) if self.delay_s else sink

    def handle(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer C-ECHO, and the tool's services."""
        if rq.field == commands.C_ECHO_RQ:
            return iter((Response(status.SUCCESS),))
        service = self.services.get(context.abstract_syntax)
        if service is None:
            raise NotPermitted("This is not done here.")
        time.sleep(self.delay_s)
        return service(assoc, context, rq, data_set)

    def serve(self, options: ServerOptions, report: Report) -> int:
        """Listen until SIGTERM or SIGINT."""
        return serve_until_stopped(self, options, report)


def serve_until_stopped(handler: Handler, options: ServerOptions, report: Report) -> int:
    """Listen until SIGTERM or SIGINT; say `ready` with the port when callers can come."""
    options = replace(options, max_associations_per_ip=options.max_associations)
    try:
        server = Server(handler, options)
    except OSError as error:
        raise BadRequest(f"Port {options.port} cannot be listened on: {error.strerror}.") from error
    stop = stop_by_signal()
    server.start()
    report.result(f"ready dicom={options.host}:{server.port}", {"ready": True, "port": server.port})
    sys.stdout.flush()
    stop.wait()
    server.stop()
    return report.exit_code


class _Slow:
    """A sink that takes its time to answer."""

    def __init__(self, sink: StoreSink, delay_s: float) -> None:
        self.write, self.abort = sink.write, sink.abort
        self._sink, self._delay_s = sink, delay_s

    def finish(self) -> Response:
        """Answer, later."""
        time.sleep(self._delay_s)
        return self._sink.finish()


def status_of(text: str) -> int:
    """Read a DIMSE status in hexadecimal, "A700" or "A700H" or "0xA700".

    Raises:
        BadRequest: it is none.
    """
    try:
        found = int(text.removesuffix("H"), 16)
    except ValueError:
        found = -1
    if not 0 <= found <= 0xFFFF:
        raise BadRequest(f"{text!r} is no status; write it in hexadecimal, like A700.")
    return found
