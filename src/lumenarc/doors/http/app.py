"""How is the web side put together? The table of routes, one guard before it, one mapping of errors (PS3.18 6)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from lumenarc.access import Action
from lumenarc.archive import Archive
from lumenarc.doors.http import (
    admin,
    bulkdata,
    corrections,
    dashboard,
    dictionary,
    events,
    films,
    frames,
    health,
    jobs,
    metadata,
    openapi,
    pages,
    printers,
    qido,
    remotes,
    rendered,
    samples,
    session,
    stow,
    studies,
    upload,
    users,
    wado,
    wado_uri,
    worklist,
)
from lumenarc.doors.http.context import Context, Endpoint, ServerInfo, check_aet
from lumenarc.doors.http.guard import Guard
from lumenarc.doors.http.respond import error_response, log
from lumenarc.doors.http.router import Answer, Application, Found, Router
from lumenarc.errors import BadRequest, LumenarcError, NotFound, NotSignedIn
from lumenarc.metrics import Meter, Series

ROUTES: tuple[Endpoint, ...] = (
    *qido.ENDPOINTS,
    *wado.ENDPOINTS,
    *metadata.ENDPOINTS,
    *frames.ENDPOINTS,
    *bulkdata.ENDPOINTS,
    *rendered.ENDPOINTS,
    *stow.ENDPOINTS,
    *wado_uri.ENDPOINTS,
    *admin.ENDPOINTS,
    *corrections.ENDPOINTS,
    *remotes.ENDPOINTS,
    *jobs.ENDPOINTS,
    *worklist.ENDPOINTS,
    *studies.ENDPOINTS,
    *upload.ENDPOINTS,
    *dashboard.ENDPOINTS,
    *dictionary.ENDPOINTS,
    *films.ENDPOINTS,
    *printers.ENDPOINTS,
    *samples.ENDPOINTS,
    *events.ENDPOINTS,
    *session.ENDPOINTS,
    *users.ENDPOINTS,
    *health.ENDPOINTS,
    *pages.ENDPOINTS,
)
_OUTCOMES = ("2xx", "3xx", "4xx", "5xx")
_PREFIXES = {"rs": ("/dicom-web", "/aets/{aet}/rs"), "wado": ("", "/aets/{aet}"), "": ("",)}


def create_app(archive: Archive, info: ServerInfo, routes: Sequence[Endpoint] = ROUTES) -> ASGIApp:
    """Return the application, of all that the archive answers or of some of it."""
    context = Context(archive, info)
    text = json.dumps(openapi.document(routes, _PREFIXES, info.version)).encode()

    async def described(_context: Context, _request: Request) -> Response:
        return Response(text, media_type="application/json")

    table = (*routes, Endpoint("GET", "/openapi.json", described, "This description.", "", needs=Action.OPEN))
    router = Router(
        (endpoint.method, prefix + endpoint.path, _measured(info.meter, endpoint, _called(context, endpoint)))
        for endpoint in table
        for prefix in _PREFIXES[endpoint.root]
    )
    return Guard(Application(router, _missing), archive.settings, info.meter)


def _missing(request: Request, found: Found) -> Response:
    request_id = request.scope.get("lumenarc.request_id", "")
    if not found.methods:
        return error_response(NotFound("There is nothing at this address."), request_id)
    response = error_response(BadRequest("This address does not answer this method."), request_id)
    response.status_code = 405
    response.headers["Allow"] = ", ".join(found.methods)
    return response


def series(routes: Sequence[Endpoint] = ROUTES) -> tuple[Series, ...]:
    """Return what this door counts: each route with each kind of outcome."""
    counted = tuple(
        Series("http", (("method", method), ("route", path), ("outcome", outcome)))
        for method, path in sorted({(endpoint.method, endpoint.path) for endpoint in routes})
        for outcome in _OUTCOMES
    )
    return (*counted, *(Series(f"{way}_bytes", (("door", "http"),)) for way in ("sent", "received")))


def _measured(meter: Meter, endpoint: Endpoint, answer: Answer) -> Answer:
    """Count the request with the seconds until its answer began."""

    async def call(request: Request) -> Response:
        started = time.monotonic()
        response = await answer(request)
        outcome = f"{response.status_code // 100}xx"
        labels = {"method": endpoint.method, "route": endpoint.path, "outcome": outcome}
        meter.count("http", time.monotonic() - started, 1, **labels)
        return response

    return call


def _called(context: Context, endpoint: Endpoint) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    needs = endpoint.needs
    if endpoint.path == "/metrics" and context.archive.settings.open_metrics:
        needs = Action.OPEN

    async def call(request: Request) -> Response:
        request_id = request.scope.get("lumenarc.request_id", "")
        try:
            await context.gate.admit(request, needs)
            check_aet(context, request)
            answer: Response = await endpoint.handler(context, request)
            return answer
        except LumenarcError as error:
            if error.http_status >= 500:
                log.warning("request failed", path=endpoint.path, status=error.http_status, error=str(error))
            refusal = error_response(error, request_id)
            if isinstance(error, NotSignedIn):
                refusal.headers["WWW-Authenticate"] = context.gate.challenge(request)
            return refusal
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception:  # noqa: BLE001 - the door's last resort: nothing of it reaches the client
            log.exception("request broke", path=endpoint.path, request_id=request_id)
            return error_response(LumenarcError("The server made a mistake; its log says more."), request_id)

    return call
