"""How the program is put together: opens the archive, starts the doors, says it is ready, drains when told to stop."""

from __future__ import annotations

import errno
import fcntl
import gc
import ipaddress
import os
import resource
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import structlog
import uvicorn

from lumenarc import __version__, log
from lumenarc.archive import Archive, open_archive
from lumenarc.config import BadSetting, Settings
from lumenarc.doors.dimse.server import open_server
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo
from lumenarc.doors.http.patience import bounded
from lumenarc.doors.worker.runner import Runner
from lumenarc.doors.worker.tasks import TASKS
from lumenarc.errors import Unavailable
from lumenarc.services import check
from lumenarc.transport.server import Server

_DRAIN_S = 10
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the doors listen, for the line on standard output."""

    dicom: str
    http: str
    aet: str

    def line(self) -> str:
        """Return the line that says that the archive is ready."""
        return f"ready dicom={self.dicom} http={self.http} aet={self.aet}"


def serve(settings: Settings) -> int:
    """Run the archive until SIGTERM or SIGINT; return the exit code.

    Raises BadSetting for an address that may not be listened on, Unavailable when a port or the data folder is taken.
    """
    log.configure(settings.log_level, settings.log_format)
    _check_public(settings)
    _allow_many_files()
    http = listen(settings.host, settings.http_port)
    with http, _only_one(settings), _recovered(settings) as archive:
        dicom = _open_dicom(archive, settings)
        host, port = http.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        ready = Ready(f"{shown}:{dicom.port}", f"http://{shown}:{port}/", settings.aet)
        info = ServerInfo(
            dicom_host=settings.host,
            dicom_port=dicom.port,
            version=__version__,
            started_at_ms=archive.now_ms(),
            associations=lambda: [asdict(entry) for entry in dicom.associations()],
            abort=dicom.abort,
        )
        app = create_app(archive, info)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=_DRAIN_S,
            http=bounded(settings),
            loop="uvloop",
        )
        # uvicorn raises the signal again once it has drained; that must not cut our own closing short.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        runner = Runner(archive, TASKS, settings.job_threads)
        # What is loaded by now stays: the collector need not look at a hundred thousand objects again and again.
        gc.freeze()
        dicom.start()
        runner.start()
        try:
            _Server(config, ready, info.closing).run(sockets=[http])
        finally:
            dicom.stop(_DRAIN_S)
            runner.stop(_DRAIN_S)
    return 0


class _Server(uvicorn.Server):
    """uvicorn, saying in our words when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Ready, closing: threading.Event) -> None:
        super().__init__(config)
        self._ready, self._closing = ready, closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then print the line that scripts wait for."""
        await super().startup(sockets)
        print(self._ready.line(), flush=True)  # noqa: T201 - the contract with whoever starts us

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests under way end, for a bounded time."""
        structlog.get_logger(__name__).info("stopping")
        self._closing.set()
        await super().shutdown(sockets)


def _open_dicom(archive: Archive, settings: Settings) -> Server:
    try:
        return open_server(archive, settings)
    except OSError as error:
        raise Unavailable(f"{settings.host} port {settings.dicom_port} cannot be listened on.") from error


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; raise Unavailable with one sentence when it cannot be done. Port 0 picks a free one."""
    try:
        family, kind, proto, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, proto)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "cannot be listened on"
        raise Unavailable(f"{host} port {port} {reason}.") from error
    return bound


def _allow_many_files() -> None:
    """Take as many file descriptors as this user may have: a thousand idle connections must not stop the others."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _check_public(settings: Settings) -> None:
    """Refuse to listen beyond this machine while there is no sign-in, unless that is said in so many words."""
    try:
        local = settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        local = False
    if local:
        return
    if not settings.insecure_public:
        raise BadSetting("There is no sign-in yet: host must be this machine, or set insecure_public = true.")
    structlog.get_logger(__name__).warning("anyone who reaches this machine can read everything", host=settings.host)


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder: two archives in one folder would take each other's unfinished blobs for lost ones."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o750)
    held = os.open(settings.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise Unavailable("Another archive is running in this data folder.") from error
    try:
        yield
    finally:
        os.close(held)


@contextmanager
def _recovered(settings: Settings) -> Iterator[Archive]:
    archive = open_archive(settings)
    try:
        with check.writing(archive) as report:
            if report.without_row:
                structlog.get_logger(__name__).warning(
                    "recovered after an unclean stop", indexed=len(report.adopted), set_aside=len(report.set_aside)
                )
            yield archive
    finally:
        archive.close()
