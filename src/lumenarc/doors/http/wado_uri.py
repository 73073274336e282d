"""How is one object retrieved by query parameters? WADO-URI, whole, de-identified or drawn (PS3.18 9)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.dicom.render_request import MEDIA_TYPES, RenderRequest, Viewport, parse_window
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import stream
from lumenarc.errors import BadRequest, NotAcceptable
from lumenarc.protocol.web.media_types import best, parse_accept
from lumenarc.protocol.web.uris import uid
from lumenarc.services import render, retrieve

_MAX_SIDE = 16384


async def _wado(context: Context, request: Request) -> Response:
    given = request.query_params
    if given.get("requestType") != "WADO":
        raise BadRequest("requestType must be WADO.")
    names = ("studyUID", "seriesUID", "objectUID")
    study, series, inst = (uid(given.get(name, ""), name) for name in names)
    (found,) = await context.run(retrieve.find, context.archive, study, series, inst)
    default = "image/jpeg" if found.pixel_offset is not None else "application/dicom"
    kind = best(parse_accept([given.get("contentType", default)]), ("application/dicom", *MEDIA_TYPES))
    if "anonymize" in given:
        raise NotAcceptable("De-identified objects are not served by this version.")
    if kind is None:
        raise NotAcceptable("Objects are served as application/dicom or as a picture.")
    if kind == "application/dicom":
        if given.get("transferSyntax", found.transfer_syntax_uid) != found.transfer_syntax_uid:
            raise NotAcceptable("The object is served in the transfer syntax in which it is stored.")
        chunks = retrieve.whole_file(context.archive, found)
        return await stream(context, chunks, "application/dicom", length=retrieve.file_size(found))
    wish = _wish(request, kind)
    picture = await context.run(render.rendered, context.archive, found, _whole(request, "frameNumber", 0), wish)
    return Response(picture.data, media_type=picture.media_type)


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise BadRequest(f"{name} is a number.")
    return int(text)


def _wish(request: Request, media_type: str) -> RenderRequest:
    given = request.query_params
    window, region = None, None
    if ("windowCenter" in given) != ("windowWidth" in given):
        raise BadRequest("windowCenter and windowWidth belong together.")
    if "windowCenter" in given:
        window = parse_window(f"{given['windowCenter']},{given['windowWidth']}")
    if "region" in given:
        try:
            left, top, right, bottom = (float(part) for part in given["region"].split(","))
        except ValueError:
            raise BadRequest("The region is four numbers from 0 to 1.") from None
        region = (left, top, right, bottom)
    viewport = None
    if "rows" in given or "columns" in given:
        # One side alone: the other is bounded only by what can be drawn.
        viewport = Viewport(_whole(request, "columns", _MAX_SIDE), _whole(request, "rows", _MAX_SIDE))
    return RenderRequest(
        media_type=media_type,
        viewport=viewport,
        region=region,
        window=window,
        quality=_whole(request, "imageQuality", 90),
        annotations=tuple(word for word in given.get("annotation", "").split(",") if word),
    )


ENDPOINTS = (Endpoint("GET", "/wado", _wado, "Retrieve one object by WADO-URI (PS3.18 9).", "wado"),)
