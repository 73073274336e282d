"""How does the page hear of changes? Server-sent events, joined to two a second at most (HTML 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.feed import PAUSE_S

_BEATS_UNTIL_SIGN = 30


async def _events(context: Context, _request: Request) -> Response:
    feed, closing = context.feed, context.info.closing

    async def lines() -> AsyncIterator[bytes]:
        await feed.look()
        number, beats = feed.number, 0
        yield b": connected\n\n"
        while not closing.is_set():
            await feed.look()
            messages, number = feed.after(number), feed.number
            for message in messages:
                yield message
            beats = 0 if messages else beats + 1
            if beats >= _BEATS_UNTIL_SIGN:
                beats = 0
                yield b": alive\n\n"
            await anyio.sleep(PAUSE_S)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


ENDPOINTS = (Endpoint("GET", "/api/events", _events, "Changes as server-sent events.", "", needs=Action.VIEW),)
