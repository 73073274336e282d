"""How is one object retrieved by query parameters? WADO-URI (PS3.18 9)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import stream
from lumenarc.errors import BadRequest, NotAcceptable
from lumenarc.protocol.web.uris import uid
from lumenarc.services import retrieve


async def _wado(context: Context, request: Request) -> Response:
    given = request.query_params
    if given.get("requestType") != "WADO":
        raise BadRequest("requestType must be WADO.")
    names = ("studyUID", "seriesUID", "objectUID")
    study, series, inst = (uid(given.get(name, ""), name) for name in names)
    (found,) = await context.run(retrieve.find, context.archive, study, series, inst)
    if "anonymize" in given:
        raise NotAcceptable("De-identified objects are not served here yet.")
    if given.get("contentType", "application/dicom") != "application/dicom":
        raise NotAcceptable("Only application/dicom is served here.")
    chunks = retrieve.whole_file(context.archive, found)
    return await stream(context, chunks, "application/dicom", length=retrieve.file_size(found))


ENDPOINTS = (Endpoint("GET", "/wado", _wado, "Retrieve one object by WADO-URI (PS3.18 9).", "wado"),)
