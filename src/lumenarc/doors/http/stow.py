"""How are instances stored over the web? STOW-RS, part by part, never held whole (PS3.18 10.5).

Objects come as application/dicom, alone or as parts, or as metadata (JSON or XML) with bulk data in parts of their own.
Each part has its own outcome; what cannot even be named is among the other failures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.addresses import base_url
from lumenarc.doors.http.bodies import consume
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.respond import DICOM_JSON
from lumenarc.doors.http.stow_answer import Failed, Outcome, answer, answer_type
from lumenarc.doors.http.stow_metadata import store_metadata
from lumenarc.errors import BadRequest, LumenarcError, UnsupportedMedia
from lumenarc.protocol.web.media_types import parse_media_type
from lumenarc.protocol.web.multipart import MultipartParser, Parts, parts_of
from lumenarc.protocol.web.uris import uid
from lumenarc.services.store import Source, Stored, names_of, store_part10

_HEAD_BYTES = 64 << 10
_OBJECTS = ("application/dicom", "application/octet-stream")
_METADATA = (DICOM_JSON, "application/json", "application/dicom+xml")


Keep = Callable[[Context, Iterator[bytes], Source, str | None], Stored]
"""Stores one file that comes in pieces; the study is that of the address, None for any. Raises LumenarcError."""


def in_archive(context: Context, chunks: Iterator[bytes], source: Source, study: str | None) -> Stored:
    """Store a file in the archive."""
    return store_part10(context.archive, chunks, source, study_uid=study)


async def _store(context: Context, request: Request, keep: Keep) -> Response:
    study = request.path_params.get("study")
    if study is not None:
        uid(study, "Study Instance UID")
    content = parse_media_type(request.headers.get("content-type", ""))
    if content is None:
        raise UnsupportedMedia("The request has no Content-Type.")
    answered_as = answer_type(accepted(request))
    source = Source("", request.client.host if request.client else "")

    def one(chunks: Iterator[bytes]) -> Outcome:
        return _object(lambda watched: keep(context, watched, source, study), chunks)

    if content.type in _OBJECTS:
        outcomes = [await consume(context, request, one)]
    elif content.type == "multipart/related":
        inner = content.params.get("type", "application/dicom").lower()
        parser = MultipartParser(content.params.get("boundary", ""))
        if inner in _METADATA:
            outcomes = await consume(
                context,
                request,
                lambda chunks: store_metadata(context.archive, parts_of(parser, chunks), inner, study, one),
            )
        elif inner in _OBJECTS:
            outcomes = await consume(context, request, lambda chunks: _objects(parts_of(parser, chunks), one))
        else:
            raise UnsupportedMedia("Parts are application/dicom, or metadata in JSON or XML with bulk data.")
    else:
        raise UnsupportedMedia("Instances are stored as application/dicom, alone or in multipart/related.")
    return answer(request, base_url(request), outcomes, answered_as)


def _object(keep: Callable[[Iterator[bytes]], Stored], chunks: Iterator[bytes]) -> Outcome:
    """Store one file; its beginning is remembered, so that a failure can be named."""
    head = bytearray()

    def watched() -> Iterator[bytes]:
        for chunk in chunks:
            if len(head) < _HEAD_BYTES:
                head.extend(chunk[:_HEAD_BYTES])
            yield chunk

    try:
        return keep(watched())
    except LumenarcError as error:
        return Failed(error, *names_of(bytes(head)))


def _objects(parts: Parts, one: Callable[[Iterator[bytes]], Outcome]) -> list[Outcome]:
    """Store part after part; a body that breaks off takes nothing back of what has been stored."""
    outcomes: list[Outcome] = []
    try:
        for headers, data in parts:
            content = parse_media_type(headers.get("content-type", "application/dicom"))
            if content is None or content.type not in _OBJECTS:
                outcomes.append(Failed(UnsupportedMedia("A part is not application/dicom.")))
            else:
                outcomes.append(one(data))
    except BadRequest as error:
        if not outcomes:
            raise
        outcomes.append(Failed(error))
    return outcomes


_ANSWERS = (DICOM_JSON, "application/json", "application/dicom+xml")
_SPEC = Spec(
    # A failure of every instance is told instance by instance as well.
    {200: _ANSWERS, 202: _ANSWERS},
    body=("multipart/related", "application/dicom"),
    fails=(*COMMON_FAILS, 406, 409, 413, 415, 422, 507),
    also=_ANSWERS[::2],
)


def endpoints(keep: Keep) -> tuple[Endpoint, ...]:
    """Return the routes of STOW-RS for whoever keeps what comes."""
    store = partial(_store, keep=keep)
    return (
        Endpoint("POST", "/studies", store, "Store instances (PS3.18 10.5).", spec=_SPEC, needs=Action.STORE),
        Endpoint(
            "POST",
            "/studies/{study}",
            store,
            "Store instances of one study (PS3.18 10.5).",
            spec=_SPEC,
            needs=Action.STORE,
        ),
    )


ENDPOINTS = endpoints(in_archive)
