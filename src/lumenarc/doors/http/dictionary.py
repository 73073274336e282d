"""What are attributes called? The names of PS3.6, for header views in the browser."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from lumenarc import __version__
from lumenarc.access import Action
from lumenarc.dicom.dictionary import DicomDictionary, RepeatersDictionary
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import json_bytes


@cache
def _document() -> tuple[bytes, str]:
    names = {f"{tag:08X}": entry[2] for tag, entry in DicomDictionary.items() if entry[2]}
    names |= {pattern: entry[2] for pattern, entry in RepeatersDictionary.items()}
    body = json.dumps(names, ensure_ascii=False, separators=(",", ":")).encode()
    return body, f'"{__version__}-{hashlib.sha256(body).hexdigest()[:12]}"'


async def _dictionary(context: Context, request: Request) -> Response:
    body, etag = await context.run(_document)
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    answer = json_bytes(request, body)
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


ENDPOINTS = (
    Endpoint("GET", "/api/dictionary", _dictionary, "Names of attributes by tag (PS3.6 6).", "", needs=Action.VIEW),
)
