"""How are images shown without a DICOM viewer? Rendered and thumbnail resources at every level (PS3.18 10.4.1.1.3)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.dicom.render_request import MEDIA_TYPES, RenderRequest, parse_viewport, parse_window
from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.errors import BadRequest, NotAcceptable
from lumenarc.protocol.web.media_types import best
from lumenarc.protocol.web.uris import frame_numbers, uid
from lumenarc.services import render, retrieve

_STUDY = "/studies/{study}"
_SERIES = _STUDY + "/series/{series}"
_INSTANCE = _SERIES + "/instances/{inst}"
_LEVELS = (_STUDY, _SERIES, _INSTANCE, _INSTANCE + "/frames/{frames}")


def _request(request: Request) -> RenderRequest:
    given = request.query_params
    media_type = best(accepted(request), MEDIA_TYPES)
    if media_type is None:
        raise NotAcceptable("Images are rendered as JPEG, PNG, GIF, WebP or JPEG 2000.")
    quality = given.get("quality", "90")
    if not (quality.isascii() and quality.isdigit() and len(quality) < 4):
        raise BadRequest("The quality must be from 1 to 100.")
    return RenderRequest(
        media_type=media_type,
        viewport=parse_viewport(given["viewport"]) if "viewport" in given else None,
        window=parse_window(given["window"]) if "window" in given else None,
        quality=int(quality),
        annotations=tuple(word for word in given.get("annotation", "").split(",") if word),
        icc_profile=given.get("iccprofile", "no"),
    )


async def _draw(context: Context, request: Request, *, small: bool) -> Response:
    given = request.path_params
    wish = _request(request)
    study = uid(given["study"], "Study Instance UID")
    series = uid(given["series"], "Series Instance UID") if "series" in given else None
    inst = uid(given["inst"], "SOP Instance UID") if "inst" in given else None
    found = await context.run(retrieve.find, context.archive, study, series, inst)
    chosen = found[0] if inst is not None else render.representative(found)
    etag = f'"{chosen.pk}-{chosen.sha256[:8].hex()}"'
    headers = {"ETag": etag, "Vary": "Accept"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if "frames" in given or not small:
        number = frame_numbers(given["frames"])[0] if "frames" in given else 0
        picture = await context.run(render.rendered, context.archive, chosen, number, wish)
    else:
        picture = await context.run(render.thumbnail, context.archive, chosen, wish)
    return Response(picture.data, media_type=picture.media_type, headers=headers)


async def _rendered(context: Context, request: Request) -> Response:
    return await _draw(context, request, small=False)


async def _thumbnail(context: Context, request: Request) -> Response:
    return await _draw(context, request, small=True)


ENDPOINTS = (
    *(Endpoint("GET", level + "/rendered", _rendered, "A rendered image (PS3.18 10.4).") for level in _LEVELS),
    *(Endpoint("GET", level + "/thumbnail", _thumbnail, "A small image (PS3.18 10.4).") for level in _LEVELS),
)
