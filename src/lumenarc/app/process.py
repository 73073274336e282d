"""How one process serves: the doors on their sockets, jobs beside them, until SIGTERM or SIGINT."""

from __future__ import annotations

import gc
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

import structlog
import uvicorn

from lumenarc import __version__
from lumenarc.archive import Archive
from lumenarc.config import Settings
from lumenarc.doors.dimse import measured
from lumenarc.doors.dimse.server import open_server
from lumenarc.doors.hl7.answer import SERIES as HL7_SERIES
from lumenarc.doors.hl7.server import open_server as open_hl7
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.app import series as http_series
from lumenarc.doors.http.context import ServerInfo
from lumenarc.doors.http.patience import bounded
from lumenarc.doors.worker.runner import Runner
from lumenarc.doors.worker.tasks import TASKS
from lumenarc.metrics import Meter, Series
from lumenarc.transport.board import Seat
from lumenarc.transport.framed import FramedServer
from lumenarc.transport.server import Server

DRAIN_S = 10


@dataclass(frozen=True, slots=True)
class Ports:
    """The listening sockets."""

    http: socket.socket
    dicom: socket.socket
    hl7: socket.socket | None
    """None where the door stays closed (opening.py)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the doors listen, for the line on standard output."""

    dicom: str
    http: str
    hl7: str
    aet: str
    workers: int

    @classmethod
    def of(cls, settings: Settings, ports: Ports) -> Ready:
        """Read the addresses from the sockets: port 0 has become a real one."""
        host = ports.http.getsockname()[0]
        shown = f"[{host}]" if ":" in host else host
        dicom, http = (bound.getsockname()[1] for bound in (ports.dicom, ports.http))
        hl7 = f"{shown}:{ports.hl7.getsockname()[1]}" if ports.hl7 is not None else ""
        return cls(f"{shown}:{dicom}", f"http://{shown}:{http}/", hl7, settings.aet, settings.workers)

    def say(self) -> None:
        """Print the line that scripts wait for, and for people what listens where."""
        more = f" workers={self.workers}" if self.workers > 1 else ""
        hl7 = f" hl7={self.hl7}" if self.hl7 else ""
        line = f"ready dicom={self.dicom} http={self.http}{hl7} aet={self.aet}{more}"
        print(line, flush=True)  # noqa: T201 - the contract
        log = structlog.get_logger("lumenarc")
        log.info("DICOM listens", address=self.dicom, aet=self.aet)
        if self.hl7:
            log.info("HL7 listens", address=self.hl7)
        log.info("page and DICOMweb listen", page=self.http, dicomweb=f"{self.http}dicom-web")


@dataclass(frozen=True, slots=True)
class Place:
    """What a process has among those that serve with it: where it writes its associations and its counts."""

    seat: Seat
    meter: Meter


def counted() -> tuple[Series, ...]:
    """Return everything that is counted, for the table that all processes share."""
    jobs = (
        Series("job", (("task", task.name), ("outcome", outcome)))
        for task in TASKS
        for outcome in ("done", "failed", "interrupted")
    )
    return (*measured.SERIES, *http_series(), *HL7_SERIES, *jobs)


def run(archive: Archive, ports: Ports, place: Place, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then drain; `on_ready` is called when all doors are open."""
    settings, meter = archive.settings, place.meter
    dicom = open_server(archive, ports.dicom, place.seat, meter)
    info = ServerInfo(
        dicom_host=settings.host,
        dicom_port=dicom.port,
        version=__version__,
        started_at_ms=archive.now_ms(),
        associations=lambda: [asdict(entry) for entry in dicom.associations()],
        abort=dicom.abort,
        meter=meter,
    )
    config = uvicorn.Config(
        create_app(archive, info),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_S,
        http=bounded(settings),
        loop="uvloop",
    )
    # uvicorn raises the signal again once it has drained; that must not cut our own closing short.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def ended(task: str, outcome: str, seconds: float) -> None:
        meter.count("job", seconds, task=task, outcome=outcome)

    runner = Runner(archive, TASKS, settings.job_threads, ended)
    # What is loaded by now stays: the collector need not look at a hundred thousand objects again and again.
    gc.freeze()
    doors: list[Server | FramedServer | Runner] = [dicom, runner]
    if ports.hl7 is not None:
        doors.append(open_hl7(archive, ports.hl7, meter))
    for door in doors:
        door.start()
    # All drain at the same time, each for as long as it may take.
    stops = [threading.Thread(target=door.stop, args=(DRAIN_S,)) for door in doors]

    def stop() -> None:
        info.closing.set()
        for thread in stops:
            thread.start()

    try:
        _Server(config, on_ready, stop).run(sockets=[ports.http])
    finally:
        for thread in stops:
            if thread.ident is None:
                thread.start()
            thread.join()


class _Server(uvicorn.Server):
    """uvicorn, which tells when it is ready and when it begins to stop."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready, self._on_stop = on_ready, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then say so."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests under way end, for a bounded time."""
        structlog.get_logger(__name__).info("stopping")
        self._on_stop()
        await super().shutdown(sockets)
