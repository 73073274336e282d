"""How are printers administered, and images printed on them? (/api/printers, /api/print)"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint, json_body
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest
from lumenarc.services import print_order, printers
from lumenarc.services.print_order import Wanted, WantedImage
from lumenarc.services.printers import Abilities, FilmPrinter

_ONE = "/api/printers/{title}"


def _shown(found: FilmPrinter) -> dict[str, Any]:
    return {"title": found.title, "description": found.description, **asdict(found.abilities)}


async def _all(context: Context, request: Request) -> Response:
    return json_response(request, [_shown(one) for one in await context.run(printers.all_printers, context.archive)])


async def _put(context: Context, request: Request) -> Response:
    given, plain = await json_body(request), Abilities()

    def words(name: str) -> tuple[str, ...]:
        found = given.get(name, getattr(plain, name))
        if not isinstance(found, list | tuple):
            raise BadRequest("Film sizes, media and layouts are lists.")
        return tuple(str(word).strip() for word in found)

    wanted = Abilities(
        bool(given.get("color", plain.color)),
        bool(given.get("presentation_lut", plain.presentation_lut)),
        bool(given.get("wide", plain.wide)),
        words("film_sizes"),
        words("media"),
        words("layouts"),
    )
    found = await context.run(printers.put, context.archive, request.path_params["title"], wanted)
    return json_response(request, _shown(found))


async def _remove(context: Context, request: Request) -> Response:
    await context.run(printers.remove, context.archive, request.path_params["title"])
    return Response(status_code=204)


async def _test(context: Context, request: Request) -> Response:
    answer = await context.run(printers.test, context.archive, request.path_params["title"])
    return json_response(request, asdict(answer))


async def _print(context: Context, request: Request) -> Response:
    given = await json_body(request)
    try:
        wanted = Wanted(
            str(given["printer"]),
            tuple(_image(one) for one in given["images"]),
            str(given.get("layout", "")),
            str(given.get("film_size", "")),
            bool(given.get("landscape", False)),
            str(given.get("medium", "")),
            int(given.get("copies", 1)),
            str(given.get("priority", "MED")),
            bool(given.get("texts", False)),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BadRequest("Printing needs a printer and images.") from None
    return json_response(request, {"job": await context.run(print_order.queue, context.archive, wanted)}, status=202)


def _image(given: dict[str, Any]) -> WantedImage:
    window = given.get("window")
    if window is not None:
        center, width = map(float, window)
        if not (math.isfinite(center) and math.isfinite(width)):
            raise ValueError
        window = center, width
    return WantedImage(
        str(given["sop_instance_uid"]), int(given.get("frame", 1)), window, bool(given.get("invert", False))
    )


ENDPOINTS = (
    Endpoint("GET", "/api/printers", _all, "Printers, with what they can do.", "", needs=Action.SEND),
    Endpoint("PUT", _ONE, _put, "Make a registered application entity a printer.", "", needs=Action.MANAGE),
    Endpoint("DELETE", _ONE, _remove, "Let an application entity be no printer any more.", "", needs=Action.MANAGE),
    Endpoint("POST", _ONE + "/test", _test, "Ask a printer how it is.", "", needs=Action.SEND),
    Endpoint("POST", "/api/print", _print, "Print images on a printer, by a job.", "", needs=Action.SEND),
)
