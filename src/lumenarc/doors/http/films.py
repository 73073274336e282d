"""How are films seen that were printed on the archive? (/api/films)"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint, number
from lumenarc.doors.http.respond import json_response, stream
from lumenarc.errors import NotFound
from lumenarc.services import films

_ONE = "/api/films/{id}"
# A picture of a stranger's, which never changes; the job's number is never given again.
_KEPT = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "sandbox; default-src 'none'"}


async def _all(context: Context, request: Request) -> Response:
    limit, offset = number(request, "limit", 100, 1000), number(request, "offset", 0, 10**9)
    total, found = await context.run(films.newest, context.archive, limit, offset)
    return json_response(request, {"total": total, "items": [films.as_json(printed) for printed in found]})


async def _get(context: Context, request: Request) -> Response:
    found = await context.run(films.get, context.archive, request.path_params["id"])
    return json_response(request, films.as_json(found))


async def _remove(context: Context, request: Request) -> Response:
    await context.run(films.delete, context.archive, request.path_params["id"])
    return Response(status_code=204)


async def _pdf(context: Context, request: Request) -> Response:
    job_id = request.path_params["id"]
    parts = await context.run(films.pdf, context.archive, job_id)
    named = {"Content-Disposition": f'attachment; filename="film-{job_id}.pdf"'}
    return await stream(context, parts, "application/pdf", headers=named)


async def _picture(context: Context, request: Request) -> Response:
    data = await context.run(films.picture, context.archive, request.path_params["id"], _number(request))
    return Response(data, headers=_KEPT, media_type="image/png")


async def _preview(context: Context, request: Request) -> Response:
    data = await context.run(films.preview, context.archive, request.path_params["id"], _number(request))
    return Response(data, headers=_KEPT, media_type="image/jpeg")


def _number(request: Request) -> int:
    text = request.path_params["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("There is no such film.")
    return int(text)


ENDPOINTS = (
    Endpoint("GET", "/api/films", _all, "Films that were printed here, the newest jobs first.", "", needs=Action.VIEW),
    Endpoint("GET", _ONE, _get, "One print job with its films.", "", needs=Action.VIEW),
    Endpoint("DELETE", _ONE, _remove, "Delete a print job with its films.", "", needs=Action.DELETE),
    Endpoint("GET", _ONE + "/pdf", _pdf, "The films of a print job as a PDF.", "", needs=Action.VIEW),
    Endpoint("GET", _ONE + "/pages/{number}", _picture, "One film as a PNG.", "", needs=Action.VIEW),
    Endpoint("GET", _ONE + "/pages/{number}/preview", _preview, "One film as a small JPEG.", "", needs=Action.VIEW),
)
