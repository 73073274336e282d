"""Does an address find its handler as the table of routes says, whatever else the table holds?"""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from lumenarc.doors.http.router import Answer, Found, Router


def named(name: str) -> Answer:
    async def answer(_request: Request) -> Response:
        return Response(name)

    return answer


TABLE = {
    "GET /studies": "all",
    "POST /studies": "store",
    "GET /studies/count": "count",
    "GET /studies/{study}": "one",
    "DELETE /studies/{study}": "delete",
    "GET /studies/{study}/bulkdata/{path:path}": "bulk",
    "GET /{path:path}": "page",
    "GET /": "home",
}
HANDLERS = {line: named(name) for line, name in TABLE.items()}
ROUTER = Router((line.split()[0], line.split()[1], answer) for line, answer in HANDLERS.items())


def find(method: str, path: str) -> tuple[str, dict[str, str]]:
    found = ROUTER.find(method, path)
    line = next((line for line, answer in HANDLERS.items() if answer is found.answer), "")
    return TABLE.get(line, ""), found.params


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("GET", "/studies", "all", {}),
        ("POST", "/studies", "store", {}),
        ("HEAD", "/studies", "all", {}),
        ("GET", "/studies/count", "count", {}),
        ("GET", "/studies/1.2", "one", {"study": "1.2"}),
        ("DELETE", "/studies/count", "delete", {"study": "count"}),
        ("GET", "/studies/1.2/bulkdata/a/0/b", "bulk", {"study": "1.2", "path": "a/0/b"}),
        ("GET", "/", "home", {}),
        ("GET", "/assets/x.js", "page", {"path": "assets/x.js"}),
        ("GET", "/studies/", "page", {"path": "studies/"}),
        ("GET", "/studies/1.2/more", "page", {"path": "studies/1.2/more"}),
        ("GET", "//studies", "page", {"path": "/studies"}),
    ],
)
def test_addresses(method: str, path: str, name: str, params: dict[str, str]) -> None:
    assert find(method, path) == (name, params)


def test_what_is_missing_says_what_is_there() -> None:
    assert ROUTER.find("PUT", "/studies") == Found(None, {}, ("GET", "HEAD", "POST"))
    assert ROUTER.find("PATCH", "/studies/1.2") == Found(None, {}, ("DELETE", "GET", "HEAD"))
    assert Router([("GET", "/a", named("a"))]).find("GET", "/b") == Found(None, {})
