"""How does the page correct patients, studies and series? Changes in the DICOM JSON Model, each with a reason."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.addresses import SERIES, STUDY, uids
from lumenarc.doors.http.context import Context, Endpoint, json_body
from lumenarc.doors.http.gate import by
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest
from lumenarc.services import correct

_PATIENT = "/api/patients/{id}"


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise BadRequest(f"{name} is a number.")
    return int(text)


def _patient(patient: correct.Patient) -> dict[str, Any]:
    return {"id": patient.pk, "attributes": patient.attrs, "n_studies": patient.n_studies}


async def _request(request: Request) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body, and who corrects for which reason."""
    given = await json_body(request)
    return given, {"by": by(request), "reason": str(given.get("reason", ""))}


def _changes(given: dict[str, Any], level: str, name: str = "changes") -> dict[str, Any]:
    changes = given.get(name)
    if not isinstance(changes, dict):
        raise BadRequest(f"{name} is an object of attributes in the DICOM JSON Model.")
    return correct.checked(level, changes)


async def _patients(context: Context, request: Request) -> Response:
    limit = min(_number(request.query_params.get("limit", "50"), "limit"), 1000)
    offset = _number(request.query_params.get("offset", "0"), "offset")
    text = request.query_params.get("q", "").strip()
    total, found = await context.run(correct.find_patients, context.archive, text, limit, offset)
    return json_response(request, {"total": total, "patients": [_patient(one) for one in found]})


async def _get_patient(context: Context, request: Request) -> Response:
    pk = _number(request.path_params["id"], "id")
    return json_response(request, _patient(await context.run(correct.get_patient, context.archive, pk)))


async def _edit_patient(context: Context, request: Request) -> Response:
    pk = _number(request.path_params["id"], "id")
    given, why = await _request(request)
    studies = await context.run(correct.edit_patient, context.archive, pk, _changes(given, "PATIENT"), **why)
    return json_response(request, {"studies": studies})


async def _merge(context: Context, request: Request) -> Response:
    source = _number(request.path_params["id"], "id")
    given, why = await _request(request)
    target = _number(str(given.get("into", "")), "into")
    studies = await context.run(correct.merge_patients, context.archive, source, target, **why)
    return json_response(request, {"studies": studies})


async def _edit_study(context: Context, request: Request) -> Response:
    study, _series, _inst = uids(request)
    given, why = await _request(request)
    await context.run(correct.edit_study, context.archive, study, _changes(given, "STUDY"), **why)
    return Response(status_code=204)


async def _edit_series(context: Context, request: Request) -> Response:
    study, series, _inst = uids(request)
    given, why = await _request(request)
    await context.run(correct.edit_series, context.archive, study, series, _changes(given, "SERIES"), **why)
    return Response(status_code=204)


async def _move(context: Context, request: Request) -> Response:
    study, _series, _inst = uids(request)
    given, why = await _request(request)
    if "new_patient" in given:
        target: Any = _changes(given, "PATIENT", "new_patient")
    else:
        target = _number(str(given.get("patient", "")), "patient")
    return json_response(
        request, {"patient": await context.run(correct.move_study, context.archive, study, target, **why)}
    )


async def _patient_of_study(context: Context, request: Request) -> Response:
    study, _series, _inst = uids(request)
    return json_response(request, _patient(await context.run(correct.patient_of, context.archive, study)))


async def _history(context: Context, request: Request) -> Response:
    study, _series, _inst = uids(request)
    return json_response(request, [asdict(line) for line in await context.run(correct.history, context.archive, study)])


ENDPOINTS = (
    Endpoint("GET", "/api/patients", _patients, "Patients by ID or beginning of a name.", "", needs=Action.VIEW),
    Endpoint("GET", _PATIENT, _get_patient, "One patient.", "", needs=Action.VIEW),
    Endpoint("PUT", _PATIENT, _edit_patient, "Correct attributes of a patient.", "", needs=Action.EDIT),
    Endpoint("POST", _PATIENT + "/merge", _merge, "Merge a patient into another.", "", needs=Action.EDIT),
    Endpoint("PUT", "/api" + STUDY, _edit_study, "Correct attributes of a study.", "", needs=Action.EDIT),
    Endpoint("PUT", "/api" + SERIES, _edit_series, "Correct attributes of a series.", "", needs=Action.EDIT),
    Endpoint("POST", "/api" + STUDY + "/move", _move, "Move a study to another patient.", "", needs=Action.EDIT),
    Endpoint("GET", "/api" + STUDY + "/patient", _patient_of_study, "The patient of a study.", "", needs=Action.VIEW),
    Endpoint("GET", "/api" + STUDY + "/corrections", _history, "What was corrected of a study.", "", needs=Action.VIEW),
)
