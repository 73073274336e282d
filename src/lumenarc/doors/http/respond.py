"""How do answers leave? JSON, streams read ahead of the socket, parts of files, one mapping of errors (RFC 9110)."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lumenarc.doors.http.context import Context
from lumenarc.errors import LumenarcError
from lumenarc.protocol.web.ranges import Unsatisfiable, byte_range, names

DICOM_JSON = "application/dicom+json"
_GATHER_BYTES = 2 << 20
# From this size on a chunk leaves as it is; smaller ones are joined.
_ALONE_BYTES = 128 << 10
_GZIP_FROM_BYTES = 1 << 10
_GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:$|,)))")
log = structlog.get_logger("http")


def json_response(request: Request, value: Any, media_type: str = "application/json", status: int = 200) -> Response:
    """Answer JSON, compressed when the caller takes it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return json_bytes(request, body, media_type, status)


def json_bytes(request: Request, body: bytes, media_type: str = "application/json", status: int = 200) -> Response:
    """Answer JSON that is bytes already."""
    headers = {"Vary": "Accept, Accept-Encoding"}
    if len(body) >= _GZIP_FROM_BYTES and _takes_gzip(request):
        body = gzip.compress(body, 1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type)


def packed_json(request: Request, packed: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """Answer JSON that is packed already, as it is where the caller takes that."""
    headers = headers | {"Vary": "Accept, Accept-Encoding"}
    if _takes_gzip(request):
        return Response(packed, 200, headers | {"Content-Encoding": "gzip"}, media_type)
    return Response(gzip.decompress(packed), 200, headers, media_type)


def _takes_gzip(request: Request) -> bool:
    return bool(_GZIP.search(request.headers.get("accept-encoding", "")))


def error_response(error: LumenarcError, request_id: str) -> Response:
    """Map an error to its status: the one place where that is done."""
    said = {"error": str(error) or "The request failed.", "kind": type(error).__name__, "request_id": request_id}
    body = json.dumps(said).encode()
    headers = {"Retry-After": "5"} if error.http_status in (503, 507) else {}
    if error.http_status == 429:
        headers["Retry-After"] = "900"
    return Response(body, error.http_status, headers, "application/json")


def _gathered(chunks: Iterator[bytes]) -> Generator[list[bytes], None, None]:
    """Yield chunks some at a time, so that few hops between threads are needed; small ones are joined."""
    ready: list[bytes] = []
    small: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if len(chunk) < _ALONE_BYTES:
            small.append(chunk)
        else:
            ready += [b"".join(small), chunk] if small else [chunk]
            small = []
        if size >= _GATHER_BYTES:
            yield [*ready, b"".join(small)] if small else ready
            ready, small, size = [], [], 0
    if small:
        ready.append(b"".join(small))
    if ready:
        yield ready


class BrokenOff(Exception):
    """An answer cannot be sent to its end; the connection is closed so that nobody takes a part for the whole."""


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

    The next piece is read while the last one leaves. What fails later breaks the connection off, so that no client
    takes a part for the whole.
    """
    source = _gathered(chunks)
    first = await context.run(next, source, None)

    def ended(last: asyncio.Future[list[bytes] | None]) -> None:
        last.cancelled() or last.exception()
        source.close()

    async def body() -> AsyncIterator[bytes]:
        pieces = first
        while pieces is not None:
            coming = asyncio.ensure_future(context.run(next, source, None))
            try:
                for piece in pieces:
                    yield piece
                pieces = await coming
            except LumenarcError as error:
                log.warning("an answer was broken off", error=str(error))
                raise BrokenOff from error
            except BaseException:
                # The generator may still run in its thread, where it cannot be closed.
                coming.add_done_callback(ended)
                raise

    more = dict(headers or {})
    if length is not None:
        more["Content-Length"] = str(length)
    return StreamingResponse(body(), status, more, media_type)


async def ranged(
    context: Context,
    request: Request,
    read: Callable[[int, int], Iterator[bytes]],
    total: int,
    media_type: str,
    headers: dict[str, str],
) -> Response:
    """Answer the part of `total` bytes that a Range header asks for, or all; `read(first, behind last)` gives it."""
    headers = headers | {"Accept-Ranges": "bytes"}
    wanted = request.headers.get("range", "")
    if request.headers.get("if-range", headers.get("ETag")) != headers.get("ETag"):
        wanted = ""
    try:
        part = byte_range(wanted, total)
    except Unsatisfiable:
        body = json.dumps({"error": "The range begins behind the end."}).encode()
        return Response(body, 416, headers | {"Content-Range": f"bytes */{total}"}, "application/json")
    start, end = part or (0, total)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{total}"
    status = 200 if part is None else 206
    return await stream(context, read(start, end), media_type, status=status, length=end - start, headers=headers)


def unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    """Answer 304 when the caller has this version already (RFC 9110 13.2.2); `headers` hold its ETag and date."""
    given = request.headers.getlist("if-none-match")
    if given:
        same = names(given, headers["ETag"])
    else:
        since = request.headers.get("if-modified-since", "")
        same = bool(since) and _is_since(since, headers.get("Last-Modified", ""))
    return Response(status_code=304, headers=headers) if same else None


def _is_since(since: str, modified: str) -> bool:
    try:
        return parsedate_to_datetime(since) >= parsedate_to_datetime(modified)
    except (ValueError, TypeError):
        return False


def validators(parts: Iterable[bytes], changed_at_ms: int) -> dict[str, str]:
    """Return ETag and Last-Modified of a representation that these parts identify."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(4, "little") + part)
    modified = formatdate(changed_at_ms / 1000, usegmt=True)
    return {"ETag": f'"{digest.hexdigest()}"', "Last-Modified": modified, "Vary": "Accept"}


def multipart_type(inner: str, boundary: str, *, syntax: str = "") -> str:
    """Return the Content-Type of a multipart answer."""
    named = f"; transfer-syntax={syntax}" if syntax else ""
    return f'multipart/related; type="{inner}"{named}; boundary={boundary}'


def warning(request: Request, text: str) -> str:
    """Return a Warning header that says why an answer is not complete (PS3.18 8.4.2, RFC 7234 5.5.7)."""
    return f'299 {request.headers.get("host", "-")} "{text}"'
