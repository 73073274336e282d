"""How does the page act on studies? Delete with a way back, download, export, anonymise, regroup series, tell sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from lumenarc.access import Action
from lumenarc.archive import Archive
from lumenarc.dicom.deidentify_policy import Policy
from lumenarc.doors.http.addresses import SERIES, uids
from lumenarc.doors.http.context import Context, Endpoint, json_body
from lumenarc.doors.http.gate import by
from lumenarc.doors.http.respond import json_response, stream
from lumenarc.errors import BadRequest, LumenarcError, NotFound
from lumenarc.protocol.web.uris import uid
from lumenarc.services import anonymize, bundle, correct, delete, packing, regroup, retrieve, statistics

_MOST_STUDIES = 500
_MOST_REASON = 300
Target = tuple[str, str | None, str | None]


async def _facts(context: Context, request: Request) -> Response:
    study = uid(request.path_params["study"], "Study Instance UID")
    return json_response(request, asdict(await context.run(statistics.study_facts, context.archive, study)))


async def _delete(context: Context, request: Request) -> Response:
    given = await json_body(request)
    items = given.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= _MOST_STUDIES:
        raise BadRequest(f"Deleting needs 1 to {_MOST_STUDIES} items.")
    targets = [_target(item) for item in items]
    reason = str(given.get("reason", ""))[:_MOST_REASON]
    return json_response(
        request, {"results": await context.run(_delete_all, context.archive, targets, by(request), reason)}
    )


def _target(item: Any) -> Target:
    if not isinstance(item, dict):
        raise BadRequest("An item is an object with study_uid.")
    series, sop_instance = item.get("series_uid"), item.get("sop_instance_uid")
    return (
        uid(str(item.get("study_uid", "")), "Study Instance UID"),
        uid(str(series), "Series Instance UID") if series else None,
        uid(str(sop_instance), "SOP Instance UID") if sop_instance else None,
    )


def _delete_all(archive: Archive, targets: list[Target], who: str, reason: str) -> list[dict[str, Any]]:
    """Delete one after the other; what cannot be deleted does not stop the rest."""
    results = []
    for study_uid, series_uid, sop_instance_uid in targets:
        result: dict[str, Any] = {"study_uid": study_uid, "trash_id": None, "n_instances": 0, "error": ""}
        try:
            done = delete.delete(archive, study_uid, series_uid, sop_instance_uid, by=who, reason=reason)
            result |= {"trash_id": done.trash_pk, "n_instances": done.n_instances}
        except LumenarcError as error:
            result["error"] = str(error)
        results.append(result)
    return results


async def _download(context: Context, request: Request) -> Response:
    """Send a ZIP with a DICOMDIR; studies that went away meanwhile are left out."""
    names = [name for name in request.query_params.get("studies", "").split(",") if name]
    if not 0 < len(names) <= _MOST_STUDIES:
        raise BadRequest(f"A download has 1 to {_MOST_STUDIES} studies.")
    studies = tuple(uid(name, "Study Instance UID") for name in dict.fromkeys(names))
    found = await context.run(retrieve.select, context.archive, retrieve.Uids(study_uids=studies))
    if not found:
        raise NotFound("Nothing is stored under these UIDs.")
    packed: Iterator[bytes] = packing.zipped(
        context.archive, found, lambda inst: (inst.transfer_syntax_uid,), with_dicomdir=True
    )
    headers = {"Content-Disposition": 'attachment; filename="studies.zip"'}
    return await stream(context, packed, "application/zip", headers=headers)


def _studies(given: dict[str, Any]) -> tuple[str, ...]:
    names = given.get("studies")
    if not isinstance(names, list) or not 0 < len(names) <= _MOST_STUDIES:
        raise BadRequest(f"studies is a list of 1 to {_MOST_STUDIES} Study Instance UIDs.")
    return tuple(uid(str(name), "Study Instance UID") for name in dict.fromkeys(names))


def _policy(given: dict[str, Any]) -> Policy:
    options = given.get("options", [])
    if not isinstance(options, list):
        raise BadRequest("options is a list of options of PS3.15 E.3.")
    name, patient_id = given.get("patient_name"), given.get("patient_id")
    return Policy(
        frozenset(map(str, options)), str(name)[:64] if name else None, str(patient_id)[:64] if patient_id else None
    )


async def _anonymize(context: Context, request: Request) -> Response:
    given = await json_body(request)
    study = request.path_params.get("study")
    studies = (uid(study, "Study Instance UID"),) if study else _studies(given)
    job = await context.run(anonymize.start, context.archive, studies, _policy(given))
    return json_response(request, {"job": job}, status=202)


async def _export(context: Context, request: Request) -> Response:
    given = await json_body(request)
    wish = _policy(given) if given.get("anonymous") else None
    form = str(given.get("form", "stored"))
    job = await context.run(bundle.queue, context.archive, _studies(given), form, wish)
    return json_response(request, {"job": job}, status=202)


async def _job_file(context: Context, request: Request) -> Response:
    path = await context.run(bundle.made, context.archive, request.path_params["id"])
    return FileResponse(path, media_type="application/zip", filename="studies.zip")


async def _split(context: Context, request: Request) -> Response:
    study, series, _inst = uids(request)
    given = await json_body(request)
    chosen = given.get("instances")
    if not isinstance(chosen, list) or not 0 < len(chosen) <= regroup.MOST_INSTANCES:
        raise BadRequest("Splitting needs some objects of the series, and leaves some in it.")
    wanted = [uid(str(one), "SOP Instance UID") for one in chosen]
    changes = correct.checked("SERIES", given["changes"]) if given.get("changes") else {}
    reason = str(given.get("reason", ""))
    job = await context.run(regroup.split, context.archive, study, series, wanted, changes, reason)
    return json_response(request, {"job": job}, status=202)


async def _merge(context: Context, request: Request) -> Response:
    study, into, _inst = uids(request)
    given = await json_body(request)
    others = given.get("series")
    if not isinstance(others, list) or len(others) > _MOST_STUDIES:
        raise BadRequest("Merging needs other series of the study.")
    names = [uid(str(one), "Series Instance UID") for one in dict.fromkeys(others)]
    reason = str(given.get("reason", ""))
    return json_response(
        request, {"job": await context.run(regroup.merge, context.archive, study, into, names, reason)}, status=202
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/studies/{study}/anonymize",
        _anonymize,
        "Make an anonymised copy of a study.",
        "",
        needs=Action.EDIT,
    ),
    Endpoint("POST", "/api/anonymize", _anonymize, "Make anonymised copies of studies.", "", needs=Action.EDIT),
    Endpoint("POST", "/api/export", _export, "Pack studies into a ZIP, by a job.", "", needs=Action.VIEW),
    Endpoint("GET", "/api/jobs/{id}/file", _job_file, "The ZIP that a job has packed.", "", needs=Action.VIEW),
    Endpoint(
        "POST",
        "/api" + SERIES + "/split",
        _split,
        "Let some objects of a series become one of their own.",
        "",
        needs=Action.EDIT,
    ),
    Endpoint(
        "POST",
        "/api" + SERIES + "/merge",
        _merge,
        "Let the objects of other series come into this one.",
        "",
        needs=Action.EDIT,
    ),
    Endpoint(
        "GET",
        "/api/studies/{study}",
        _facts,
        "Size, origin and times of a study and its series.",
        "",
        needs=Action.VIEW,
    ),
    Endpoint(
        "POST", "/api/delete", _delete, "Delete studies, series or instances to the trash.", "", needs=Action.DELETE
    ),
    Endpoint("GET", "/api/download", _download, "Several studies as a ZIP with a DICOMDIR.", "", needs=Action.VIEW),
)
