"""How does a browser sign in and out, and what belongs to the one who is signed in? (/api/session, /api/tokens)"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import EVERYBODY, ROLES, Action, Who
from lumenarc.doors.http.context import Context, Endpoint, json_body
from lumenarc.doors.http.gate import COOKIE, host_of, refuse_foreign, who_of
from lumenarc.doors.http.respond import json_response
from lumenarc.errors import BadRequest, NotPermitted
from lumenarc.services import sign_in, users


def _told(who: Who | None, required: bool) -> dict[str, Any]:
    """Return what the page must know: whether to show the sign-in, and which buttons."""
    user = None if who is None or who is EVERYBODY else {"name": who.name, "role": who.role}
    may = [] if who is None else sorted(action.value for action in ROLES.get(who.role, ()))
    return {"required": required, "user": user, "may": may}


async def _session(context: Context, request: Request) -> Response:
    if not await context.gate.wants_sign_in():
        return json_response(request, _told(EVERYBODY, False))
    return json_response(request, _told(await context.gate.who(request), True))


async def _sign_in(context: Context, request: Request) -> Response:
    # Else another page could have somebody work under a name that is not theirs.
    refuse_foreign(request)
    given = await json_body(request)
    name, password = given.get("name"), given.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        raise BadRequest("Signing in needs a name and a password.")
    host = host_of(request)
    user = await context.gate.checked(name, password, host)
    secret, who = await context.run(sign_in.open_session, context.archive, user, host)
    response = json_response(request, _told(who, True))
    set_cookie(context, request, response, secret)
    return response


def set_cookie(context: Context, request: Request, response: Response, secret: str) -> None:
    """Give a browser its session: not to scripts, not to other sites, and over TLS only where there is TLS."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=context.archive.settings.session_max_hours * 3600,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"


async def _sign_out(context: Context, request: Request) -> Response:
    who = who_of(request)
    secret = request.cookies.get(COOKIE, "")
    if request.query_params.get("everywhere") == "1" and who.name:
        await context.run(sign_in.close_all, context.archive, who.name)
    elif secret:
        await context.run(sign_in.close_session, context.archive, secret)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _in_person(request: Request) -> Who:
    """Return who is calling; raise NotPermitted unless they signed in themselves: a token makes no other tokens."""
    who = who_of(request)
    if who.by != "session":
        raise NotPermitted("Sign in with the page for this.")
    return who


async def _password(context: Context, request: Request) -> Response:
    who, given = _in_person(request), await json_body(request)
    old, new = given.get("old"), given.get("new")
    if not isinstance(old, str) or not isinstance(new, str):
        raise BadRequest("Changing a password needs the old one and the new one.")
    where = {"host": host_of(request), "secret": request.cookies.get(COOKIE, "")}
    await context.run(sign_in.change_password, context.archive, who, old, new, **where)
    return Response(status_code=204)


async def _tokens(context: Context, request: Request) -> Response:
    found = await context.run(users.tokens, context.archive, _in_person(request).name)
    return json_response(request, [users.token_as_json(token) for token in found])


async def _make_token(context: Context, request: Request) -> Response:
    who, given = _in_person(request), await json_body(request)
    days = given.get("days", 90)
    if not isinstance(days, int):
        raise BadRequest("A token holds for 1 to 3660 days.")
    facts = {"label": str(given.get("label", "")), "role": str(given.get("role", "")), "days": days}
    secret, made = await context.run(users.make_token, context.archive, who.name, **facts)
    return json_response(request, {"token": secret, **users.token_as_json(made)}, status=201)


async def _revoke(context: Context, request: Request) -> Response:
    await context.run(users.revoke_token, context.archive, _in_person(request).name, request.path_params["id"])
    return Response(status_code=204)


ENDPOINTS = (
    Endpoint(
        "GET", "/api/session", _session, "Whether to sign in, who is signed in, what they may.", "", needs=Action.OPEN
    ),
    Endpoint("POST", "/api/session", _sign_in, "Sign in with name and password.", "", needs=Action.OPEN),
    Endpoint("DELETE", "/api/session", _sign_out, "Sign out, here or everywhere.", "", needs=Action.OWN),
    Endpoint("PUT", "/api/session/password", _password, "Change one's own password.", "", needs=Action.OWN),
    Endpoint("GET", "/api/tokens", _tokens, "One's own tokens for programs.", "", needs=Action.OWN),
    Endpoint("POST", "/api/tokens", _make_token, "Make a token for a program.", "", needs=Action.OWN),
    Endpoint("DELETE", "/api/tokens/{id}", _revoke, "End a token.", "", needs=Action.OWN),
)
