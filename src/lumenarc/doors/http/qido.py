"""How are searches answered? QIDO-RS on all levels and relations (PS3.18 10.6)."""

from __future__ import annotations

import csv
import io
import secrets
from dataclasses import replace
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.dicom_xml import to_xml
from lumenarc.dicom.dictionary import keyword_of
from lumenarc.dicom.query import Attributes, Query
from lumenarc.dicom.query_parse import from_qido, not_matched
from lumenarc.doors.http.accept import accepted
from lumenarc.doors.http.addresses import base_url
from lumenarc.doors.http.context import COMMON_FAILS, Context, Endpoint, Spec
from lumenarc.doors.http.respond import DICOM_JSON, json_response, warning
from lumenarc.errors import NotAcceptable
from lumenarc.protocol.web.media_types import best
from lumenarc.protocol.web.multipart import closing, part_head
from lumenarc.protocol.web.uris import uid
from lumenarc.services import query as searching

_KEYWORDS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}
_OFFERS = (DICOM_JSON, "application/json", "multipart/related", "text/csv")
_UIDS = {"study": "0020000D", "series": "0020000E", "instance": "00080018"}


def _query(request: Request, level: Level) -> Query:
    uids = {
        keyword: uid(request.path_params[name], keyword)
        for name, keyword in _KEYWORDS.items()
        if name in request.path_params
    }
    return from_qido(level, uids, request.query_params.multi_items())


async def _search(context: Context, request: Request, level: Level) -> Response:
    wishes = accepted(request)
    media_type = best(wishes, _OFFERS)
    if media_type is None:
        raise NotAcceptable("Searches are answered as application/dicom+json, multipart XML or text/csv.")
    asked = _query(request, level)
    most = context.archive.settings.qido_max_results
    limit = most if asked.limit is None else min(asked.limit, most)
    rows, truncated = await context.run(_rows, context, asked, limit)
    base = base_url(request)
    for row in rows:
        _finish(row, base)
    texts = []
    if truncated and (asked.limit is None or asked.limit > most):
        texts.append("There are more results; use limit and offset.")
    ignored = not_matched(level, request.query_params.multi_items())
    if ignored:
        texts.append(f"Not matched at this level: {', '.join(ignored)}.")
    headers = {"Warning": ", ".join(warning(request, text) for text in texts)} if texts else {}
    if not rows:
        return Response(status_code=204, headers=headers)
    response = _written(request, rows, media_type)
    response.headers.update(headers)
    return response


def _rows(context: Context, asked: Query, limit: int) -> tuple[list[Attributes], bool]:
    if limit == 0:
        return [], False
    found = list(islice(searching.search(context.archive, replace(asked, limit=limit + 1)), limit + 1))
    return found[:limit], len(found) > limit


def _finish(row: Attributes, base: str) -> None:
    """Add where the object is retrieved; drop a list of modalities without values, which stops OHIF."""
    if not row.get("00080061", {"Value": True}).get("Value"):
        del row["00080061"]
    url = base
    for name, tag in _UIDS.items():
        value = row.get(tag, {}).get("Value")
        if value and (name == "study" or url != base):
            url += f"/{'studies' if name == 'study' else name + ('s' if name == 'instance' else '')}/{value[0]}"
    if url != base:
        row["00081190"] = {"vr": "UR", "Value": [url]}


def _written(request: Request, rows: list[Attributes], media_type: str) -> Response:
    if media_type == "text/csv":
        return Response(_csv(rows), media_type="text/csv; charset=utf-8", headers={"Vary": "Accept"})
    if media_type == "multipart/related":
        boundary = secrets.token_hex(12)
        head = part_head(boundary, {"Content-Type": "application/dicom+xml"})
        body = b"".join(head + to_xml(row) for row in rows) + closing(boundary)
        content = f'multipart/related; type="application/dicom+xml"; boundary={boundary}'
        return Response(body, headers={"Vary": "Accept"}, media_type=content)
    return json_response(request, [dict(sorted(row.items())) for row in rows], media_type)


def _csv(rows: list[Attributes]) -> str:
    tags = sorted({tag for row in rows for tag, entry in row.items() if entry.get("vr") != "SQ"})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([keyword_of(int(tag, 16)) or tag for tag in tags])
    for row in rows:
        writer.writerow([_cell(row.get(tag, {})) for tag in tags])
    return out.getvalue()


def _cell(entry: dict[str, object]) -> str:
    values = entry.get("Value")
    if not isinstance(values, list):
        return ""
    texts = ["=".join(value.values()) if isinstance(value, dict) else str(value) for value in values]
    text = "\\".join(texts)
    # A cell that a spreadsheet would take for a formula is text.
    return "'" + text if text[:1] in ("=", "+", "@", "\t") else text


async def _count(context: Context, request: Request, level: Level) -> Response:
    n_found = await context.run(searching.count, context.archive, _query(request, level))
    return json_response(request, {"count": n_found})


async def _size(context: Context, request: Request) -> Response:
    n_bytes = await context.run(searching.size_bytes, context.archive, _query(request, Level.STUDY))
    return json_response(request, {"bytes": n_bytes})


_KEYS = (
    *("PatientID", "PatientName", "StudyDate", "AccessionNumber", "ModalitiesInStudy", "Modality"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "q", "fuzzymatching"),
)
_SEARCH = Spec(
    {200: _OFFERS, 204: ()},
    (*_KEYS, "limit", "offset", "includefield", "orderby", "accept"),
    fails=(*COMMON_FAILS, 406),
)
_COUNT = Spec({200: ("application/json",)}, _KEYS)


def _endpoints() -> tuple[Endpoint, ...]:
    paths = (
        ("/patients", Level.PATIENT),
        ("/studies", Level.STUDY),
        ("/series", Level.SERIES),
        ("/instances", Level.IMAGE),
        ("/studies/{study}/series", Level.SERIES),
        ("/studies/{study}/instances", Level.IMAGE),
        ("/studies/{study}/series/{series}/instances", Level.IMAGE),
    )
    sizes = Endpoint(
        "GET", "/studies/size", _size, "Add up the bytes of studies that match.", spec=_COUNT, needs=Action.VIEW
    )
    made = [sizes]
    for path, level in paths:

        async def search(context: Context, request: Request, level: Level = level) -> Response:
            return await _search(context, request, level)

        async def count(context: Context, request: Request, level: Level = level) -> Response:
            return await _count(context, request, level)

        what = path.rsplit("/", 1)[1]
        made.append(Endpoint("GET", path, search, f"Search {what} (PS3.18 10.6).", spec=_SEARCH, needs=Action.VIEW))
        made.append(
            Endpoint("GET", path + "/count", count, f"Count {what} that match.", spec=_COUNT, needs=Action.VIEW)
        )
    return tuple(made)


ENDPOINTS = _endpoints()
