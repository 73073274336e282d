"""How is the web side described to programs? OpenAPI 3.1, made from the table of routes (PS3.18 8.9 asks for no less).

An endpoint that says what it takes and gives (`Spec`) is described by that; of the others the path alone is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lumenarc.doors.http.context import Endpoint

UID_PATTERN = "^[0-9.]{1,64}$"
_REASONS = {
    400: "The request makes no sense.", 401: "Sign in first.", 403: "It is not permitted.",
    429: "There were too many wrong passwords.", 404: "There is nothing at this address.",
    406: "None of the accepted media types can be given.", 409: "It is understood, and not done by policy.",
    410: "It was here and has been deleted.", 413: "It is larger than allowed.", 415: "The body's type is not taken.",
    416: "The range begins behind the end.", 421: "This host name is not served.",
    422: "The object cannot be decoded or shown.", 500: "Stored bytes are damaged, or the server made a mistake.",
    503: "It cannot be done now; try again later.", 507: "The storage is full.",
}  # fmt: skip
_GIVEN = {200: "It is done.", 201: "It has been made.", 202: "Some of it is done; the answer says what.",
          204: "There is nothing to give.", 206: "A part, as asked for, or what could be given.",
          304: "The caller has this version already."}  # fmt: skip
_TEXT: dict[str, Any] = {"type": "string"}
_PATH_SCHEMAS: dict[str, dict[str, Any]] = {
    "study": {"type": "string", "pattern": UID_PATTERN},
    "series": {"type": "string", "pattern": UID_PATTERN},
    "inst": {"type": "string", "pattern": UID_PATTERN},
    "frames": {"type": "string", "pattern": "^[1-9][0-9]{0,6}(,[1-9][0-9]{0,6})*$"},
}
_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "accept": (_TEXT, "Media types, in place of the Accept header (PS3.18 8.3.3.1)."),
    "limit": ({"type": "integer", "minimum": 0}, "The most results."),
    "offset": ({"type": "integer", "minimum": 0}, "How many results to pass over."),
    "fuzzymatching": ({"type": "boolean"}, "Compare names by their sound."),
    "includefield": (_TEXT, "Attributes to return: keywords or tags with commas between, or `all`."),
    "orderby": (_TEXT, "Attributes to order by, `-` before one for descending."),
    "q": (_TEXT, "Words that must all occur in the study or its patient."),
    "PatientID": (_TEXT, "A key; so is any other attribute, by keyword, tag or path."),
    "PatientName": (_TEXT, "A name, with * and ?."),
    "StudyDate": (_TEXT, "A date or a range of dates."),
    "AccessionNumber": (_TEXT, "An accession number, with * and ?."),
    "ModalitiesInStudy": (_TEXT, "Modalities with commas between; one of them is enough."),
    "Modality": (_TEXT, "The modality of a series."),
    "StudyInstanceUID": (_TEXT, "Study Instance UIDs with commas between."),
    "SeriesInstanceUID": (_TEXT, "Series Instance UIDs with commas between."),
    "SOPInstanceUID": (_TEXT, "SOP Instance UIDs with commas between."),
    "dicomdir": ({"type": "boolean"}, "Put a DICOMDIR into the ZIP."),
    "viewport": (_TEXT, "vw,vh or vw,vh,sx,sy,sw,sh (PS3.18 8.3.5.1.3)."),
    "window": (_TEXT, "center,width and linear, linear-exact or sigmoid (PS3.18 8.3.5.1.4)."),
    "quality": ({"type": "integer", "minimum": 1, "maximum": 100}, "The quality of a lossy picture."),
    "annotation": (_TEXT, "patient, technique or both."),
    "iccprofile": ({"type": "string", "enum": ["no", "yes", "srgb"]}, "Which ICC profile to embed."),
    "requestType": ({"type": "string", "enum": ["WADO"]}, "Always WADO."),
    "studyUID": ({"type": "string", "pattern": UID_PATTERN}, "Study Instance UID."),
    "seriesUID": ({"type": "string", "pattern": UID_PATTERN}, "Series Instance UID."),
    "objectUID": ({"type": "string", "pattern": UID_PATTERN}, "SOP Instance UID."),
    "contentType": (_TEXT, "Media types, the best first."),
    "transferSyntax": (_TEXT, "A transfer syntax UID, or * for the stored one."),
    "anonymize": ({"type": "string", "enum": ["yes"]}, "De-identify the object (PS3.15 E.1)."),
    "frameNumber": ({"type": "integer", "minimum": 1}, "The frame to show."),
    "rows": ({"type": "integer", "minimum": 1}, "The most rows of the picture."),
    "columns": ({"type": "integer", "minimum": 1}, "The most columns of the picture."),
    "region": (_TEXT, "left,top,right,bottom from 0 to 1."),
    "windowCenter": ({"type": "number"}, "The window's center, with windowWidth."),
    "windowWidth": ({"type": "number"}, "The window's width, with windowCenter."),
    "imageQuality": ({"type": "integer", "minimum": 1, "maximum": 100}, "The quality of a lossy picture."),
    "presentationUID": (_TEXT, "A presentation state to apply, with presentationSeriesUID."),
    "presentationSeriesUID": (_TEXT, "The series of the presentation state."),
}
_REQUIRED = frozenset(("requestType", "studyUID", "seriesUID", "objectUID"))
_HEADERS = {
    "Range": "The bytes wanted, bytes=first-last.",
    "If-None-Match": "Entity tags that the caller has.",
}
_ERROR = {
    "type": "object",
    "required": ["error", "request_id"],
    "properties": {"error": _TEXT, "kind": _TEXT, "request_id": _TEXT},
}


def document(endpoints: Iterable[Endpoint], prefixes: Mapping[str, tuple[str, ...]], version: str) -> dict[str, Any]:
    """Return the OpenAPI document of these endpoints."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        for prefix in prefixes[endpoint.root]:
            path = (prefix + endpoint.path).replace(":path}", "}")
            paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lumenarc", "version": version, "description": "DICOMweb and the administration API."},
        "paths": paths,
        "components": {"schemas": {"Error": _ERROR}},
    }


def _operation(endpoint: Endpoint, path: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS.get(name, _TEXT)}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    found: dict[str, Any] = {"summary": endpoint.doc, "parameters": parameters}
    spec = endpoint.spec
    if spec is None:
        found["responses"] = {"default": {"description": "An answer in JSON, or an error as {error, request_id}."}}
        return found
    for name in spec.query:
        schema, text = _PARAMETERS[name]
        required = name in _REQUIRED
        parameters.append({"name": name, "in": "query", "required": required, "description": text, "schema": schema})
    for name in spec.headers:
        parameters.append({"name": name, "in": "header", "description": _HEADERS[name], "schema": _TEXT})
    if spec.body:
        content: dict[str, Any] = {media_type: {"schema": {}} for media_type in spec.body}
        found["requestBody"] = {"required": True, "content": content}
    found["responses"] = {
        **{str(status): _given(status, types) for status, types in spec.gives.items()},
        **{str(status): _failure(status, spec.also) for status in spec.fails},
    }
    return found


def _given(status: int, media_types: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _GIVEN[status]}
    if media_types:
        found["content"] = {media_type: {} for media_type in media_types}
    return found


def _failure(status: int, also: tuple[str, ...]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    content.update({media_type: {} for media_type in also})
    return {"description": _REASONS[status], "content": content}
