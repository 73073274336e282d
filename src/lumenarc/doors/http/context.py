"""What every HTTP handler knows, and how work leaves the event loop."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.archive import Archive
from lumenarc.doors.http.feed import Feed
from lumenarc.doors.http.gate import Gate
from lumenarc.errors import BadRequest, NotFound
from lumenarc.metrics import Meter, Table

T = TypeVar("T")
MAX_JSON_BYTES = 1 << 20
_SMALL_BODY_S = 60.0


def _none() -> list[dict[str, Any]]:
    return []


def _no_association(_number: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the program knows beside the archive: addresses, associations.

    `abort(id)` cuts an association and says whether there was one; `pages` is the built page; `closing` is set when
    the server stops, which ends the answers that have no end.
    """

    dicom_host: str = "127.0.0.1"
    dicom_port: int = 0
    version: str = "0"
    started_at_ms: int = 0
    associations: Callable[[], list[dict[str, Any]]] = _none
    abort: Callable[[int], bool] = _no_association
    closing: threading.Event = field(default_factory=threading.Event)
    meter: Meter = field(default_factory=lambda: Table().meter())
    pages: Path = Path(__file__).parents[2] / "web_dist"


@dataclass(frozen=True, slots=True)
class Context:
    """The archive, the server's facts and the bounds of concurrent work."""

    archive: Archive
    info: ServerInfo
    work: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(32))
    uploads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(64))
    feed: Feed = field(init=False)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        """Give feed and gate the archive that they look at."""
        object.__setattr__(self, "feed", Feed(self.archive))
        object.__setattr__(self, "gate", Gate(self.archive))

    async def run(self, function: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run a service in a bounded pool of threads."""
        return await anyio.to_thread.run_sync(functools.partial(function, *args, **named), limiter=self.work)


Handler = Callable[[Context, Request], Any]


COMMON_FAILS = (400, 401, 403, 404, 421, 429, 500, 503)


@dataclass(frozen=True, slots=True)
class Spec:
    """What an endpoint takes and gives, for its description: query parameters, media types by status, failures."""

    gives: Mapping[int, tuple[str, ...]]
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    fails: tuple[int, ...] = COMMON_FAILS
    also: tuple[str, ...] = ()
    """Media types that failures may have beside the error in JSON."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the table of routes; `root` "rs" and "wado" are served under every root of these services."""

    method: str
    path: str
    handler: Handler
    doc: str
    root: str = "rs"
    spec: Spec | None = None
    needs: Action | None = None
    """What one must be allowed to; without it nobody may, once sign-in is wanted."""


def check_aet(context: Context, request: Request) -> None:
    """Raise NotFound for a root of an AE that is not ours."""
    aet = request.path_params.get("aet")
    if aet is not None and aet != context.archive.settings.aet:
        raise NotFound("This archive has no such application entity.")


async def small_body(request: Request) -> bytes:
    """Read a small body; raise BadRequest when it is larger than 1 MiB, or not there within a minute."""
    body = bytearray()
    try:
        with anyio.fail_after(_SMALL_BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_JSON_BYTES:
                    raise BadRequest("The body is too large.")
    except TimeoutError:
        raise BadRequest("The body stopped arriving.") from None
    return bytes(body)


async def json_body(request: Request) -> dict[str, Any]:
    """Read a small JSON object; raise BadRequest for anything else."""
    try:
        value = json.loads(await small_body(request))
    except ValueError:
        raise BadRequest("The body is no JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body is no JSON object.")
    return value


def number(request: Request, name: str, default: int, most: int) -> int:
    """Return a whole number from the query parameters, at most `most`; raise BadRequest."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest(f"{name} is a number.")
    return min(int(text), most)


__all__ = ["Context", "Endpoint", "Handler", "Request", "Response", "ServerInfo", "Spec"]
