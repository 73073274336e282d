"""How are scheduled steps seen, made and changed, and performed ones seen? (/api/worklist, /api/mpps)"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint, json_body, number
from lumenarc.doors.http.gate import by
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import NotFound
from lumenarc.services import mpps, scheduling
from lumenarc.services.mpps import Shown

_ONE, _STEP = "/api/worklist/{id}", "/api/mpps/{uid}"


def _pk(request: Request) -> int:
    text = request.path_params["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound("There is no such scheduled step.")
    return int(text)


def _words(request: Request, *names: str) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip() for name in names}


async def _scheduled(context: Context, request: Request) -> Response:
    wanted = scheduling.Wanted(**_words(request, "state", "text", "modality", "station", "from_date", "to_date"))
    limit, offset = number(request, "limit", 100, 1000), number(request, "offset", 0, 10**9)
    total, items = await context.run(scheduling.page, context.archive, wanted, limit, offset)
    return json_response(request, {"total": total, "items": items})


async def _item(context: Context, request: Request) -> Response:
    return json_response(request, await context.run(scheduling.get, context.archive, _pk(request)))


async def _create(context: Context, request: Request) -> Response:
    given = await json_body(request)
    item = await context.run(scheduling.create, context.archive, given, by(request))
    return json_response(request, item, status=201)


async def _edit(context: Context, request: Request) -> Response:
    given = await json_body(request)
    return json_response(request, await context.run(scheduling.edit, context.archive, _pk(request), given))


async def _remove(context: Context, request: Request) -> Response:
    await context.run(scheduling.remove, context.archive, _pk(request))
    return Response(status_code=204)


async def _performed(context: Context, request: Request) -> Response:
    wanted = mpps.Wanted(**_words(request, "state", "study_uid", "text"))
    limit, offset = number(request, "limit", 100, 1000), number(request, "offset", 0, 10**9)
    total, found = await context.run(mpps.page, context.archive, wanted, limit, offset)
    return json_response(request, {"total": total, "items": [_line(one) for one in found]})


def _line(one: Shown) -> dict[str, Any]:
    step = one.step
    return {
        "uid": step.sop_instance_uid,
        "state": step.state,
        "study_uid": step.study_uid,
        "has_study": one.has_study,
        "source_aet": step.source_aet,
        "n_made": one.n_made,
        "n_stored": one.n_stored,
        "created_at": step.created_at,
        "updated_at": step.updated_at,
        "attributes": step.attrs,
    }


async def _step(context: Context, request: Request) -> Response:
    step = await context.run(mpps.get, context.archive, request.path_params["uid"])
    absent = await context.run(mpps.missing, context.archive, step)
    shown = {"uid": step.sop_instance_uid, "state": step.state, "attributes": step.attrs}
    return json_response(request, shown | {"missing": [one._asdict() for one in absent]})


ENDPOINTS = (
    Endpoint("GET", "/api/worklist", _scheduled, "Scheduled procedure steps.", "", needs=Action.VIEW),
    Endpoint("POST", "/api/worklist", _create, "Schedule a procedure step.", "", needs=Action.EDIT),
    Endpoint("GET", _ONE, _item, "One scheduled procedure step.", "", needs=Action.VIEW),
    Endpoint("PUT", _ONE, _edit, "Change a scheduled procedure step.", "", needs=Action.EDIT),
    Endpoint("DELETE", _ONE, _remove, "Remove a scheduled procedure step.", "", needs=Action.EDIT),
    Endpoint("GET", "/api/mpps", _performed, "Performed procedure steps.", "", needs=Action.VIEW),
    Endpoint(
        "GET",
        _STEP,
        _step,
        "One performed procedure step, and which of its objects are missing.",
        "",
        needs=Action.VIEW,
    ),
)
