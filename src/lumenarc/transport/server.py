"""The DICOM listener: cheap sockets until an association is asked for, then a thread each (PS3.8 9.1).

One selector thread holds every connection that has not sent a whole A-ASSOCIATE-RQ, so that half-open sockets take
neither threads nor association slots.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from lumenarc.errors import LumenarcError
from lumenarc.protocol.ul.negotiation import LOCAL_LIMIT_EXCEEDED, TEMPORARY_CONGESTION, Context, answer, misfit
from lumenarc.protocol.ul.pdu import AssociateRj, AssociateRq
from lumenarc.transport.association import MAX_MESSAGE_BYTES, Association, AssociationEnded, Partners
from lumenarc.transport.board import AssociationInfo, Board, Seat
from lumenarc.transport.lobby import Lobby, Visitor
from lumenarc.transport.pump import pump
from lumenarc.transport.requests import Admitted, Caller, Handler
from lumenarc.transport.wire import Timeouts, Wire, is_loopback

log = logging.getLogger(__name__)
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where to listen and what is allowed; `port` 0 picks a free one.

    `data_set_limits` are those of the abstract syntaxes whose data sets may be larger than `max_data_set_bytes`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    max_associations: int = 200
    max_associations_per_ip: int = 50
    max_pdu_bytes: int = 131072
    max_data_set_bytes: int = 16 << 20
    data_set_limits: Mapping[str, int] = field(default_factory=dict)
    max_message_bytes: int = MAX_MESSAGE_BYTES
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class _Open:
    host: str
    since: float
    association: Association | None = None


class Server:
    """Listens, admits, and runs one thread per association."""

    def __init__(
        self, handler: Handler, options: ServerOptions, listener: socket.socket | None = None, seat: Seat | None = None
    ) -> None:
        """Prepare to serve; `listener` and `seat` come from whoever serves one port with several processes."""
        self._handler, self._options = handler, options
        self._lock = threading.Condition()
        self._open: dict[int, _Open] = {}
        self._seat = seat or Board(1, options.max_associations).seat()
        self._stopping = False
        self._listener = listener or _listen(options)
        self._lobby = Lobby(
            self._listener, options.tls, options.max_pdu_bytes, options.timeouts.artim_s, self._arrived, self._seat
        )
        self._lobby.swept = self._tell
        self._thread = threading.Thread(target=self._lobby.run, name="dicom-lobby", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()

    def associations(self) -> list[AssociationInfo]:
        """Return the open associations, also those of other processes that serve the port."""
        self._tell()
        return self._seat.board.entries()

    def _tell(self) -> None:
        """Bring what the board says of our associations up to date, and cut those that others want cut."""
        with self._lock:
            held = [(number, entry, entry.association) for number, entry in self._open.items()]
        for number, entry, assoc in held:
            if assoc is not None:
                names = (assoc.partners.calling, assoc.partners.called, entry.host)
                info = AssociationInfo(number, *names, entry.since, assoc.n_stored, assoc.state)
                if self._seat.tell(info):
                    assoc.shut_down()

    def abort(self, number: int) -> bool:
        """Cut an association, also one of another process; return whether there was one."""
        with self._lock:
            entry = self._open.get(number)
        if entry is None:
            return self._seat.board.ask_to_cut(number)
        if entry.association is None:
            return False
        entry.association.shut_down()
        return True

    def stop(self, drain_s: float = 10.0) -> None:
        """Stop listening, let running messages end for `drain_s`, then cut what is left."""
        self._stopping = True
        self._lobby.stop()
        self._thread.join(5)
        self._listener.close()
        deadline = time.monotonic() + drain_s
        with self._lock:
            while self._open and time.monotonic() < deadline:
                for entry in self._open.values():
                    if entry.association is not None and entry.association.state == "idle":
                        entry.association.shut_down()
                self._lock.wait(0.05)
            for entry in self._open.values():
                if entry.association is not None:
                    entry.association.shut_down()
            self._lock.wait_for(lambda: not self._open, 2)

    def _arrived(self, visitor: Visitor, request: AssociateRq) -> AssociateRj | None:
        """Give a visitor with a whole request a thread, or say why not; runs in the lobby's thread."""
        if (refusal := misfit(request)) is not None:
            return refusal
        with self._lock:
            if self._stopping:
                return TEMPORARY_CONGESTION
            board = self._seat.board
            of_host = 0 if is_loopback(visitor.host) else board.n_of_host(visitor.host)
            too_many_of_host = of_host >= self._options.max_associations_per_ip
            if board.n_open() >= self._options.max_associations or too_many_of_host:
                log.warning("association from %s refused: local limit exceeded", visitor.host)
                return LOCAL_LIMIT_EXCEEDED
            number, since = self._seat.new_id(), time.time()
            self._open[number] = _Open(visitor.host, since)
            self._seat.take(number, visitor.host, since)
        thread = threading.Thread(
            target=self._run, args=(number, visitor, request), name=f"dicom-{number}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            self._forget(number)
            return LOCAL_LIMIT_EXCEEDED
        return None

    def _forget(self, number: int) -> None:
        with self._lock:
            self._open.pop(number, None)
            self._seat.leave(number)
            self._lock.notify_all()

    def _run(self, number: int, visitor: Visitor, request: AssociateRq) -> None:
        """Serve one association from its request to its end."""
        try:
            association = self._establish(number, visitor, request)
            if association is None:
                return
            log.info("association %d from %s at %s", number, request.calling, visitor.host)
            try:
                pump(association, self._handler, self._max_bytes, lambda: self._stopping)
                log.info("association %d ended, %d stored", number, association.n_stored)
            finally:
                association.abort(2, 0)
        except AssociationEnded as error:
            log.warning("association %d from %s at %s: %s", number, request.calling, visitor.host, error)
        except (LumenarcError, OSError) as error:
            log.warning("association %d from %s: %s", number, visitor.host, error)
        finally:
            with contextlib.suppress(OSError):
                visitor.socket.close()
            self._forget(number)

    def _max_bytes(self, context: Context) -> int:
        return self._options.data_set_limits.get(context.abstract_syntax, self._options.max_data_set_bytes)

    def _admit(self, caller: Caller) -> Admitted | AssociateRj:
        """Ask the handler; while it cannot tell, as without its database, the caller may try again."""
        try:
            return self._handler.admit(caller)
        except LumenarcError as error:
            log.warning("association from %s refused: %s", caller.host, error)
        except Exception:
            log.exception("association from %s refused", caller.host)
        return TEMPORARY_CONGESTION

    def _establish(self, number: int, visitor: Visitor, request: AssociateRq) -> Association | None:
        connection, timeouts = visitor.connection, self._options.timeouts
        wire = Wire(visitor.socket, timeouts)
        admitted = self._admit(Caller(request, visitor.host, self._options.tls is not None))
        if isinstance(admitted, AssociateRj):
            connection.reject(admitted)
            wire.send([connection.take_outgoing()])
            wire.close(1.0)
            return None
        reply, contexts = answer(request, admitted.offer, admitted.ours)
        invoked, performed = reply.user.async_window or (1, 1)
        partners = Partners(
            request.calling,
            request.called,
            visitor.host,
            contexts,
            async_invoked=invoked,
            async_performed=performed,
            extended=reply.user.extended,
            implementation_version=request.user.implementation_version,
        )
        connection.accept(reply)
        association = Association(connection, wire, partners, timeouts, self._options.max_message_bytes)
        with self._lock:
            self._open[number].association = association
        wire.send([connection.take_outgoing()])
        return association


def _listen(options: ServerOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((options.host, options.port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
