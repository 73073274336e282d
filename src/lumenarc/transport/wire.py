"""How bytes go over a socket: quick acknowledgements, gathered writes and time-outs that cost no extra call."""

from __future__ import annotations

import ipaddress
import select
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumenarc.errors import PeerFailed
from lumenarc.protocol.dimse.messages import Chunk

if TYPE_CHECKING:  # the tools have no settings, and reading what they are takes longer than most of them run
    from lumenarc.config import Settings

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_MAX_BUFFERS = 256
# Slower than this a peer counts as standing still, in both directions.
LEAST_BYTES_PER_S = 64 << 10
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, the association, between and within messages, to send."""

    connect_s: float = 10.0
    artim_s: float = 30.0
    idle_s: float = 60.0
    dimse_s: float = 300.0
    send_s: float = 60.0

    @classmethod
    def of(cls, settings: Settings) -> Timeouts:
        """Return those of the settings."""
        return cls(
            settings.connect_timeout_s,
            settings.artim_timeout_s,
            settings.idle_timeout_s,
            settings.dimse_timeout_s,
            settings.send_timeout_s,
        )


class Wire:
    """A connected blocking socket."""

    __slots__ = ("_is_plain", "_send_s", "_socket", "_timeout_s")

    def __init__(self, connected: socket.socket, timeouts: Timeouts) -> None:
        self._socket = connected
        self._is_plain = not isinstance(connected, ssl.SSLSocket)
        self._timeout_s = 0.0
        self._send_s = timeouts.send_s
        if self._is_plain:
            connected.setblocking(True)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(timeouts.send_s))
        self.set_timeout(timeouts.idle_s)

    def set_timeout(self, timeout_s: float) -> None:
        """Wait this long for bytes from now on."""
        if timeout_s == self._timeout_s:
            return
        self._timeout_s = timeout_s
        if self._is_plain:
            # The kernel keeps the time: Python's own time-outs cost a poll() before every call.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(timeout_s))
        else:
            self._socket.settimeout(timeout_s)

    def receive(self, room: memoryview) -> int:
        """Receive into `room`; 0 is the end. Raises TimeoutError after a silence."""
        try:
            n_bytes = self._socket.recv_into(room)
        except (BlockingIOError, ssl.SSLWantReadError) as error:
            raise TimeoutError("Nothing came in time.") from error
        except (ConnectionError, ssl.SSLError):
            return 0
        if _QUICKACK is not None and self._is_plain and n_bytes:
            self._quick_ack()
        return n_bytes

    def _quick_ack(self) -> None:
        # Senders that leave Nagle's algorithm on wait for the ACK of each small packet (architecture.md section 3).
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK or 0, 1)
        except OSError:
            return

    def send(self, buffers: list[Chunk]) -> None:
        """Send all buffers; raise PeerFailed when the peer is gone or does not take them."""
        try:
            if not self._is_plain:
                self._socket.sendall(b"".join(buffers))
                return
            for at in range(0, len(buffers), _MAX_BUFFERS):
                self._send_some(buffers[at : at + _MAX_BUFFERS])
        except (BlockingIOError, TimeoutError, ssl.SSLWantWriteError) as error:
            raise PeerFailed("The peer took no bytes in time.") from error
        except OSError as error:
            raise PeerFailed("The peer closed the connection.") from error

    def _send_some(self, buffers: list[Chunk]) -> None:
        sent = self._socket.sendmsg(buffers)
        n_left = sum(map(len, buffers)) - sent
        if not n_left:
            return
        # The kernel's time-out begins anew with each byte that is taken; a peer that takes a few now and then is slow.
        until = time.monotonic() + self._send_s + n_left / LEAST_BYTES_PER_S
        for buffer in buffers:
            rest = memoryview(buffer)[sent:]
            sent = max(0, sent - len(buffer))
            while rest:
                if time.monotonic() > until:
                    raise TimeoutError
                rest = rest[self._socket.send(rest) :]

    def is_readable(self, timeout_s: float = 0.0) -> bool:
        """Return whether receiving would not wait, after waiting `timeout_s` at most."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))

    def shut_down(self) -> None:
        """End both directions, from any thread; a waiting receive returns 0."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self, linger_s: float = 0.0) -> None:
        """Close; first let the peer read what was sent last, for `linger_s` at most."""
        try:
            if linger_s and self._is_plain:
                self._socket.shutdown(socket.SHUT_WR)
                self.set_timeout(linger_s)
                room = bytearray(65536)
                for _attempt in range(64):
                    if not self._socket.recv_into(room):
                        break
        except OSError:
            pass
        self._socket.close()


def _timeval(seconds: float) -> bytes:
    # The kernel takes zero for "without end".
    seconds = max(seconds, 0.001)
    whole = int(seconds)
    return struct.pack("ll", whole, int((seconds - whole) * 1_000_000))


def tune(connected: socket.socket) -> None:
    """Set what every association's socket needs: no delay, keepalive."""
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)


def is_loopback(host: str) -> bool:
    """Return whether an address is of this machine."""
    try:
        return ipaddress.ip_address(host.split("%")[0].removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False
