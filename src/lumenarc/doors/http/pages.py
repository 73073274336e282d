"""How is the built page served? Files of one folder, packed ahead, the index for every address of the page."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.gate import COOKIE
from lumenarc.errors import NotFound

_PACKED = (("br", ".br"), ("gzip", ".gz"))
_NO_PAGE = ("api/", "dicom-web", "aets/", "wado")
# The first question of the list (web/src/pages/studies): asked by the browser while it still reads the program.
_FIRST_ROWS = "</dicom-web/studies?limit=100&orderby=-StudyDate%2C-StudyTime>; rel=preload; as=fetch; crossorigin"
# Of files up to this size the answer is one read, without an open file between threads.
_SMALL_BYTES = 256 << 10
_IMMUTABLE = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml"}


async def _page(context: Context, request: Request) -> Response:
    path = request.path_params.get("path", "")
    is_start = not path and not request.url.query
    # Whoever has to sign in first would only ask in vain.
    asks_early = is_start and (COOKIE in request.cookies or not await context.gate.wants_sign_in())
    return await context.run(_answer, context.info.pages, path, request, asks_early)


def _answer(folder: Path, path: str, request: Request, asks_early: bool) -> Response:
    root = folder.resolve()
    wanted = (root / path).resolve() if "\0" not in path else root
    inside = wanted.is_relative_to(root) and wanted.is_file() and wanted.suffix not in (".br", ".gz")
    if not inside:
        # Only addresses of the page fall back to it; a missing file or API stays missing.
        if path.startswith(_NO_PAGE) or ".." in path or re.search(r"\.[A-Za-z]\w*$", path):
            raise NotFound("There is no such page.")
        wanted = root / "index.html"
        if not wanted.is_file():
            raise NotFound("The page has not been built.")
    media_type = _TYPES.get(wanted.suffix) or mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
    headers = {"Vary": "Accept-Encoding"}
    headers["Cache-Control"] = _IMMUTABLE if path.startswith("assets/") else "no-cache"
    if asks_early:
        headers["Link"] = _FIRST_ROWS
    accepted = request.headers.get("accept-encoding", "")
    for encoding, suffix in _PACKED:
        packed = wanted.with_name(wanted.name + suffix)
        if encoding in accepted and packed.is_file():
            return _file(packed, headers | {"Content-Encoding": encoding}, media_type)
    return _file(wanted, headers, media_type)


def _file(file: Path, headers: dict[str, str], media_type: str) -> Response:
    if file.stat().st_size > _SMALL_BYTES:
        return FileResponse(file, headers=headers, media_type=media_type)
    return Response(file.read_bytes(), headers=headers, media_type=media_type)


ENDPOINTS = (
    Endpoint("GET", "/", _page, "The page.", "", needs=Action.OPEN),
    Endpoint("GET", "/{path:path}", _page, "Files of the page.", "", needs=Action.OPEN),
)
