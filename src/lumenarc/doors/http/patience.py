"""How long may an HTTP peer take, and how much may it send before it has said what it wants? (RFC 9110 15.5.9)

uvicorn waits for ever for the head of a request, for a body that nobody reads any more, and for a peer that does not
take its answer; it keeps a head or trailer of any length, and any number of silent connections. This ends all that.
"""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lumenarc.config import Settings
from lumenarc.transport.descriptors import max_waiting

log = logging.getLogger(__name__)
MAX_HEAD_BYTES = 64 << 10
_MAX_PIPELINED = 32
# How long a request that has been answered may go on sending its body.
_REST_S = 10.0


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with an end to waiting; `bounded` sets how long."""

    head_s = 30.0
    send_s = 60.0
    # Connections that wait for the head of a request, the oldest first.
    waiting: ClassVar[dict[PatientProtocol, None]]
    _head_timer: asyncio.TimerHandle | None = None
    _rest_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None
    _in_body = False
    _n_head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        if len(self.waiting) >= max_waiting():
            next(iter(self.waiting))._too_late("made room for others")
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._cancel_head_timer()
        for timer in (self._rest_timer, self._send_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what is neither body nor a whole head: heads and trailers without end would be kept."""
        if not self._in_body and self._head_timer is None:
            self._wait_for_head()
        self._n_head_bytes += len(data)
        super().data_received(data)
        if self._n_head_bytes > MAX_HEAD_BYTES:
            self._too_late("a head without end")

    def on_headers_complete(self) -> None:
        """The head is there in time."""
        self._cancel_head_timer()
        self._in_body = True
        self._n_head_bytes = 0
        super().on_headers_complete()
        if len(self.pipeline) > _MAX_PIPELINED:
            self._too_late("too many requests at once")

    def on_body(self, body: bytes) -> None:
        """The body is bounded elsewhere."""
        self._n_head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there; the next one may come."""
        self._in_body = False
        self._n_head_bytes = 0
        if self._rest_timer is not None:
            self._rest_timer.cancel()
            self._rest_timer = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Do not listen long to the rest of a body that was refused."""
        if self._in_body and self._rest_timer is None:
            self._rest_timer = self.loop.call_later(_REST_S, self._too_late, "a refused body went on")
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The peer does not take its answer as fast as it is made; begin to wait."""
        super().pause_writing()
        if self._send_timer is None:
            self._send_timer = self.loop.call_later(self.send_s, self._too_late, "the answer was not taken in time")

    def resume_writing(self) -> None:
        """The peer takes bytes again."""
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None
        super().resume_writing()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_s, self._too_late, "no request in time")
        self.waiting[self] = None

    def _cancel_head_timer(self) -> None:
        self.waiting.pop(self, None)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self, why: str) -> None:
        """Cut the connection: closing would wait until the peer has taken what is buffered."""
        if not self.transport.is_closing():
            log.warning("connection from %s: %s", (self.client or ("?",))[0], why)
        self._cancel_head_timer()
        self.transport.abort()


def bounded(settings: Settings) -> type[asyncio.Protocol]:
    """Return the protocol with the time-outs of the settings."""
    limits = {"head_s": settings.artim_timeout_s, "send_s": settings.send_timeout_s, "waiting": {}}
    return cast(type[asyncio.Protocol], type("BoundedProtocol", (PatientProtocol,), limits))
