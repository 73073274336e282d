"""How are whole objects retrieved and deleted over the web? WADO-RS (PS3.18 10.4) and DELETE to the trash.

A study, series or instance leaves as multipart/related, an instance also alone, all of them also as a ZIP. Objects
that cannot be given are left out and said so: 206 with a Warning; when none can be given the request fails.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.accept import ObjectWish, accepted, object_wish
from lumenarc.doors.http.addresses import LEVELS, base_url, instance_url, uids
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.gate import by
from lumenarc.doors.http.respond import multipart_type, ranged, stream, unchanged, validators, warning
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.services import delete as deleting
from lumenarc.services import leaving, packing, retrieve, transcoding
from lumenarc.services.retrieve import StoredInstance

_DICOM = "application/dicom"


async def _objects(context: Context, request: Request) -> Response:
    found = await context.run(retrieve.find, context.archive, *uids(request))
    wish = object_wish(accepted(request), len(found))
    with_dicomdir = request.query_params.get("dicomdir", "").lower() == "true"
    identity = (wish.kind, *wish.syntaxes, base_url(request), str(with_dicomdir))
    parts = (*(inst.content_key for inst in found), *(word.encode() for word in identity))
    headers = validators(parts, max(inst.changed_at for inst in found))
    same = unchanged(request, headers)
    if same is not None:
        return same
    given = await context.run(_available, context, wish, found)
    status = 200
    if len(given) < len(found):
        status = 206
        missing = len(found) - len(given)
        headers["Warning"] = warning(request, f"{missing} of {len(found)} instances could not be delivered.")
        del headers["ETag"]
    if wish.kind == "single":
        return await alone(context, request, given[0], wish.for_stored(given[0].transfer_syntax_uid), headers)
    if wish.kind == "zip":
        headers["Content-Disposition"] = 'attachment; filename="dicom.zip"'
        packed = packing.zipped(
            context.archive,
            given,
            lambda inst: wish.for_stored(inst.transfer_syntax_uid),
            with_dicomdir=with_dicomdir,
        )
        return await stream(context, packed, "application/zip", status=status, headers=headers)
    return await _multipart(context, request, wish, given, (status, headers))


def _available(context: Context, wish: ObjectWish, found: Sequence[StoredInstance]) -> list[StoredInstance]:
    """Return the objects that can be given; raise what stands in the way of the last when none can."""
    given: list[StoredInstance] = []
    reason: Exception | None = None
    for inst in found:
        try:
            transcoding.check(context.archive, inst, wish.for_stored(inst.transfer_syntax_uid))
            given.append(inst)
        except transcoding.CANNOT_GIVE as error:
            reason = error
    if not given and reason is not None:
        raise reason
    return given


async def alone(
    context: Context, request: Request, inst: StoredInstance, targets: Sequence[str], headers: dict[str, str]
) -> Response:
    """Answer one object in the first possible of these transfer syntaxes; parts of it as it is stored."""
    if targets[0] != inst.transfer_syntax_uid:
        syntax, chunks = await context.run(transcoding.open_in, context.archive, inst, targets)
        return await stream(context, chunks, f"{_DICOM}; transfer-syntax={syntax}", headers=headers)
    content = f"{_DICOM}; transfer-syntax={inst.transfer_syntax_uid}"
    if inst.corrected_at is not None:
        going = await context.run(leaving.file, context.archive, inst)
        return await stream(context, going.chunks, content, length=going.n_bytes, headers=headers)

    def read(start: int, end: int) -> Iterator[bytes]:
        return retrieve.part_of_file(context.archive, inst, start, end)

    return await ranged(context, request, read, retrieve.file_size(inst), content, headers)


async def _multipart(
    context: Context,
    request: Request,
    wish: ObjectWish,
    given: Sequence[StoredInstance],
    answer: tuple[int, dict[str, str]],
) -> Response:
    boundary = secrets.token_hex(12)
    base = base_url(request)

    def head(inst: StoredInstance, syntax: str) -> bytes:
        url = instance_url(base, inst.study_uid, inst.series_uid, inst.sop_instance_uid)
        lines = {"Content-Type": f"{_DICOM}; transfer-syntax={syntax}", "Content-Location": url}
        return part_head(boundary, lines)

    def chunks() -> Iterator[bytes]:
        for inst in given:
            targets = wish.for_stored(inst.transfer_syntax_uid)
            syntax, file = transcoding.open_in(context.archive, inst, targets)
            yield head(inst, syntax)
            yield from file
        yield closing(boundary)

    length = None
    if all(
        wish.for_stored(inst.transfer_syntax_uid)[0] == inst.transfer_syntax_uid and inst.corrected_at is None
        for inst in given
    ):
        length = sum(len(head(inst, inst.transfer_syntax_uid)) + retrieve.file_size(inst) for inst in given)
        length += len(closing(boundary))
    status, headers = answer
    content = multipart_type(_DICOM, boundary)
    return await stream(context, chunks(), content, status=status, length=length, headers=headers)


async def _delete(context: Context, request: Request) -> Response:
    study, series, inst = uids(request)
    await context.run(deleting.delete, context.archive, study, series, inst, by=by(request), reason="")
    return Response(status_code=204)


_KINDS = ("multipart/related", _DICOM, "application/zip")
_OBJECTS = Spec(
    {200: _KINDS, 206: _KINDS, 304: ()},
    ("accept", "dicomdir"),
    ("Range", "If-None-Match"),
    fails=(*COMMON_FAILS, 406, 410, 416, 422),
)
_DELETE = Spec({204: ()}, fails=(*COMMON_FAILS, 410, 507))
ENDPOINTS = (
    *(
        Endpoint("GET", path, _objects, "Retrieve objects (PS3.18 10.4).", spec=_OBJECTS, needs=Action.VIEW)
        for path in LEVELS
    ),
    *(Endpoint("DELETE", path, _delete, "Delete to the trash.", spec=_DELETE, needs=Action.DELETE) for path in LEVELS),
)
