"""Which handler answers an address? A tree of path segments, so that a hundred routes cost no more than one.

A segment of the table is literal or `{name}`; `{name:path}` takes all that is left. Literal goes before named, named
before the rest. HEAD is answered by GET's handler.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from lumenarc.doors.http.respond import BrokenOff

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    named: _Node | None = None
    rest: _Node | None = None
    """Methods and the names of the path's parameters, when an address may end here."""
    methods: dict[str, tuple[Answer, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What an address leads to: a handler with its parameters, or the methods that it has instead."""

    answer: Answer | None
    params: dict[str, str]
    methods: tuple[str, ...] = ()


class Router:
    """The table of routes, as a tree."""

    def __init__(self, routes: Iterable[tuple[str, str, Answer]]) -> None:
        """Build from (method, path, handler)."""
        self._root = _Node()
        for method, path, answer in routes:
            self._add(method, path, answer)

    def _add(self, method: str, path: str, answer: Answer) -> None:
        node = self._root
        names: list[str] = []
        for segment in path.split("/")[1:]:
            if not segment.startswith("{"):
                node = node.literal.setdefault(segment, _Node())
                continue
            names.append(segment[1:-1].removesuffix(":path"))
            if segment.endswith(":path}"):
                node.rest = node.rest or _Node()
                node = node.rest
            else:
                node.named = node.named or _Node()
                node = node.named
        node.methods[method] = answer, tuple(names)

    def find(self, method: str, path: str) -> Found:
        """Return what answers a request."""
        segments = path.split("/")[1:]
        allowed: dict[str, None] = {}
        for node, values in _ways(self._root, segments, 0, ()):
            found = node.methods.get(method) or (node.methods.get("GET") if method == "HEAD" else None)
            if found is not None:
                return Found(found[0], dict(zip(found[1], values, strict=True)))
            allowed.update(dict.fromkeys(node.methods))
        if "GET" in allowed:
            allowed["HEAD"] = None
        return Found(None, {}, tuple(sorted(allowed)))


def _ways(node: _Node, segments: list[str], at: int, values: tuple[str, ...]) -> Any:
    """Yield the nodes at which an address can end, the most literal first."""
    if at == len(segments):
        if node.methods:
            yield node, values
        return
    segment = segments[at]
    below = node.literal.get(segment)
    if below is not None:
        yield from _ways(below, segments, at + 1, values)
    if node.named is not None and segment:
        yield from _ways(node.named, segments, at + 1, (*values, segment))
    if node.rest is not None:
        yield node.rest, (*values, "/".join(segments[at:]))


class Application:
    """The ASGI application: finds the handler, sends its answer; a failure half way ends the connection, no more."""

    def __init__(self, router: Router, missing: Callable[[Request, Found], Response]) -> None:
        self._router, self._missing = router, missing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
            return
        found = self._router.find(scope["method"], scope["path"])
        scope["path_params"] = found.params
        request = Request(scope, receive)
        response = self._missing(request, found) if found.answer is None else await found.answer(request)
        if scope["method"] == "HEAD" and isinstance(response, StreamingResponse):
            # Nobody reads a study from the disk only to throw it away.
            await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
            await send({"type": "http.response.body", "body": b""})
            return
        # Returning before the end of a body makes the server close the connection.
        with suppress(BrokenOff, ClientDisconnect):
            await response(scope, receive, send)


async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    while scope["type"] == "lifespan":
        phase = (await receive())["type"]
        await send({"type": f"{phase}.complete"})
        if phase == "lifespan.shutdown":
            return
