"""How are jobs seen, started, cancelled and retried? (/api/jobs, /api/send)"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint, json_body, number
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest
from lumenarc.services import delivery, jobs


async def _jobs(context: Context, request: Request) -> Response:
    limit, offset = number(request, "limit", 100, 1000), number(request, "offset", 0, 10**9)
    found = await context.run(jobs.newest, context.archive, limit, offset)
    return json_response(request, [job.as_json() for job in found])


async def _job(context: Context, request: Request) -> Response:
    return json_response(request, (await context.run(jobs.get, context.archive, request.path_params["id"])).as_json())


async def _start(context: Context, request: Request) -> Response:
    task = str((await json_body(request)).get("task", ""))
    return json_response(request, {"job": await context.run(jobs.start, context.archive, task)}, status=202)


async def _cancel(context: Context, request: Request) -> Response:
    await context.run(jobs.cancel, context.archive, request.path_params["id"])
    return Response(status_code=204)


async def _retry(context: Context, request: Request) -> Response:
    await context.run(jobs.retry, context.archive, request.path_params["id"])
    return Response(status_code=204)


async def _send(context: Context, request: Request) -> Response:
    given = await json_body(request)
    try:
        wanted = delivery.Wanted(
            tuple(str(uid) for uid in given.get("studies", ())),
            tuple((str(one["study_uid"]), str(one["series_uid"])) for one in given.get("series", ())),
            tuple(str(uid) for uid in given.get("instances", ())),
        )
        destination = str(given["destination"])
    except (KeyError, TypeError):
        raise BadRequest("Sending needs a destination, and studies, series or instances.") from None
    job_id = await context.run(delivery.queue, context.archive, destination, wanted)
    return json_response(request, {"job": job_id}, status=202)


ENDPOINTS = (
    Endpoint("GET", "/api/jobs", _jobs, "Jobs: open ones first, then the newest.", "", needs=Action.VIEW),
    Endpoint("POST", "/api/jobs", _start, "Start a job: check, purge, evict or metadata.", "", needs=Action.MANAGE),
    Endpoint("GET", "/api/jobs/{id}", _job, "One job.", "", needs=Action.VIEW),
    Endpoint("POST", "/api/jobs/{id}/cancel", _cancel, "Cancel a job.", "", needs=Action.SEND),
    Endpoint("POST", "/api/jobs/{id}/retry", _retry, "Try a failed or cancelled job again.", "", needs=Action.SEND),
    Endpoint(
        "POST",
        "/api/send",
        _send,
        "Send studies, series or objects to an application entity, by a job.",
        "",
        needs=Action.SEND,
    ),
)
