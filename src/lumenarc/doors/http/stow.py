"""How are instances stored over the web? STOW-RS, part by part, never held whole (PS3.18 10.5)."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.dicom.dicom_xml import to_xml
from lumenarc.dicom.query import Attributes
from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.addresses import base_url
from lumenarc.doors.http.bodies import consume
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import DICOM_JSON, json_response
from lumenarc.errors import BadRequest, LumenarcError, UnsupportedMedia
from lumenarc.protocol.web.media_types import best, parse_media_type
from lumenarc.protocol.web.multipart import MultipartParser, PartBegin, PartData, PartEnd
from lumenarc.protocol.web.uris import uid
from lumenarc.services.store import Source, Stored, store_part10

_ALTERNATE = 0xB00E
_MAX_PARTS = 100_000
Outcome = Stored | LumenarcError


async def _store(context: Context, request: Request) -> Response:
    study = request.path_params.get("study")
    if study is not None:
        uid(study, "Study Instance UID")
    content = parse_media_type(request.headers.get("content-type", ""))
    source = Source("", request.client.host if request.client else "")
    if content is None:
        raise UnsupportedMedia("The request has no Content-Type.")

    def one(chunks: Iterator[bytes]) -> Outcome:
        try:
            return store_part10(context.archive, chunks, source, study_uid=study)
        except LumenarcError as error:
            # A body may have very many bad parts: none may keep the frames, and their buffers, that refused it.
            error.__cause__ = error.__context__ = None
            return error.with_traceback(None)

    if content.type in ("application/dicom", "application/octet-stream"):
        outcomes = [await consume(context, request, one)]
    elif content.type == "multipart/related":
        inner = content.params.get("type", "application/dicom").lower()
        if inner != "application/dicom":
            raise UnsupportedMedia("Parts are expected to be application/dicom.")
        parser = MultipartParser(content.params.get("boundary", ""))
        outcomes = await consume(context, request, lambda chunks: _parts(parser, chunks, one))
    else:
        raise UnsupportedMedia("Instances are stored as application/dicom, alone or in multipart/related.")
    return _answer(request, outcomes)


def _parts(parser: MultipartParser, chunks: Iterator[bytes], one: object) -> list[Outcome]:
    """Store part after part; each is handed on while it arrives."""
    assert callable(one)
    outcomes: list[Outcome] = []
    events = (event for chunk in chunks for event in parser.feed(chunk))

    def data() -> Iterator[bytes]:
        for event in events:
            if isinstance(event, PartEnd):
                return
            if isinstance(event, PartData):
                yield event.data
        raise BadRequest("The multipart body ends inside a part.")

    for event in events:
        if not isinstance(event, PartBegin):
            continue
        if len(outcomes) == _MAX_PARTS:
            raise BadRequest("The multipart body has too many parts.")
        content = parse_media_type(event.headers.get("content-type", "application/dicom"))
        part = data()
        if content is None or content.type not in ("application/dicom", "application/octet-stream"):
            outcomes.append(UnsupportedMedia("A part is not application/dicom."))
        else:
            outcomes.append(one(part))
        for _rest in part:  # a refused part is read to its end
            pass
    if not outcomes:
        raise BadRequest("The multipart body has no parts.")
    return outcomes


def _answer(request: Request, outcomes: list[Outcome]) -> Response:
    """Write the response of PS3.18 Table 10.5.3-2 and choose the status of Table 10.5.3-1."""
    base = base_url(request)
    stored = [found for found in outcomes if isinstance(found, Stored)]
    failed = [found for found in outcomes if isinstance(found, LumenarcError)]
    answer: Attributes = {}
    if stored:
        studies = {found.study_uid for found in stored}
        if len(studies) == 1:
            answer["00081190"] = {"vr": "UR", "Value": [f"{base}/studies/{studies.pop()}"]}
        answer["00081199"] = {"vr": "SQ", "Value": [_stored_item(base, found) for found in stored]}
    if failed:
        items = [
            {
                "00081197": {"vr": "US", "Value": [error.dimse_status]},
                "00000902": {"vr": "LO", "Value": [str(error)[:64]]},
            }
            for error in failed
        ]
        answer["00081198"] = {"vr": "SQ", "Value": items}
    status = 200
    if failed:
        status = 202 if stored else _worst(failed)
    if best(accepted(request), (DICOM_JSON, "application/json", "application/dicom+xml")) == "application/dicom+xml":
        return Response(to_xml(answer), status, media_type="application/dicom+xml")
    return json_response(request, answer, DICOM_JSON, status)


def _worst(failed: list[LumenarcError]) -> int:
    statuses = {error.http_status for error in failed}
    return statuses.pop() if len(statuses) == 1 else 409


def _stored_item(base: str, found: Stored) -> Attributes:
    url = f"{base}/studies/{found.study_uid}/series/{found.series_uid}/instances/{found.sop_instance_uid}"
    item: Attributes = {
        "00081150": {"vr": "UI", "Value": [found.sop_class_uid]},
        "00081155": {"vr": "UI", "Value": [found.sop_instance_uid]},
        "00081190": {"vr": "UR", "Value": [url]},
    }
    if found.outcome == "kept_other" or found.warnings:
        item["00081196"] = {"vr": "US", "Value": [_ALTERNATE if found.outcome == "kept_other" else 0xB000]}
    return item


ENDPOINTS = (
    Endpoint("POST", "/studies", _store, "Store instances (PS3.18 10.5)."),
    Endpoint("POST", "/studies/{study}", _store, "Store instances of one study (PS3.18 10.5)."),
)
