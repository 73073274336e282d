"""How answers leave: JSON, streams read ahead of the socket, and one mapping from errors to statuses."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lumenarc.doors.http.context import Context
from lumenarc.errors import LumenarcError

DICOM_JSON = "application/dicom+json"
_GATHER_BYTES = 1 << 20
_GZIP_FROM_BYTES = 1 << 10
log = structlog.get_logger("http")


def json_response(request: Request, value: Any, media_type: str = "application/json", status: int = 200) -> Response:
    """Answer JSON, compressed when the caller takes it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return json_bytes(request, body, media_type, status)


def json_bytes(request: Request, body: bytes, media_type: str = "application/json", status: int = 200) -> Response:
    """Answer JSON that is bytes already."""
    headers = {"Vary": "Accept, Accept-Encoding"}
    if len(body) >= _GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type)


def error_response(error: LumenarcError, request_id: str) -> Response:
    """Map an error to its status: the one place where that is done."""
    body = json.dumps({"error": str(error) or "The request failed.", "request_id": request_id}).encode()
    headers = {"Retry-After": "5"} if error.http_status in (503, 507) else {}
    return Response(body, error.http_status, headers, "application/json")


def _gathered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Join small chunks, so that few hops between threads are needed."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _GATHER_BYTES:
            yield held[0] if len(held) == 1 else b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def stream(
    context: Context,
    chunks: Iterator[bytes],
    media_type: str,
    *,
    status: int = 200,
    length: int | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer a stream made in threads; what fails before its first chunk still becomes a proper error.

    What fails later breaks the connection off, so that no client takes a part for the whole.
    """
    source = _gathered(chunks)
    first = await context.run(next, source, None)

    async def body() -> AsyncIterator[bytes]:
        chunk = first
        try:
            while chunk is not None:
                yield chunk
                chunk = await context.run(next, source, None)
        finally:
            source.close()  # type: ignore[attr-defined]  # a generator, typed by what it yields

    more = dict(headers or {})
    if length is not None:
        more["Content-Length"] = str(length)
    return StreamingResponse(body(), status, more, media_type)
