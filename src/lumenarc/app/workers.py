"""How several processes serve the same ports: the parent forks them, replaces one that dies, and ends them (ADR 0005).

The parent opens no database and starts no thread, so that it can fork at any time. Each worker holds the reading end
of a pipe that only the parent can write to: when the parent is gone, by whatever, the worker drains and ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from lumenarc.app.process import DRAIN_S, Place, Ports, counted, run
from lumenarc.archive import open_archive
from lumenarc.config import Settings
from lumenarc.errors import LumenarcError
from lumenarc.metrics import Table
from lumenarc.transport.board import Board

log = structlog.get_logger("workers")
# A worker that ends earlier than this after its start did not really start.
_STARTED_S = 5.0
_MAX_BAD_STARTS = 5
_MAX_PAUSE_S = 15.0
_GRACE_S = 5.0


@dataclass(slots=True)
class _Worker:
    number: int
    pid: int
    started: float
    is_ready: bool = False


class Workers:
    """The parent of the processes that serve."""

    def __init__(self, settings: Settings, ports: Ports, on_ready: Callable[[], None]) -> None:
        # The decoding processes that the settings allow are those of all workers together.
        n_imaging = -(-settings.imaging_workers // settings.workers)
        self._settings = settings.model_copy(update={"imaging_workers": n_imaging})
        self._ports, self._on_ready = ports, on_ready
        self._board = Board(settings.workers, settings.max_associations)
        self._counts = Table(counted(), settings.workers)
        self._workers: dict[int, _Worker] = {}
        self._alive_reader, self._alive_writer = os.pipe()
        self._ready_reader, self._ready_writer = os.pipe()
        self._wake_reader, self._wake_writer = os.pipe()
        self.n_died = 0
        self._n_bad_starts = 0
        self._said_ready = False
        self._due: dict[int, float] = {}
        self._stop_signal = 0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code."""
        for descriptor in (self._wake_reader, self._wake_writer, self._ready_reader):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        for stopping in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stopping, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        gc.freeze()  # a collector that touches what was loaded would copy it into each worker
        try:
            for number in range(self._settings.workers):
                self._fork(number)
            self._look_after()
        finally:
            self._end_all()
        return 1 if self._cannot_start else 0

    @property
    def _cannot_start(self) -> bool:
        """Whether the archive never became ready; once it was, a worker that cannot start now is tried for ever."""
        return not self._said_ready and self._n_bad_starts >= _MAX_BAD_STARTS

    def _ask_to_stop(self, number: int, _frame: object) -> None:
        self._stop_signal = number

    def _look_after(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._wake_reader, selectors.EVENT_READ)
        selector.register(self._ready_reader, selectors.EVENT_READ)
        while not self._stop_signal and not self._cannot_start:
            selector.select(1.0)
            _drain(self._wake_reader)
            ready = _drain(self._ready_reader)
            for worker in self._workers.values():
                worker.is_ready = worker.is_ready or worker.number in ready
            n_ready = sum(worker.is_ready for worker in self._workers.values())
            if not self._said_ready and n_ready == self._settings.workers:
                self._said_ready = True
                self._on_ready()
            for worker in self._ended():
                self._plan_to_replace(worker)
            for number in [number for number, due in self._due.items() if due <= time.monotonic()]:
                del self._due[number]
                self._fork(number)
        selector.close()

    def _ended(self) -> list[_Worker]:
        """Take the workers that are no more."""
        ended = []
        for pid in list(self._workers):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                worker = self._workers.pop(pid)
                code = os.waitstatus_to_exitcode(status)
                if code or not self._stop_signal:
                    self.n_died += 1
                    log.error("worker ended", worker=worker.number, pid=pid, exit_code=code)
                ended.append(worker)
        return ended

    def _plan_to_replace(self, worker: _Worker) -> None:
        """Fork again at once, or after growing pauses when workers do not start, as with the database away."""
        self._board.clear(worker.number)
        now = time.monotonic()
        self._n_bad_starts = self._n_bad_starts + 1 if now - worker.started < _STARTED_S else 0
        pause_s = min(0.5 * 2**self._n_bad_starts, _MAX_PAUSE_S) if self._n_bad_starts else 0.0
        self._due[worker.number] = now + pause_s

    def _fork(self, number: int) -> None:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self._workers[pid] = _Worker(number, pid, time.monotonic())
            return
        # From here on this is the worker; whatever happens, it must not return into the parent's code.
        code = 1
        try:
            code = self._serve(number)
        except LumenarcError as error:
            log.error("worker cannot serve", error=str(error))
        except BaseException:
            log.exception("worker broke")
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _serve(self, number: int) -> int:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for descriptor in (self._alive_writer, self._wake_reader, self._wake_writer, self._ready_reader):
            os.close(descriptor)
        threading.Thread(target=_end_with_parent, args=(self._alive_reader,), name="parent", daemon=True).start()
        archive = open_archive(self._settings)
        try:
            archive.storage.settle()  # what the worker before this one left to be flushed
            place = Place(self._board.seat(number), self._counts.meter(number))
            run(archive, self._ports, place, self._tell_ready(number))
        finally:
            archive.close()
        return 0

    def _tell_ready(self, number: int) -> Callable[[], None]:
        return lambda: _ignore(os.write(self._ready_writer, bytes((number,))))

    def _end_all(self) -> None:
        """Let the workers drain; end by force what does not."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_S + _GRACE_S
        while self._workers and time.monotonic() < deadline:
            self._ended()
            time.sleep(0.02)
        self._signal_all(signal.SIGKILL)
        for pid in self._workers:
            os.waitpid(pid, 0)
            self.n_died += 1
        signal.set_wakeup_fd(-1)

    def _signal_all(self, number: int) -> None:
        for pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _ignore(_value: object) -> None:
    return


def _drain(descriptor: int) -> bytes:
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, 4096)
    return b""


def _end_with_parent(alive: int) -> None:
    """Wait for the end of the parent, then drain; nobody is left who could end us by force, so we do it."""
    with contextlib.suppress(OSError):
        os.read(alive, 1)
    log.warning("the parent is gone")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)
