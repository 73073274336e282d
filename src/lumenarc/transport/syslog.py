"""How do syslog messages go over UDP, TCP and TLS? (RFC 5426, RFC 6587, RFC 5425)

Nothing is acknowledged: over TCP a message counts as delivered when it has left and the peer has not reset the
connection by its end; over UDP when it has left.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

from lumenarc.errors import PeerFailed
from lumenarc.protocol import syslog
from lumenarc.transport.connect import NoConnection, dial

Take = Callable[[bytes, str], object]
"""Takes a message and the address of its sender."""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where audit messages go."""

    host: str
    port: int
    udp: bool = False
    tls: ssl.SSLContext | None = None
    local_host: str = ""
    connect_s: float = 10.0
    send_s: float = 60.0


class Sender:
    """Sends messages to one repository; the connection is made when it is needed."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._socket: socket.socket | None = None

    def send(self, message: bytes) -> None:
        """Send a message; raise NoConnection, PeerFailed, and ValueError for one that no datagram can hold."""
        if self._repository.udp:
            self._send_datagram(message)
            return
        connected = self._connected()
        try:
            connected.sendall(syslog.frame(message))
        except OSError as error:
            self._drop()
            raise PeerFailed("The connection broke while a message was sent.") from error

    def close(self) -> None:
        """Let the peer take everything, then close; raise PeerFailed when it reset the connection instead."""
        connected, self._socket = self._socket, None
        if connected is None:
            return
        try:
            if isinstance(connected, ssl.SSLSocket):
                with contextlib.suppress(TimeoutError, ssl.SSLError):  # not everybody answers a close notification
                    connected.unwrap()
            elif not self._repository.udp:
                connected.shutdown(socket.SHUT_WR)
                with contextlib.suppress(TimeoutError):
                    connected.recv(1)
        except ConnectionError as error:
            raise PeerFailed("The peer reset the connection; it may not have taken all messages.") from error
        except OSError:
            pass
        finally:
            connected.close()

    def _connected(self) -> socket.socket:
        to = self._repository
        if self._socket is not None and self._is_closed_by_peer(self._socket):
            self._drop()
        if self._socket is None:
            self._socket = dial(to.host, to.port, to.connect_s, to.tls, to.local_host)
            self._socket.settimeout(to.send_s)
        return self._socket

    @staticmethod
    def _is_closed_by_peer(connected: socket.socket) -> bool:
        """Return whether the peer has ended the connection, without waiting."""
        timeout_s = connected.gettimeout()
        connected.setblocking(False)
        try:
            return not connected.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError):  # silence, or only TLS 1.3's tickets for later sessions
            return False
        except OSError:
            return True
        finally:
            connected.settimeout(timeout_s)

    def _send_datagram(self, message: bytes) -> None:
        to = self._repository
        if len(message) > syslog.MAX_DATAGRAM_BYTES:
            raise ValueError(f"{len(message)} bytes do not fit into a datagram")
        try:
            if self._socket is None:
                family, _, _, _, address = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_DGRAM)[0]
                self._socket = socket.socket(family, socket.SOCK_DGRAM)
                if to.local_host:
                    self._socket.bind((to.local_host, 0))
                self._socket.connect(address)
            self._socket.send(message)
        except OSError as error:
            self._drop()
            raise NoConnection(f"Nothing can be sent to {to.host} port {to.port}: {error.strerror}.") from error

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


class DatagramServer:
    """Hands on the messages that come in datagrams, each one message (RFC 5426 3.1)."""

    def __init__(self, listener: socket.socket, take: Take) -> None:
        self._listener, self._take = listener, take
        self._thread = threading.Thread(target=self._receive, name="syslog", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self) -> None:
        """Hand on what has come, and end."""
        self._stopping.set()
        self._listener.setblocking(False)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RD)  # wakes the thread, although nothing is connected
        self._thread.join()

    def _receive(self) -> None:
        while True:
            try:
                message, address = self._listener.recvfrom(65_536)
            except OSError:
                if self._stopping.is_set():
                    return
                continue
            if message:
                self._take(message, str(address[0]))
            elif self._stopping.is_set():
                return
