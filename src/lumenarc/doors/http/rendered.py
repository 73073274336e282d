"""How are objects shown without a DICOM viewer? Rendered and thumbnail resources (PS3.18 10.4.1.1.3, 8.3.5, 8.7.4).

A study, series or list of frames is shown whole in multipart/related and by one picture that stands for it otherwise;
videos, reports and documents are shown as what they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.dicom.render_request import MEDIA_TYPES, RenderRequest, check_request, parse_viewport, parse_window
from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.addresses import INSTANCE, LEVELS, base_url, instance_url, uids
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.respond import multipart_type, ranged, stream, unchanged, validators, warning
from lumenarc.errors import BadRequest, LumenarcError, NotAcceptable, Unrenderable
from lumenarc.protocol.web.media_types import MediaRange, best_of_equals, parse_media_type
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.protocol.web.uris import frame_numbers
from lumenarc.services import render, retrieve
from lumenarc.services.retrieve import StoredInstance

_PATHS = (*LEVELS, INSTANCE + "/frames/{frames}")
Shown = tuple[StoredInstance, int]


def wish_of(request: Request, media_type: str) -> RenderRequest:
    """Read the query parameters of PS3.18 8.3.5; raise BadRequest, NotAcceptable."""
    given = request.query_params
    quality = given.get("quality", "90")
    if not (quality.isascii() and quality.isdigit() and len(quality) < 4):
        raise BadRequest("The quality must be from 1 to 100.")
    wish = RenderRequest(
        media_type=media_type,
        viewport=parse_viewport(given["viewport"]) if "viewport" in given else None,
        window=parse_window(given["window"]) if "window" in given else None,
        quality=int(quality),
        annotations=tuple(word for word in given.get("annotation", "").split(",") if word),
        icc_profile=given.get("iccprofile", "no"),
    )
    if media_type in MEDIA_TYPES:
        check_request(wish)
    return wish


def _inner(wishes: Sequence[MediaRange]) -> tuple[MediaRange, ...] | None:
    """Return what is wanted inside multipart/related when that is wanted most, else None."""
    if not wishes or wishes[0].type not in ("multipart/related", "multipart/*"):
        return None
    found = [parse_media_type(wish.params.get("type", "image/jpeg")) for wish in wishes if wish.type == wishes[0].type]
    return tuple(wish for wish in found if wish is not None)


async def _rendered(context: Context, request: Request) -> Response:
    found = await context.run(retrieve.find, context.archive, *uids(request))
    inner = _inner(accepted(request))
    frames = frame_numbers(request.path_params["frames"]) if "frames" in request.path_params else []
    if inner is not None:
        shown = [(inst, number) for inst in found for number in (frames or [0])]
        return await _all(context, request, shown, inner)
    if len(frames) > 1:
        raise NotAcceptable("Several frames are rendered in multipart/related.")
    single = "inst" in request.path_params
    inst = found[0] if single else render.representative(found)
    offers = render.media_types(inst)
    if not offers:
        raise Unrenderable("Objects of this kind cannot be rendered.")
    media_type = best_of_equals(accepted(request), offers)
    if media_type is None:
        raise NotAcceptable(f"This object is rendered as {', '.join(offers)}.")
    return await show(context, request, (inst, frames[0] if frames else 0), wish_of(request, media_type))


async def show(
    context: Context, request: Request, shown: Shown, wish: RenderRequest, state: StoredInstance | None = None
) -> Response:
    """Answer one picture, video, document or report as `wish.media_type`."""
    inst, number = shown
    headers = _validators(inst, f"{number} {wish} {state.sop_instance_uid if state else ''}")
    same = unchanged(request, headers)
    if same is not None:
        return same
    if wish.media_type in MEDIA_TYPES:
        picture = await context.run(render.rendered, context.archive, inst, number, wish, state)
        return Response(picture.data, media_type=picture.media_type, headers=headers)
    if wish.media_type.startswith("video/"):
        return await _video(context, request, inst, wish.media_type, headers)
    if wish.media_type == "text/xml":
        # A document of a stranger's, shown under our address: it must not be able to do anything there.
        headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    data = await context.run(render.document, context.archive, inst, wish.media_type)
    content = f"{wish.media_type}; charset=utf-8" if wish.media_type in ("text/html", "text/plain") else wish.media_type
    return await ranged(context, request, lambda first, end: iter((data[first:end],)), len(data), content, headers)


def _validators(inst: StoredInstance, what: str) -> dict[str, str]:
    return validators((inst.content_key, b"rendered", what.encode()), inst.changed_at)


async def _video(
    context: Context, request: Request, inst: StoredInstance, media_type: str, headers: dict[str, str]
) -> Response:
    """Answer a video as it was put in; players ask for parts of it."""
    total, read = await context.run(retrieve.video, context.archive, inst)
    return await ranged(context, request, read, total, media_type, headers)


async def _all(context: Context, request: Request, shown: Sequence[Shown], inner: Sequence[MediaRange]) -> Response:
    """Answer every picture as a part; what cannot be rendered as wished is left out and said so."""
    wish = wish_of(request, "image/jpeg")
    chosen = [(inst, number, best_of_equals(inner, render.media_types(inst))) for inst, number in shown]
    ready = [(inst, number, media_type) for inst, number, media_type in chosen if media_type in MEDIA_TYPES]
    if not ready:
        raise NotAcceptable("Nothing here can be rendered as this media type.")
    status, headers = 200, {"Vary": "Accept"}
    if len(ready) < len(chosen):
        status = 206
        text = f"{len(chosen) - len(ready)} of {len(chosen)} instances could not be rendered."
        headers["Warning"] = warning(request, text)
    boundary, base = secrets.token_hex(12), base_url(request)

    def parts() -> Iterator[bytes]:
        for inst, number, media_type in ready:
            try:
                data = render.rendered(context.archive, inst, number, replace(wish, media_type=media_type)).data
            except LumenarcError:
                if len(ready) == 1:
                    raise
                continue
            url = instance_url(base, inst.study_uid, inst.series_uid, inst.sop_instance_uid)
            url += f"/frames/{number}/rendered" if number else "/rendered"
            yield part_head(boundary, {"Content-Type": media_type, "Content-Location": url})
            yield data
        yield closing(boundary)

    content = multipart_type(ready[0][2], boundary)
    return await stream(context, parts(), content, status=status, headers=headers)


async def _thumbnail(context: Context, request: Request) -> Response:
    media_type = best_of_equals(accepted(request), MEDIA_TYPES)
    if media_type is None:
        raise NotAcceptable("Thumbnails are JPEG, PNG, GIF, WebP or JPEG 2000.")
    wish = wish_of(request, media_type)
    found = await context.run(retrieve.find, context.archive, *uids(request))
    inst = found[0] if "inst" in request.path_params else await context.run(render.representative, found)
    number = frame_numbers(request.path_params["frames"])[0] if "frames" in request.path_params else 0
    headers = _validators(inst, f"thumbnail {number} {wish}")
    same = unchanged(request, headers)
    if same is not None:
        return same
    if number:
        small = replace(wish, viewport=wish.viewport or render.THUMBNAIL)
        picture = await context.run(render.rendered, context.archive, inst, number, small)
    else:
        picture = await context.run(render.thumbnail, context.archive, inst, wish)
    return Response(picture.data, media_type=picture.media_type, headers=headers)


_QUERY = ("accept", "viewport", "window", "quality", "annotation", "iccprofile")
_FAILS = (*COMMON_FAILS, 406, 410, 416, 422)
_TYPES = ("multipart/related", *MEDIA_TYPES, *render.OTHER_TYPES)
_SHOWN = Spec({200: _TYPES, 206: _TYPES, 304: ()}, _QUERY, ("Range", "If-None-Match"), fails=_FAILS)
_SMALL = Spec({200: MEDIA_TYPES, 304: ()}, _QUERY, ("If-None-Match",), fails=_FAILS)
ENDPOINTS = (
    *(
        Endpoint("GET", path + "/rendered", _rendered, "Show an object (PS3.18 10.4).", spec=_SHOWN, needs=Action.VIEW)
        for path in _PATHS
    ),
    *(
        Endpoint("GET", path + "/thumbnail", _thumbnail, "A small image (PS3.18 10.4).", spec=_SMALL, needs=Action.VIEW)
        for path in _PATHS
    ),
)
