"""How does an administrator look after users? (/api/users)"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint, json_body
from lumenarc.doors.http.gate import by
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest
from lumenarc.services import users


def _as_json(user: users.Account) -> dict[str, Any]:
    facts = {key: getattr(user, key) for key in ("name", "role", "disabled", "created_at", "signed_in_at")}
    return {**facts, "elsewhere": user.subject is not None}


async def _all(context: Context, request: Request) -> Response:
    found = await context.run(users.all_users, context.archive)
    return json_response(request, [_as_json(user) for user in found])


async def _add(context: Context, request: Request) -> Response:
    given = await json_body(request)
    name, password, role = (given.get(key) for key in ("name", "password", "role"))
    if not (isinstance(name, str) and isinstance(password, str) and isinstance(role, str)):
        raise BadRequest("A user has a name, a password and a role.")
    made = await context.run(users.add, context.archive, name, password, role, by=by(request))
    context.gate.forget()
    return json_response(request, _as_json(made), status=201)


async def _change(context: Context, request: Request) -> Response:
    """Change what the body names: password, role, disabled."""
    name, given = request.path_params["name"], await json_body(request)
    archive, who = context.archive, by(request)
    if "role" in given:
        await context.run(users.set_role, archive, name, str(given["role"]), by=who)
    if "disabled" in given:
        await context.run(users.set_disabled, archive, name, bool(given["disabled"]), by=who)
    if "password" in given:
        await context.run(users.set_password, archive, name, str(given["password"]), by=who)
    return json_response(request, _as_json(await context.run(users.get, archive, name)))


async def _remove(context: Context, request: Request) -> Response:
    await context.run(users.remove, context.archive, request.path_params["name"], by=by(request))
    return Response(status_code=204)


ENDPOINTS = (
    Endpoint("GET", "/api/users", _all, "Those who may sign in.", "", needs=Action.MANAGE),
    Endpoint("POST", "/api/users", _add, "Make a user.", "", needs=Action.MANAGE),
    Endpoint(
        "PUT",
        "/api/users/{name}",
        _change,
        "Change role, password or whether a user is disabled.",
        "",
        needs=Action.MANAGE,
    ),
    Endpoint("DELETE", "/api/users/{name}", _remove, "Remove a user.", "", needs=Action.MANAGE),
)
