"""How does the page bring files in? One file or ZIP as the body, or many files as form data, each with its outcome.

With `job=1` a ZIP as the body is kept and imported by a job, which outlives the connection. With `patient` (an id) or
`new_patient` (attributes in the DICOM JSON Model) and `reason` the studies that come in are moved to that patient at
once: what was received stays as it is, the move is in the study's history (services/correct.py).

Form data (RFC 7578) is what a browser sends by itself without reading the files first; every result carries the number
of its part, because names may occur twice.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.archive import Archive
from lumenarc.dicom.query import Attributes
from lumenarc.doors.http.bodies import consume
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.gate import by
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest, LumenarcError, Refused
from lumenarc.protocol.web.media_types import parse_media_type
from lumenarc.protocol.web.multipart import MultipartParser, parts_of
from lumenarc.services import correct, ingest, uploads
from lumenarc.services.store import Source

_SPOOL_BYTES = 4 << 20
_MOST_NAME = 200
Mover = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
_FILENAME = re.compile(r'filename="([^"]*)"')


async def _upload(context: Context, request: Request) -> Response:
    source = Source("", request.client.host if request.client else "")
    if request.query_params.get("job") == "1":
        job_id = await consume(context, request, lambda chunks: uploads.queue(context.archive, chunks, source))
        return json_response(request, {"job": job_id}, status=202)
    mover = await context.run(_mover, context.archive, request)
    content = parse_media_type(request.headers.get("content-type", ""))
    if content is not None and content.type == "multipart/form-data":
        parser = MultipartParser(content.params.get("boundary", ""))
        results = await consume(context, request, lambda chunks: _parts(context.archive, parser, chunks, source, mover))
    else:
        name = request.query_params.get("name", "upload")[:_MOST_NAME]
        results = await consume(context, request, lambda chunks: mover(_file(context.archive, 0, name, chunks, source)))
    return json_response(request, {"results": results})


def _mover(archive: Archive, request: Request) -> Mover:
    """Return what moves the studies of results to the patient that the request names, if it names one."""
    given = request.query_params
    reason = given.get("reason", "")
    if "new_patient" in given:
        try:
            attributes = json.loads(given["new_patient"])
        except (ValueError, RecursionError):
            attributes = None
        if not isinstance(attributes, dict):
            raise BadRequest("new_patient is an object of attributes in the DICOM JSON Model.")
        target: int | Attributes = correct.checked("PATIENT", attributes)
    elif "patient" in given:
        text = given["patient"]
        if not (text.isascii() and text.isdigit() and len(text) < 18):
            raise BadRequest("patient is a number.")
        target = int(text)
        correct.get_patient(archive, target)
    else:
        return lambda results: results
    if not reason.strip():
        raise BadRequest("A correction needs a reason of up to 1000 characters.")
    moved: dict[str, str] = {}

    def move(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for result in results:
            study = result["study_uid"]
            if study and study not in moved:
                moved[study] = _moved(archive, study, target, by(request), reason)
            if study and moved[study]:
                result |= {"outcome": "failed", "error": moved[study]}
        return results

    return move


def _moved(archive: Archive, study: str, target: int | Attributes, who: str, reason: str) -> str:
    """Move a study; return why it could not be."""
    try:
        correct.move_study(archive, study, target, by=who, reason=reason)
    except Refused:
        return ""  # it is that patient's already
    except LumenarcError as error:
        return str(error)
    return ""


def _parts(
    archive: Archive, parser: MultipartParser, chunks: Iterator[bytes], source: Source, mover: Mover
) -> list[dict[str, Any]]:
    """Import part after part while they arrive."""
    results: list[dict[str, Any]] = []
    for number, (headers, data) in enumerate(parts_of(parser, chunks)):
        found = _FILENAME.search(headers.get("content-disposition", ""))
        name = found.group(1)[-_MOST_NAME:] if found else "upload"
        results += mover(_file(archive, number, name, data, source))
    return results


def _file(archive: Archive, part: int, name: str, chunks: Iterator[bytes], source: Source) -> list[dict[str, Any]]:
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES, dir=str(archive.settings.data)) as spool:
        for chunk in chunks:
            spool.write(chunk)
        spool.seek(0)
        imported = ingest.import_stream(archive, name, cast(IO[bytes], spool), source)
    return [{"part": part, **_plain(result)} for result in imported]


def _plain(result: ingest.ImportResult) -> dict[str, Any]:
    stored = result.stored
    return {
        "name": result.name,
        "outcome": result.outcome,
        "error": result.error,
        "study_uid": stored.study_uid if stored else "",
        "series_uid": stored.series_uid if stored else "",
        "sop_instance_uid": stored.sop_instance_uid if stored else "",
    }


ENDPOINTS = (Endpoint("POST", "/api/upload", _upload, "Import DICOM files and ZIPs.", "", needs=Action.STORE),)
