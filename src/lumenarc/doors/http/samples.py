"""How are sample studies loaded into an archive that is looked at for the first time?"""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import json_response


async def _load(context: Context, request: Request) -> Response:
    from lumenarc.services import samples  # with pydicom, which nothing else of the start needs

    return json_response(request, asdict(await context.run(samples.load, context.archive)))


ENDPOINTS = (Endpoint("POST", "/api/samples", _load, "Make sample studies and store them.", "", needs=Action.STORE),)
