"""How an association is opened from our side: connect, TLS, A-ASSOCIATE, the answer (PS3.8 7.1)."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

from lumenarc.errors import PeerFailed
from lumenarc.protocol.ul.connection import Aborted, Connection
from lumenarc.protocol.ul.negotiation import agreed, describe_rejection
from lumenarc.protocol.ul.pdu import AssociateAc, AssociateRj, AssociateRq
from lumenarc.transport.association import Association, Partners
from lumenarc.transport.wire import Timeouts, Wire, tune


class NoConnection(PeerFailed):
    """Nobody answers at this address, or TLS was not agreed."""


class Rejected(PeerFailed):
    """The peer refused the association; `pdu` says why (PS3.8 9.3.4)."""

    def __init__(self, pdu: AssociateRj) -> None:
        super().__init__(f"The association was {describe_rejection(pdu)}.")
        self.pdu = pdu


def connect(
    host: str, port: int, request: AssociateRq, timeouts: Timeouts, tls: ssl.SSLContext | None = None
) -> Association:
    """Open an association; its contexts are those that the peer accepted.

    Raises NoConnection, Rejected, and PeerFailed when the peer aborts, is silent or says something else.
    """
    connected = dial(host, port, timeouts.connect_s, tls)
    try:
        return _associate(connected, host, request, timeouts)
    except BaseException:
        with contextlib.suppress(OSError):
            connected.close()
        raise


def dial(host: str, port: int, connect_s: float, tls: ssl.SSLContext | None, local_host: str = "") -> socket.socket:
    """Connect, with TLS if wished; raise NoConnection."""
    try:
        connected = socket.create_connection((host, port), connect_s, (local_host, 0) if local_host else None)
    except OSError as error:
        unknown = "no such host" if isinstance(error, socket.gaierror) else error.strerror
        reason = "no answer in time" if isinstance(error, TimeoutError) else unknown
        raise NoConnection(f"No connection to {host} port {port}: {reason}.") from error
    tune(connected)
    if tls is None:
        return connected
    try:
        return tls.wrap_socket(connected, server_hostname=host)
    except (OSError, ValueError) as error:
        connected.close()
        reason = getattr(error, "reason", "") or getattr(error, "verify_message", "") or "no handshake"
        raise NoConnection(f"No TLS connection to {host} port {port}: {reason}.") from error


def _associate(connected: socket.socket, host: str, request: AssociateRq, timeouts: Timeouts) -> Association:
    connection = Connection(is_requestor=True, max_pdu_bytes=request.user.max_length)
    connection.connecting(request)
    connection.connected()
    wire = Wire(connected, timeouts)
    wire.send([connection.take_outgoing()])
    answer = _answer(connection, wire, timeouts.artim_s)
    invoked, performed = answer.user.async_window or (1, 1)
    asked = request.user.async_window or (1, 1)
    partners = Partners(
        request.calling,
        request.called,
        host,
        agreed(request, answer),
        async_invoked=_smaller(asked[0], invoked),
        async_performed=_smaller(asked[1], performed),
        extended=answer.user.extended,
        implementation_version=answer.user.implementation_version,
        results=answer.contexts,
        identity_response=answer.user.identity_response,
    )
    return Association(connection, wire, partners, timeouts)


def _answer(connection: Connection, wire: Wire, artim_s: float) -> AssociateAc:
    """Wait for the A-ASSOCIATE-AC, as long as ARTIM allows, however slowly bytes trickle in."""
    deadline = time.monotonic() + artim_s
    while (event := connection.next_event()) is None:
        left_s = deadline - time.monotonic()
        try:
            if left_s <= 0:
                raise TimeoutError
            wire.set_timeout(left_s)
            connection.received(wire.receive(connection.writable()))
        except TimeoutError as error:
            raise PeerFailed("The peer did not answer the request for an association in time.") from error
    if isinstance(event, AssociateAc):
        return event
    outgoing = connection.take_outgoing()
    if outgoing:
        with contextlib.suppress(PeerFailed):
            wire.send([outgoing])
    if isinstance(event, AssociateRj):
        raise Rejected(event)
    raise PeerFailed(event.text if isinstance(event, Aborted) else "The peer closed the connection.")


def _smaller(asked: int, granted: int) -> int:
    """Return the smaller of two windows, in which 0 means without limit (PS3.7 D.3.3.3)."""
    return min(asked, granted) if asked and granted else asked or granted
