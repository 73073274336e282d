"""What every HTTP handler knows, and how work leaves the event loop."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from lumenarc.archive import Archive
from lumenarc.errors import BadRequest, NotFound, Unavailable

T = TypeVar("T")
MAX_JSON_BYTES = 1 << 20


class Jobs(Protocol):
    """The job service as the door sees it; every job is a plain JSON object."""

    def all(self) -> list[dict[str, Any]]:
        """Return the jobs, the newest first."""

    def cancel(self, job_id: str) -> None:
        """Cancel a job; raise NotFound."""

    def send(self, destination: str, studies: list[str], series: list[tuple[str, str]]) -> str:
        """Queue sending to a registered AE; return the job's id."""


def _none() -> list[dict[str, Any]]:
    return []


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the program knows beside the archive: addresses, associations, jobs, how to echo.

    `echo(title)` gives {ok, ms, error}; `pages` is the built page.
    """

    dicom_host: str = "127.0.0.1"
    dicom_port: int = 0
    version: str = "0"
    started_at_ms: int = 0
    associations: Callable[[], list[dict[str, Any]]] = _none
    jobs: Jobs | None = None
    echo: Callable[[str], dict[str, Any]] | None = None
    pages: Path = Path(__file__).parents[2] / "web_dist"


@dataclass(frozen=True, slots=True)
class Context:
    """The archive, the server's facts and the bounds of concurrent work."""

    archive: Archive
    info: ServerInfo
    work: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(32))
    uploads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(64))

    async def run(self, function: Callable[..., T], *args: Any, **named: Any) -> T:
        """Run a service in a bounded pool of threads."""
        return await anyio.to_thread.run_sync(functools.partial(function, *args, **named), limiter=self.work)

    def jobs(self) -> Jobs:
        """Return the job service; raise Unavailable when this server has none."""
        if self.info.jobs is None:
            raise Unavailable("Jobs are not running on this server.")
        return self.info.jobs


Handler = Callable[[Context, Request], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the table of routes; `dicomweb` paths are served under every root of the service."""

    method: str
    path: str
    handler: Handler
    doc: str
    root: str = "rs"


def check_aet(context: Context, request: Request) -> None:
    """Raise NotFound for a root of an AE that is not ours."""
    aet = request.path_params.get("aet")
    if aet is not None and aet != context.archive.settings.aet:
        raise NotFound("This archive has no such application entity.")


async def small_body(request: Request) -> bytes:
    """Read a small body; raise BadRequest when it is larger than 1 MiB."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise BadRequest("The body is too large.")
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


__all__ = ["Context", "Endpoint", "Handler", "Jobs", "Request", "Response", "ServerInfo"]
