"""How does the page hear of changes? Server-sent events, joined to two a second at most (HTML 9.2)."""

from __future__ import annotations

import json
import queue
from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.events import StudyChanged

_PAUSE_S = 0.5
_BEATS_UNTIL_SIGN = 30


async def _events(context: Context, _request: Request) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        listener = context.archive.changes.subscribe()
        try:
            yield b": connected\n\n"
            beats = 0
            while True:
                studies: dict[str, None] = {}
                while True:
                    try:
                        event = listener.get_nowait()
                    except queue.Empty:
                        break
                    if isinstance(event, StudyChanged):
                        studies[event.study_uid] = None
                for study_uid in studies:
                    yield f"event: study\ndata: {json.dumps({'study_uid': study_uid})}\n\n".encode()
                beats = 0 if studies else beats + 1
                if beats >= _BEATS_UNTIL_SIGN:
                    beats = 0
                    yield b": alive\n\n"
                await anyio.sleep(_PAUSE_S)
        finally:
            context.archive.changes.unsubscribe(listener)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


ENDPOINTS = (Endpoint("GET", "/api/events", _events, "Changes as server-sent events.", ""),)
