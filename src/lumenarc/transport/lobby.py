"""Where connections wait for their A-ASSOCIATE-RQ: one thread, one selector, ARTIM for each (PS3.8 9.1.5)."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import ssl
import time
from collections.abc import Callable

from lumenarc.protocol.ul.connection import Aborted, Connection
from lumenarc.protocol.ul.pdu import AssociateRj, AssociateRq
from lumenarc.transport.board import Seat
from lumenarc.transport.descriptors import max_waiting
from lumenarc.transport.wire import tune

log = logging.getLogger(__name__)
_MAX_TOTAL_BYTES = 64 << 20
_FAREWELL_S = 2.0
_SWEEP_S = 0.5
_YIELD_S = 0.01


class Visitor:
    """A connection without an association yet."""

    __slots__ = ("connection", "deadline", "handshaking", "host", "is_leaving", "n_bytes", "socket")

    def __init__(self, connected: socket.socket, host: str, connection: Connection, deadline: float) -> None:
        self.socket, self.host, self.connection, self.deadline = connected, host, connection, deadline
        self.n_bytes = 0
        self.is_leaving = False
        self.handshaking = isinstance(connected, ssl.SSLSocket)


class Lobby:
    """Accepts connections and hands them over once they have asked for an association."""

    def __init__(
        self,
        listener: socket.socket,
        tls: ssl.SSLContext | None,
        max_pdu_bytes: int,
        artim_s: float,
        arrived: Callable[[Visitor, AssociateRq], AssociateRj | None],
        seat: Seat,
    ) -> None:
        self._seat = seat
        self.swept: Callable[[], None] | None = None
        """Called twice a second while other processes serve the port too."""
        self._listener, self._tls, self._arrived = listener, tls, arrived
        self._max_pdu_bytes, self._artim_s = max_pdu_bytes, artim_s
        self._selector = selectors.DefaultSelector()
        self._visitors: dict[int, Visitor] = {}
        self._n_bytes = 0
        self._wake_reader, self._wake_writer = os.pipe()
        self._stopped = False
        self._swept_at = 0.0

    def stop(self) -> None:
        """Ask the thread to end; from any thread, and more than once."""
        if not self._stopped:
            self._stopped = True
            os.write(self._wake_writer, b"x")

    def run(self) -> None:
        """Serve until `stop`."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)
        try:
            while not self._stopped:
                for key, _mask in self._selector.select(_SWEEP_S):
                    if isinstance(key.data, Visitor):
                        self._serve_safely(key.data)
                    elif key.fileobj is self._listener:
                        self._accept()
                self._sweep()
        finally:
            for visitor in list(self._visitors.values()):
                self._close(visitor)
            self._selector.close()
            os.close(self._wake_reader)
            os.close(self._wake_writer)

    def _accept(self) -> None:
        if not self._seat.is_alone and self._seat.should_yield():
            time.sleep(_YIELD_S)  # every process was woken: one with fewer connections takes it meanwhile
        for _turn in range(64 if self._seat.is_alone else 1):
            try:
                connected, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                # Out of file descriptors: the oldest visitor makes room, and the loop does not spin.
                log.warning("connection not accepted: %s", error.strerror)
                self._evict()
                return
            if len(self._visitors) >= max_waiting():
                self._evict()
            try:
                tune(connected)
                connected.setblocking(False)
                if self._tls is not None:
                    connected = self._tls.wrap_socket(connected, server_side=True, do_handshake_on_connect=False)
                self._welcome(connected, str(address[0]))
            except OSError:
                connected.close()

    def _welcome(self, connected: socket.socket, host: str) -> None:
        connection = Connection(is_requestor=False, max_pdu_bytes=self._max_pdu_bytes)
        connection.connected()
        visitor = Visitor(connected, host, connection, time.monotonic() + self._artim_s)
        self._visitors[connected.fileno()] = visitor
        self._selector.register(connected, selectors.EVENT_READ, visitor)
        self._seat.set_waiting(len(self._visitors))

    def _evict(self) -> None:
        oldest = next(iter(self._visitors.values()), None)
        if oldest is None:
            time.sleep(0.05)
        else:
            self._close(oldest)

    def _sweep(self) -> None:
        now = time.monotonic()
        if self.swept and not self._seat.is_alone and now >= self._swept_at + _SWEEP_S:
            self._swept_at = now
            self.swept()
        for visitor in [visitor for visitor in self._visitors.values() if visitor.deadline < now]:
            if not visitor.is_leaving:
                log.warning("connection from %s: no association in time", visitor.host)
            self._close(visitor)

    def _leave(self, visitor: Visitor) -> None:
        """Take a visitor out of the lobby without closing the socket."""
        fileno = visitor.socket.fileno()
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(visitor.socket)
        self._visitors.pop(fileno, None)
        self._seat.set_waiting(len(self._visitors))
        self._n_bytes -= visitor.n_bytes
        visitor.n_bytes = 0

    def _close(self, visitor: Visitor) -> None:
        self._leave(visitor)
        visitor.socket.close()

    def _serve_safely(self, visitor: Visitor) -> None:
        try:
            self._serve(visitor)
        except Exception:
            log.exception("connection from %s broke", visitor.host)
            self._close(visitor)

    def _serve(self, visitor: Visitor) -> None:
        """Receive what is there; TLS may hold decrypted bytes back that no selector knows of."""
        self._receive(visitor)
        held = visitor.socket
        while isinstance(held, ssl.SSLSocket) and self._visitors.get(held.fileno()) is visitor and held.pending():
            self._receive(visitor)

    def _receive(self, visitor: Visitor) -> None:
        try:
            if visitor.handshaking and not self._shake_hands(visitor):
                return
            n_bytes = visitor.socket.recv_into(visitor.connection.writable())
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self._close(visitor)
            return
        if not n_bytes:
            self._close(visitor)
            return
        visitor.n_bytes += n_bytes
        self._n_bytes += n_bytes
        visitor.connection.received(n_bytes)
        event = visitor.connection.next_event()
        if isinstance(event, AssociateRq):
            self._hand_over(visitor, event)
        elif isinstance(event, Aborted) and not visitor.is_leaving:
            log.warning("connection from %s: %s", visitor.host, event.text)
            self._say_farewell(visitor)
        elif event is not None or self._n_bytes > _MAX_TOTAL_BYTES or visitor.connection.should_close:
            self._close(visitor)

    def _shake_hands(self, visitor: Visitor) -> bool:
        assert isinstance(visitor.socket, ssl.SSLSocket)
        try:
            visitor.socket.do_handshake()
        except ssl.SSLWantWriteError:
            self._selector.modify(visitor.socket, selectors.EVENT_WRITE, visitor)
            return False
        except ssl.SSLError as error:
            log.warning("connection from %s: TLS failed: %s", visitor.host, error.reason)
            raise
        self._selector.modify(visitor.socket, selectors.EVENT_READ, visitor)
        visitor.handshaking = False
        return True

    def _hand_over(self, visitor: Visitor, request: AssociateRq) -> None:
        self._leave(visitor)
        refusal = self._arrived(visitor, request)
        if refusal is None:
            return
        visitor.connection.reject(refusal)
        self._visitors[visitor.socket.fileno()] = visitor
        self._selector.register(visitor.socket, selectors.EVENT_READ, visitor)
        self._say_farewell(visitor)

    def _say_farewell(self, visitor: Visitor) -> None:
        """Send the rejection or abort and leave the peer a moment to close (Sta13)."""
        visitor.is_leaving = True
        visitor.deadline = time.monotonic() + _FAREWELL_S
        try:
            visitor.socket.send(visitor.connection.take_outgoing())
        except OSError:
            self._close(visitor)
