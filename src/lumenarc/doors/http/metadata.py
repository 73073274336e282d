"""How are metadata retrieved? As DICOM JSON, packed as it is kept, or as Native DICOM Model XML (PS3.18 10.4)."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.dicom.dicom_xml import to_xml
from lumenarc.dicom.query import Attributes
from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.addresses import LEVELS, base_url, uids
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.respond import (
    DICOM_JSON,
    json_response,
    multipart_type,
    packed_json,
    stream,
    unchanged,
    validators,
)
from lumenarc.errors import NotAcceptable
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.services import metadata, retrieve

_XML = "application/dicom+xml"


def _kind(request: Request) -> str:
    for wish in accepted(request):
        if wish.accepts(DICOM_JSON):
            return DICOM_JSON
        if wish.accepts("application/json"):
            return "application/json"
        if wish.type in ("multipart/related", "multipart/*") and wish.params.get("type", _XML).lower() == _XML:
            return _XML
    raise NotAcceptable("Metadata are retrieved as application/dicom+json or multipart application/dicom+xml.")


async def _metadata(context: Context, request: Request) -> Response:
    kind, base = _kind(request), base_url(request)
    study, series, inst = uids(request)
    identity = f"metadata {kind} {base}".encode()
    if inst is not None:
        (one,) = await context.run(retrieve.find, context.archive, study, series, inst)
        headers = validators((identity, one.content_key), one.changed_at)
        same = unchanged(request, headers)
        if same is not None:
            return same
        values = await context.run(metadata.of_instance, context.archive, base, one)
        if kind == _XML:
            return await _as_xml(context, iter((values,)), headers)
        return _with(json_response(request, [values], kind), headers)
    versions = await context.run(metadata.versions, context.archive, study, series)
    known = f"{[(one.series_uid, one.version) for one in versions]}".encode()
    headers = validators((identity, known), 0)
    # A series has no time of its own change, only its version.
    del headers["Last-Modified"]
    same = unchanged(request, headers)
    if same is not None:
        return same
    found = await context.run(metadata.of_study, context.archive, base, study, series)
    if kind == _XML:
        return await _as_xml(context, metadata.objects(found), headers)
    if len(found) == 1:
        return packed_json(request, found[0].packed, kind, headers)
    joined = await context.run(lambda: gzip.compress(b"".join(metadata.texts(found)), 1, mtime=0))
    return packed_json(request, joined, kind, headers)


def _with(response: Response, headers: dict[str, str]) -> Response:
    response.headers.update({name: value for name, value in headers.items() if name != "Vary"})
    return response


async def _as_xml(context: Context, found: Iterator[Attributes], headers: dict[str, str]) -> Response:
    boundary = secrets.token_hex(12)
    head = part_head(boundary, {"Content-Type": _XML})

    def parts() -> Iterator[bytes]:
        for values in found:
            yield head
            yield to_xml(values)
        yield closing(boundary)

    return await stream(context, parts(), multipart_type(_XML, boundary), headers=headers)


_SPEC = Spec(
    {200: (DICOM_JSON, "application/json", "multipart/related"), 304: ()},
    ("accept",),
    ("If-None-Match",),
    fails=(*COMMON_FAILS, 406, 410, 422),
)
ENDPOINTS = tuple(
    Endpoint("GET", path + "/metadata", _metadata, "Retrieve metadata (PS3.18 10.4).", spec=_SPEC, needs=Action.VIEW)
    for path in LEVELS
)
