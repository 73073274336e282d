"""How does the page run the archive? The administration API in plain JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint, json_body, number
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest
from lumenarc.services import ae, delete, echo, status

_SUMMARY = {
    "patient_name": "00100010",
    "patient_id": "00100020",
    "study_date": "00080020",
    "description": "00081030",
}


async def _server(context: Context, request: Request) -> Response:
    held = await context.run(status.status, context.archive)
    info = context.info
    return json_response(
        request,
        {
            "name": "Lumenarc",
            "version": info.version,
            "aet": context.archive.settings.aet,
            "dicom": {"host": info.dicom_host, "port": info.dicom_port},
            **asdict(held.totals),
            "free_bytes": held.free_bytes,
            "started_at": info.started_at_ms,
            "now": context.archive.now_ms(),
        },
    )


async def _aes(context: Context, request: Request) -> Response:
    return json_response(request, [asdict(entity) for entity in await context.run(ae.all_entities, context.archive)])


async def _ae(context: Context, request: Request) -> Response:
    return json_response(request, asdict(await context.run(ae.get, context.archive, request.path_params["title"])))


async def _put_ae(context: Context, request: Request) -> Response:
    given = await json_body(request)
    title = request.path_params.get("title", given.get("title", ""))
    try:
        entity = ae.ApplicationEntity(
            str(title),
            str(given["host"]),
            int(given["port"]),
            str(given.get("description", "")),
            bool(given.get("tls", False)),
            tuple(str(word) for word in given.get("may", ae.PERMISSIONS)),
            int(given.get("n_associations", 1)),
        )
    except (KeyError, TypeError, ValueError):
        raise BadRequest("An application entity has a title, a host and a port.") from None
    kept = await context.run(ae.put, context.archive, entity)
    return json_response(request, asdict(kept), status=201 if request.method == "POST" else 200)


async def _remove_ae(context: Context, request: Request) -> Response:
    await context.run(ae.remove, context.archive, request.path_params["title"])
    return Response(status_code=204)


async def _echo(context: Context, request: Request) -> Response:
    return json_response(request, asdict(await context.run(echo.echo, context.archive, request.path_params["title"])))


async def _unknown(context: Context, request: Request) -> Response:
    return json_response(request, [asdict(one) for one in await context.run(ae.unknown_callers, context.archive)])


async def _forget(context: Context, request: Request) -> Response:
    host = request.query_params.get("host")
    await context.run(ae.forget_unknown, context.archive, request.path_params["title"], host)
    return Response(status_code=204)


async def _trash(context: Context, request: Request) -> Response:
    limit, offset = number(request, "limit", 100, 1000), number(request, "offset", 0, 10**9)
    total, items = await context.run(delete.trash_items, context.archive, limit, offset)
    return json_response(request, {"total": total, "items": [_trash_item(item) for item in items]})


def _trash_item(item: Any) -> dict[str, Any]:
    plain = asdict(item)
    summary = json.loads(plain.pop("summary") or "{}")
    plain["id"] = plain.pop("pk")
    for name, tag in _SUMMARY.items():
        value = (summary.get(tag, {}).get("Value") or [""])[0]
        plain[name] = value.get("Alphabetic", "") if isinstance(value, dict) else value
    return plain


def _trash_id(request: Request) -> int:
    text = request.path_params["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise BadRequest("The id is a number.")
    return int(text)


async def _restore(context: Context, request: Request) -> Response:
    back, left = await context.run(delete.restore, context.archive, _trash_id(request))
    return json_response(request, {"restored": back, "left": left})


async def _purge(context: Context, request: Request) -> Response:
    await context.run(delete.purge, context.archive, _trash_id(request))
    return Response(status_code=204)


async def _settings(context: Context, request: Request) -> Response:
    settings = context.archive.settings
    values = settings.model_dump(mode="json")
    lines = []
    for name, line in type(settings).model_fields.items():
        extra = line.json_schema_extra if isinstance(line.json_schema_extra, dict) else {}
        # A database URL can hold a password.
        value = "…" if name == "database" and values[name] else values[name]
        kind = getattr(line.annotation, "__name__", str(line.annotation))
        default = line.default if isinstance(line.default, (int, float, list)) else str(line.default)
        facts = {"type": kind, "unit": extra.get("unit", ""), "doc": line.description}
        lines.append({"name": name, "value": value, "default": default, **facts})
    return json_response(request, lines)


ENDPOINTS = (
    Endpoint("GET", "/api/server", _server, "What this server is and holds.", "", needs=Action.VIEW),
    Endpoint("GET", "/api/aes", _aes, "Registered application entities.", "", needs=Action.SEND),
    Endpoint("POST", "/api/aes", _put_ae, "Register an application entity.", "", needs=Action.MANAGE),
    Endpoint("GET", "/api/aes/{title}", _ae, "One application entity.", "", needs=Action.SEND),
    Endpoint("PUT", "/api/aes/{title}", _put_ae, "Change an application entity.", "", needs=Action.MANAGE),
    Endpoint("DELETE", "/api/aes/{title}", _remove_ae, "Forget an application entity.", "", needs=Action.MANAGE),
    Endpoint("POST", "/api/aes/{title}/echo", _echo, "Send a C-ECHO to it.", "", needs=Action.SEND),
    Endpoint("GET", "/api/aes-unknown", _unknown, "Callers that were refused.", "", needs=Action.MANAGE),
    Endpoint("DELETE", "/api/aes-unknown/{title}", _forget, "Drop a refused caller.", "", needs=Action.MANAGE),
    Endpoint("GET", "/api/trash", _trash, "What can be restored.", "", needs=Action.DELETE),
    Endpoint("POST", "/api/trash/{id}/restore", _restore, "Restore a deletion.", "", needs=Action.DELETE),
    Endpoint("DELETE", "/api/trash/{id}", _purge, "Delete for good.", "", needs=Action.MANAGE),
    Endpoint("GET", "/api/settings", _settings, "Settings.", "", needs=Action.MANAGE),
)
