"""How are frames retrieved? As they are stored, or transcoded on request (PS3.18 10.4.1.1.6).

Frames are never compressed again on their way (that costs more than it saves), and only their own bytes are read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.accept import OCTETS, FrameWish, accepted, frame_wish
from lumenarc.doors.http.addresses import INSTANCE, uids
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.respond import multipart_type, ranged, stream, unchanged, validators
from lumenarc.errors import NotFound
from lumenarc.protocol.web.media_types import FRAME_TYPES
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.protocol.web.uris import frame_numbers
from lumenarc.services import retrieve, transcoding
from lumenarc.services.retrieve import StoredInstance

CACHED = "private, max-age=3600"


async def _frames(context: Context, request: Request) -> Response:
    numbers = frame_numbers(request.path_params["frames"])
    (inst,) = await context.run(retrieve.find, context.archive, *uids(request))
    wish = pixel_wish(request, inst, len(numbers))
    headers = pixel_validators(inst, wish, request.path_params["frames"])
    same = unchanged(request, headers)
    if same is not None:
        return same
    frames = transcoding.frames_in(context.archive, inst, numbers, wish.syntax)
    content = f"{wish.media_type}; transfer-syntax={wish.syntax}"
    if not wish.multipart:
        data = await context.run(next, frames)
        return await ranged(context, request, lambda first, end: iter((data[first:end],)), len(data), content, headers)
    return await in_parts(context, frames, wish, headers)


def pixel_wish(request: Request, inst: StoredInstance, n_parts: int) -> FrameWish:
    """Choose how the pixel data of an object leave; raise NotFound when it has none, NotAcceptable."""
    if inst.pixel_offset is None:
        raise NotFound("The object has no pixel data.")
    own = transcoding.frame_syntax(inst)
    return frame_wish(accepted(request), own, n_parts, lambda uid: transcoding.can_give_frames(inst, uid))


def pixel_validators(inst: StoredInstance, wish: FrameWish, what: str) -> dict[str, str]:
    """Return the headers that identify frames in this representation."""
    parts = (inst.sha256, f"{what} {wish.multipart} {wish.media_type} {wish.syntax}".encode())
    return {**validators(parts, inst.received_at), "Cache-Control": CACHED}


async def in_parts(context: Context, frames: Iterator[bytes], wish: FrameWish, headers: dict[str, str]) -> Response:
    """Answer each piece as a part of multipart/related."""
    boundary = secrets.token_hex(12)
    head = part_head(boundary, {"Content-Type": f"{wish.media_type}; transfer-syntax={wish.syntax}"})

    def parts() -> Iterator[bytes]:
        for frame in frames:
            yield head
            yield frame
        yield closing(boundary)

    content = multipart_type(wish.media_type, boundary, syntax=wish.syntax)
    return await stream(context, parts(), content, headers=headers)


_TYPES = ("multipart/related", OCTETS, *FRAME_TYPES)
_SPEC = Spec(
    {200: _TYPES, 206: _TYPES, 304: ()},
    ("accept",),
    ("Range", "If-None-Match"),
    fails=(*COMMON_FAILS, 406, 410, 416, 422),
)
ENDPOINTS = (
    Endpoint(
        "GET", INSTANCE + "/frames/{frames}", _frames, "Retrieve frames (PS3.18 10.4).", spec=_SPEC, needs=Action.VIEW
    ),
)
