"""How do the messages of framed streams reach those who take them? A thread for each connection, within limits.

HL7 over MLLP and syslog over TCP and TLS are such streams. Senders keep a connection open for days, and those of HL7
wait for each acknowledgement before the next message, so connections are few. A message must be whole within a time
after its first byte, whatever trickles in; bytes that are no frame end the connection, for nobody knows where the next
message would begin.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from lumenarc.protocol import syslog
from lumenarc.protocol.framing import BadFrame, Framed
from lumenarc.protocol.hl7 import mllp

log = logging.getLogger(__name__)
_RECEIVE_BYTES = 64 << 10
Answer = Callable[[bytes, str], bytes]
"""Takes a message and the address of its sender, returns what to send back; raises BadFrame for no message at all."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What is spoken: its name in logs, what takes the bytes apart within a length, how an answer is framed."""

    name: str
    unframer: Callable[[int], Framed]
    frame: Callable[[bytes], bytes]


MLLP = Framing("HL7", mllp.Unframer, mllp.frame)
SYSLOG = Framing("syslog", syslog.Unframer, syslog.frame)


@dataclass(frozen=True, slots=True)
class FramedOptions:
    """What is allowed: connections at once, bytes of a message, seconds of silence, of one message, of not reading."""

    max_connections: int = 32
    max_message_bytes: int = mllp.MAX_MESSAGE_BYTES
    idle_s: float = 3600.0
    message_s: float = 300.0
    send_s: float = 60.0
    tls: ssl.SSLContext | None = None


class FramedServer:
    """Serves one listening socket, which several processes may share."""

    def __init__(self, listener: socket.socket, framing: Framing, answer: Answer, options: FramedOptions) -> None:
        self._listener, self._framing, self._answer, self._options = listener, framing, answer, options
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._stopping = threading.Event()
        self._wake_reader, self._wake_writer = os.pipe()
        self._acceptor = threading.Thread(target=self._accept, name=self._framing.name, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Begin to accept."""
        self._listener.setblocking(False)
        self._acceptor.start()

    def stop(self, drain_s: float = 10.0) -> None:
        """Accept nothing more, let messages under way be answered, then close everything."""
        self._stopping.set()
        os.write(self._wake_writer, b"x")
        self._acceptor.join()
        with self._lock:
            open_ones = dict(self._open)
        for connected in open_ones:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RD)
        deadline = time.monotonic() + drain_s
        for connected, thread in open_ones.items():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                with contextlib.suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)
        for descriptor in (self._wake_reader, self._wake_writer):
            os.close(descriptor)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_reader, selectors.EVENT_READ)
            while not self._stopping.is_set():
                selector.select()
                if self._stopping.is_set():
                    return
                try:
                    connected, address = self._listener.accept()
                except BlockingIOError:
                    continue  # another process was faster
                except OSError:
                    time.sleep(0.1)  # no descriptor is left
                    continue
                self._welcome(connected, str(address[0]))

    def _welcome(self, connected: socket.socket, host: str) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        thread = threading.Thread(
            target=self._run, args=(connected, host), name=f"{self._framing.name} {host}", daemon=True
        )
        with self._lock:
            is_full = len(self._open) >= self._options.max_connections
            if not is_full:
                self._open[connected] = thread
        if is_full:
            log.warning("too many %s connections, one from %s is closed", self._framing.name, host)
            connected.close()
            return
        thread.start()

    def _run(self, connected: socket.socket, host: str) -> None:
        wire = connected
        try:
            if self._options.tls is not None:
                connected.settimeout(self._options.message_s)
                wire = self._options.tls.wrap_socket(connected, server_side=True)
                with self._lock:  # the plain socket is an empty shell now: it is this one that can be shut down
                    self._open[wire] = self._open.pop(connected)
            self._serve(wire, host)
        except BadFrame as error:
            log.warning("%s connection from %s: %s", self._framing.name, host, error)
        except OSError as error:
            reason = "silence" if isinstance(error, TimeoutError) else error
            log.info("%s connection from %s ended: %s", self._framing.name, host, reason)
        finally:
            with self._lock:
                self._open.pop(wire, None)
            wire.close()

    def _serve(self, wire: socket.socket, host: str) -> None:
        unframer = self._framing.unframer(self._options.max_message_bytes)
        began = 0.0
        while not self._stopping.is_set():
            left_s = self._options.idle_s
            if unframer.is_inside:
                left_s = began + self._options.message_s - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError
            wire.settimeout(left_s)
            data = wire.recv(_RECEIVE_BYTES)
            if not unframer.is_inside:
                began = time.monotonic()
            for message in unframer.feed(data) if data else unframer.end():
                answer = self._answer(message, host)
                if answer:
                    wire.settimeout(self._options.send_s)
                    wire.sendall(self._framing.frame(answer))
                began = time.monotonic()
            if not data:
                return
