"""How is one object retrieved by query parameters? WADO-URI, whole, de-identified or shown (PS3.18 9)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.dicom.render_request import MEDIA_TYPES, RenderRequest, Viewport, check_request, parse_window
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.rendered import show
from lumenarc.doors.http.respond import stream, unchanged, validators
from lumenarc.doors.http.wado import alone
from lumenarc.errors import BadRequest, NotAcceptable
from lumenarc.protocol.web.media_types import best_of_equals, parse_accept
from lumenarc.protocol.web.uris import uid
from lumenarc.services import render, retrieve, transcoding
from lumenarc.services.retrieve import StoredInstance

_MAX_SIDE = 16384
_DICOM = "application/dicom"


async def _wado(context: Context, request: Request) -> Response:
    given = request.query_params
    if given.get("requestType") != "WADO":
        raise BadRequest("requestType must be WADO.")
    names = ("studyUID", "seriesUID", "objectUID")
    study, series, inst = (uid(given.get(name, ""), name) for name in names)
    (found,) = await context.run(retrieve.find, context.archive, study, series, inst)
    kind = _kind(request, found)
    anonymous = given.get("anonymize", "")
    if anonymous not in ("", "yes"):
        raise BadRequest("anonymize is yes, or is left out.")
    if kind == _DICOM:
        return await _object(context, request, found, anonymous=bool(anonymous))
    if anonymous:
        raise BadRequest("Only objects as application/dicom are de-identified.")
    wish = _wish(request, kind)
    state = await _state(context, request, study)
    if state is not None and wish.window is not None:
        raise BadRequest("A window and a presentation state exclude each other.")
    return await show(context, request, (found, _whole(request, "frameNumber", 0)), wish, state)


def _kind(request: Request, found: StoredInstance) -> str:
    """Choose the media type: of many frames the whole object unless one is asked for (PS3.18 9.5.1.2)."""
    offers = (*render.media_types(found), _DICOM)
    given = request.query_params
    if not given.get("contentType"):
        many = (found.number_of_frames or 1) > 1 and "frameNumber" not in given
        return _DICOM if many else offers[0]
    kind = best_of_equals(parse_accept([given["contentType"]]), offers)
    if kind is None:
        raise NotAcceptable(f"This object is served as {', '.join(offers)}.")
    return kind


async def _object(context: Context, request: Request, found: StoredInstance, *, anonymous: bool) -> Response:
    asked = request.query_params.get("transferSyntax", "")
    stored = found.transfer_syntax_uid
    if asked not in ("", "*"):
        uid(asked, "transferSyntax")
    # Nothing said means Explicit VR Little Endian; what cannot be decompressed still leaves as it lies.
    targets = (asked,) if asked not in ("", "*") else (stored,) if asked else (transcoding.EXPLICIT_LE, stored)
    headers = validators((found.content_key, f"{targets} {anonymous}".encode()), found.changed_at)
    same = unchanged(request, headers)
    if same is not None:
        return same
    if not anonymous:
        return await alone(context, request, found, targets, headers)
    from lumenarc.services import anonymize  # with pydicom, which nothing else of the start needs

    for target in targets[:-1]:
        if await context.run(transcoding.can_give, context.archive, found, target):
            return await stream(context, anonymize.file(context.archive, found, target), _DICOM, headers=headers)
    return await stream(context, anonymize.file(context.archive, found, targets[-1]), _DICOM, headers=headers)


async def _state(context: Context, request: Request, study: str) -> StoredInstance | None:
    given = request.query_params
    if ("presentationUID" in given) != ("presentationSeriesUID" in given):
        raise BadRequest("presentationUID and presentationSeriesUID belong together.")
    if "presentationUID" not in given:
        return None
    series, inst = (uid(given[name], name) for name in ("presentationSeriesUID", "presentationUID"))
    (state,) = await context.run(retrieve.find, context.archive, study, series, inst)
    return state


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
    wish = RenderRequest(
        media_type=media_type,
        viewport=viewport,
        region=region,
        window=window,
        quality=_whole(request, "imageQuality", 90),
        annotations=tuple(word for word in given.get("annotation", "").split(",") if word),
    )
    if media_type in MEDIA_TYPES:
        check_request(wish)
    return wish


_TYPES = (_DICOM, *MEDIA_TYPES, *render.OTHER_TYPES)
_SPEC = Spec(
    {200: _TYPES, 206: _TYPES, 304: ()},
    (
        *("requestType", "studyUID", "seriesUID", "objectUID", "contentType", "transferSyntax", "anonymize"),
        *("frameNumber", "rows", "columns", "region", "windowCenter", "windowWidth", "imageQuality", "annotation"),
        *("presentationUID", "presentationSeriesUID"),
    ),
    ("Range", "If-None-Match"),
    fails=(*COMMON_FAILS, 406, 410, 416, 422),
)
ENDPOINTS = (
    Endpoint("GET", "/wado", _wado, "Retrieve one object by WADO-URI (PS3.18 9).", "wado", _SPEC, needs=Action.VIEW),
)
