"""What does the dashboard ask for? Figures of the contents, and the associations with a way to cut one."""

from __future__ import annotations

import re
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest, NotFound
from lumenarc.services import statistics

_MOST_DAYS = 366
_OFFSET = re.compile(r"-?\d{1,4}")


async def _statistics(context: Context, request: Request) -> Response:
    days = request.query_params.get("days", "30")
    offset = request.query_params.get("offset", "0")
    if not (days.isascii() and days.isdigit() and 0 < int(days[:4]) <= _MOST_DAYS) or not _OFFSET.fullmatch(offset):
        raise BadRequest("Days are a number from 1 to 366, the offset minutes ahead of UTC.")
    found = await context.run(statistics.contents, context.archive, int(days), int(offset))
    return json_response(request, asdict(found))


async def _associations(context: Context, request: Request) -> Response:
    return json_response(request, context.info.associations())


async def _abort(context: Context, request: Request) -> Response:
    number = request.path_params["id"]
    if not (number.isascii() and number.isdigit() and len(number) < 18 and context.info.abort(int(number))):
        raise NotFound("There is no such association any more.")
    return Response(status_code=204)


ENDPOINTS = (
    Endpoint(
        "GET", "/api/statistics", _statistics, "Arrivals by day, holdings by modality, senders.", "", needs=Action.VIEW
    ),
    Endpoint("GET", "/api/associations", _associations, "Open associations.", "", needs=Action.VIEW),
    Endpoint("DELETE", "/api/associations/{id}", _abort, "Cut an association.", "", needs=Action.MANAGE),
)
