"""How does a body get from the socket to a thread that stores it? In pieces, one at a time, with a time limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from starlette.requests import Request

from lumenarc.doors.http.context import Context
from lumenarc.errors import BadRequest, TooLarge, UnsupportedMedia

T = TypeVar("T")
_GATHER_BYTES = 256 << 10
_LEAST_BYTES_PER_S = 64 << 10


async def consume(context: Context, request: Request, function: Callable[[Iterator[bytes]], T]) -> T:
    """Run a blocking reader of the body in a thread; it starts when the first bytes are there.

    A sender that falls silent, is slower than 64 KiB/s for longer than a message may take, or sends more than allowed,
    ends the reader with BadRequest or TooLarge. Raises UnsupportedMedia for a packed body.
    """
    settings = context.archive.settings
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedMedia("A body with Content-Encoding is not taken.")
    source = request.stream()
    n_bytes, waited_s = 0, 0.0

    async def more() -> bytes:
        nonlocal n_bytes, waited_s
        held = bytearray()
        while len(held) < _GATHER_BYTES:
            began = anyio.current_time()
            chunk = await _next(source, settings.idle_timeout_s)
            waited_s += anyio.current_time() - began
            if not chunk:
                break
            held += chunk
            if waited_s > settings.dimse_timeout_s + (n_bytes + len(held)) / _LEAST_BYTES_PER_S:
                raise BadRequest("The body arrives too slowly.")
        n_bytes += len(held)
        context.info.meter.count("received_bytes", len(held), door="http")
        if n_bytes > settings.max_request_bytes:
            raise TooLarge("The request is larger than allowed.")
        return bytes(held)

    first = await more()

    def chunks() -> Iterator[bytes]:
        chunk = first
        while chunk:
            yield chunk
            chunk = anyio.from_thread.run(more)

    return await anyio.to_thread.run_sync(lambda: function(chunks()), limiter=context.uploads)


async def _next(source: AsyncIterator[bytes], timeout_s: float) -> bytes:
    try:
        with anyio.fail_after(timeout_s):
            async for chunk in source:
                if chunk:
                    return chunk
    except TimeoutError:
        raise BadRequest("The body stopped arriving.") from None
    return b""
