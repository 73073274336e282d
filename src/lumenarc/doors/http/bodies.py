"""How does a body get from the socket to a thread that stores it? In pieces, one at a time, with a time limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from starlette.requests import Request

from lumenarc.doors.http.context import Context
from lumenarc.errors import BadRequest, TooLarge

T = TypeVar("T")
_GATHER_BYTES = 256 << 10


async def consume(context: Context, request: Request, function: Callable[[Iterator[bytes]], T]) -> T:
    """Run a blocking reader of the body in a thread; it starts when the first bytes are there.

    A sender that falls silent, or sends more than allowed, ends the reader with BadRequest or TooLarge.
    """
    settings = context.archive.settings
    source = request.stream()
    n_bytes = 0

    async def more() -> bytes:
        nonlocal n_bytes
        held = bytearray()
        while len(held) < _GATHER_BYTES:
            chunk = await _next(source, settings.idle_timeout_s)
            if not chunk:
                break
            held += chunk
        n_bytes += len(held)
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
