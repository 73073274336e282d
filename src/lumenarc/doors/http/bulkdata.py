"""How are bulk data retrieved? The values behind BulkDataURIs, one or all of an object (PS3.18 10.4.1.1.5)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.dicom.transfer_syntaxes import is_encapsulated
from lumenarc.doors.http.accept import OCTETS, FrameWish, accepted
from lumenarc.doors.http.addresses import INSTANCE, LEVELS, base_url, instance_url, uids
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.frames import CACHED, in_parts, pixel_validators, pixel_wish
from lumenarc.doors.http.respond import multipart_type, ranged, stream, unchanged, validators
from lumenarc.errors import NotAcceptable
from lumenarc.protocol.web.media_types import FRAME_TYPES
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.protocol.web.uris import bulk_path
from lumenarc.services import bulk, retrieve, transcoding
from lumenarc.services.retrieve import StoredInstance

_PIXEL_DATA = ("7FE00008", "7FE00009", "7FE00010")


async def _one(context: Context, request: Request) -> Response:
    path = bulk_path(request.path_params["path"])
    (inst,) = await context.run(retrieve.find, context.archive, *uids(request))
    if path in _PIXEL_DATA:
        return await _pixels(context, request, inst)
    multipart = _in_multipart(request)
    headers = validators((inst.sha256, path.encode(), bytes((multipart,))), inst.received_at)
    headers["Cache-Control"] = CACHED
    same = unchanged(request, headers)
    if same is not None:
        return same
    data = (await context.run(bulk.value, context.archive, inst, path)).data
    if multipart:
        return await in_parts(context, iter((data,)), FrameWish(True, OCTETS, transcoding.EXPLICIT_LE), headers)
    return await ranged(context, request, lambda first, end: iter((data[first:end],)), len(data), OCTETS, headers)


def _in_multipart(request: Request) -> bool:
    """Say whether a value is wanted as a part; raise NotAcceptable when it is wanted as something else."""
    for wish in accepted(request):
        inner = wish.params.get("type", OCTETS).lower()
        if wish.type.startswith("multipart/") and inner in (OCTETS, "*/*"):
            return True
        if wish.accepts(OCTETS):
            return False
    raise NotAcceptable("Bulk data are retrieved as application/octet-stream, alone or in multipart/related.")


async def _pixels(context: Context, request: Request, inst: StoredInstance) -> Response:
    """Answer the pixel data: native ones are one value, compressed ones have a part for each frame (8.7.3.3)."""
    wish = pixel_wish(request, inst, 1)
    if is_encapsulated(wish.syntax):
        wish = pixel_wish(request, inst, retrieve.n_parts(inst))
    headers = pixel_validators(inst, wish, "pixels")
    same = unchanged(request, headers)
    if same is not None:
        return same
    if is_encapsulated(wish.syntax):
        numbers = list(range(1, len(await context.run(retrieve.frame_extents, context.archive, inst)) + 1))
        frames = transcoding.frames_in(context.archive, inst, numbers, wish.syntax)
        if wish.multipart:
            return await in_parts(context, frames, wish, headers)
        return await stream(context, frames, f"{wish.media_type}; transfer-syntax={wish.syntax}", headers=headers)
    content = f"{wish.media_type}; transfer-syntax={wish.syntax}"
    length = bulk.pixel_length(inst, wish.syntax)
    if wish.multipart:
        boundary = secrets.token_hex(12)
        head, end = part_head(boundary, {"Content-Type": content}), closing(boundary)

        def parts() -> Iterator[bytes]:
            yield head
            yield from bulk.pixel_data(context.archive, inst, wish.syntax)
            yield end

        whole = None if length is None else len(head) + length + len(end)
        kind = multipart_type(wish.media_type, boundary, syntax=wish.syntax)
        return await stream(context, parts(), kind, length=whole, headers=headers)
    if length is None:
        return await stream(context, bulk.pixel_data(context.archive, inst, wish.syntax), content, headers=headers)

    def read(start: int, end: int) -> Iterator[bytes]:
        return bulk.pixel_data(context.archive, inst, wish.syntax, start, end)

    return await ranged(context, request, read, length, content, headers)


async def _all(context: Context, request: Request) -> Response:
    found = await context.run(retrieve.find, context.archive, *uids(request))
    base, boundary = base_url(request), secrets.token_hex(12)
    if not _in_multipart(request) and not any(wish.type == "*/*" for wish in accepted(request)):
        raise NotAcceptable("All bulk data of an object are retrieved in multipart/related.")
    wishes = {inst.pk: pixel_wish(request, inst, 2) for inst in found if inst.pixel_offset is not None}

    def parts() -> Iterator[bytes]:
        for inst in found:
            url = instance_url(base, inst.study_uid, inst.series_uid, inst.sop_instance_uid)
            for path in bulk.paths(context.archive, inst):
                yield part_head(boundary, {"Content-Type": OCTETS, "Content-Location": f"{url}/bulkdata/{path}"})
                yield bulk.value(context.archive, inst, path).data
            if inst.pixel_offset is not None:
                yield from _pixel_parts(context, inst, url, boundary, wishes[inst.pk])
        yield closing(boundary)

    return await stream(context, parts(), multipart_type(OCTETS, boundary), headers={"Vary": "Accept"})


def _pixel_parts(context: Context, inst: StoredInstance, url: str, boundary: str, wish: FrameWish) -> Iterator[bytes]:
    content = f"{wish.media_type}; transfer-syntax={wish.syntax}"
    if not is_encapsulated(wish.syntax):
        yield part_head(boundary, {"Content-Type": content, "Content-Location": f"{url}/bulkdata/7FE00010"})
        yield from bulk.pixel_data(context.archive, inst, wish.syntax)
        return
    numbers = list(range(1, len(retrieve.frame_extents(context.archive, inst)) + 1))
    for number, frame in enumerate(transcoding.frames_in(context.archive, inst, numbers, wish.syntax), 1):
        yield part_head(boundary, {"Content-Type": content, "Content-Location": f"{url}/frames/{number}"})
        yield frame


_TYPES = ("multipart/related", OCTETS, *FRAME_TYPES)
_FAILS = (*COMMON_FAILS, 406, 410, 416, 422)
_ONE = Spec({200: _TYPES, 206: _TYPES, 304: ()}, ("accept",), ("Range", "If-None-Match"), fails=_FAILS)
_ALL = Spec({200: ("multipart/related",)}, ("accept",), fails=_FAILS)
ENDPOINTS = (
    Endpoint(
        "GET",
        INSTANCE + "/bulkdata/{path:path}",
        _one,
        "Retrieve one bulk value (PS3.18 10.4).",
        spec=_ONE,
        needs=Action.VIEW,
    ),
    *(
        Endpoint("GET", path + "/bulkdata", _all, "Retrieve all bulk data (PS3.18 10.4).", spec=_ALL, needs=Action.VIEW)
        for path in LEVELS
    ),
)
