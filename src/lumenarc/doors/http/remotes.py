"""How does the page search other archives and fetch from them? Rows come as lines of JSON, as they are found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.addresses import STUDY, uids
from lumenarc.doors.http.context import Context, Endpoint, json_body
from lumenarc.doors.http.respond import json_response, stream
from lumenarc.errors import LumenarcError
from lumenarc.services import fetching, remote
from lumenarc.services.remote import RemoteArchive

_ONE = "/api/remotes/{name}"
_LINES = "application/x-ndjson"


def _shown(found: RemoteArchive) -> dict[str, Any]:
    """Return what may be shown: of credentials only that there are some."""
    plain = asdict(found)
    plain["has_credentials"] = bool(plain.pop("web_authorization"))
    return plain


async def _all(context: Context, request: Request) -> Response:
    return json_response(request, [_shown(one) for one in await context.run(remote.all_remotes, context.archive)])


async def _put(context: Context, request: Request) -> Response:
    given, name = await json_body(request), request.path_params["name"]
    known = {one.name: one for one in await context.run(remote.all_remotes, context.archive)}
    secret = known[name].web_authorization if name in known else ""
    wanted = RemoteArchive(
        name,
        str(given.get("ae_title", "")).strip(),
        str(given.get("web_url", "")).strip(),
        # The page does not know the credentials, and leaves them out to keep them.
        str(given["web_authorization"]) if "web_authorization" in given else secret,
        str(given.get("fetch", "get")),
        bool(given.get("keep", True)),
    )
    return json_response(request, _shown(await context.run(remote.put, context.archive, wanted)))


async def _remove(context: Context, request: Request) -> Response:
    await context.run(remote.remove, context.archive, request.path_params["name"])
    return Response(status_code=204)


async def _test(context: Context, request: Request) -> Response:
    return json_response(request, await context.run(remote.test, context.archive, request.path_params["name"]))


async def _studies(context: Context, request: Request) -> Response:
    return await _found(context, request, "studies", "")


async def _series(context: Context, request: Request) -> Response:
    study, _series_uid, _inst = uids(request)
    return await _found(context, request, "series", study)


async def _found(context: Context, request: Request, what: str, study_uid: str) -> Response:
    params = request.query_params.multi_items()
    rows = remote.search(context.archive, request.path_params["name"], what, params, study_uid)

    def lines() -> Iterator[bytes]:
        n_rows, sent = 0, False
        try:
            for row in rows:
                n_rows, sent = n_rows + 1, True
                yield json.dumps({"row": row}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        except LumenarcError as error:
            if not sent:
                raise
            yield json.dumps({"error": str(error)}).encode() + b"\n"
            return
        yield json.dumps({"n_rows": n_rows}).encode() + b"\n"

    return await stream(context, lines(), _LINES)


async def _fetch(context: Context, request: Request) -> Response:
    study, _series_uid, _inst = uids(request)
    job = await context.run(fetching.fetch, context.archive, request.path_params["name"], study)
    return json_response(request, {"job": job}, status=202)


ENDPOINTS = (
    Endpoint("GET", "/api/remotes", _all, "Other archives.", "", needs=Action.VIEW),
    Endpoint("PUT", _ONE, _put, "Register or change another archive.", "", needs=Action.MANAGE),
    Endpoint("DELETE", _ONE, _remove, "Forget another archive.", "", needs=Action.MANAGE),
    Endpoint("POST", _ONE + "/test", _test, "Call another archive and see what it offers.", "", needs=Action.MANAGE),
    Endpoint("GET", _ONE + "/studies", _studies, "Search studies of another archive.", "", needs=Action.VIEW),
    Endpoint(
        "GET",
        _ONE + STUDY + "/series",
        _series,
        "Search the series of a study of another archive.",
        "",
        needs=Action.VIEW,
    ),
    Endpoint("POST", _ONE + STUDY + "/fetch", _fetch, "Fetch a study of another archive.", "", needs=Action.SEND),
)
