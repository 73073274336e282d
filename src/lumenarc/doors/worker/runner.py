"""How queued jobs get done in this process: one thread looks for work, each job runs in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.errors import LumenarcError, Refused, Unavailable
from lumenarc.services import jobs
from lumenarc.services.jobs import Interrupted, Running

log = structlog.get_logger("jobs")
_LOOK_EVERY_S = 0.5
_RENEW_EVERY_S = jobs.LEASE_MS / 3000
_SCHEDULE_EVERY_S = 60.0
# With the database away, looking more often would only fill the log.
_PAUSE_S = 5.0

Ended = Callable[[str, str, float], None]


def _ignore(_task: str, _outcome: str, _seconds: float) -> None:
    return


class Runner:
    """Runs jobs of the given tasks, `n_threads` at once; `ended` hears task, outcome and seconds of each run."""

    def __init__(self, archive: Archive, tasks: tuple[Task, ...], n_threads: int, ended: Ended = _ignore) -> None:
        self._archive, self._n_threads, self._ended = archive, n_threads, ended
        self._tasks = {task.name: task for task in tasks}
        self._running: dict[threading.Thread, Running] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs."""
        if self._n_threads:
            self._thread.start()

    def stop(self, drain_s: float = 5.0) -> None:
        """Interrupt the running jobs at their next step; what does not stop in time goes on when its lease is over."""
        self._stopping.set()
        if not self._thread.is_alive():
            return
        self._thread.join(drain_s)
        deadline = time.monotonic() + drain_s
        with self._lock:
            held = dict(self._running)
        for running in held.values():
            running.is_interrupted = True
        for thread in held:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _look(self) -> None:
        renewed_at = scheduled_at = float("-inf")
        while not self._stopping.is_set():
            pause_s = _LOOK_EVERY_S
            now = time.monotonic()
            try:
                if now - scheduled_at >= _SCHEDULE_EVERY_S:
                    self.schedule()
                    scheduled_at = now
                with self._lock:
                    held = list(self._running.values())
                if held:
                    renew = now - renewed_at >= _RENEW_EVERY_S
                    jobs.look_after(self._archive, held, renew=renew)
                    renewed_at = now if renew else renewed_at
                if len(held) < self._n_threads and self._take():
                    pause_s = 0.0
            except LumenarcError as error:
                log.warning("no jobs are run now", error=str(error))
                pause_s = _PAUSE_S
            except Exception:
                log.exception("looking for jobs broke")  # a mistake of one task must not end the looking
                pause_s = _PAUSE_S
            self._stopping.wait(pause_s)

    def schedule(self) -> None:
        """Queue the tasks that are due by themselves, and drop old records."""
        for task in self._tasks.values():
            if task.is_due is not None and task.is_due(self._archive):
                try:
                    jobs.start(self._archive, task.name)
                except Refused:
                    continue
        jobs.forget_ended(self._archive)

    def _take(self) -> bool:
        running = jobs.claim(self._archive, tuple(self._tasks))
        if running is None:
            return False
        thread = threading.Thread(target=self._run, args=(running,), name=f"job-{running.job.id}", daemon=True)
        with self._lock:
            self._running[thread] = running
        thread.start()
        return True

    def _run(self, running: Running) -> None:
        started = time.monotonic()
        task, facts = self._tasks[running.job.task], {"job": running.job.id, "task": running.job.task}
        outcome = "interrupted"
        with structlog.contextvars.bound_contextvars(**facts):
            try:
                outcome = self._attempt(task, running)
            except Interrupted:
                log.info("job taken over by another process")
            except Unavailable as error:
                # Not even its end could be written down: the lease runs out, and it is done again.
                log.warning("job left", error=str(error))
            finally:
                with self._lock:
                    self._running.pop(threading.current_thread(), None)
                self._ended(task.name, outcome, time.monotonic() - started)

    def _attempt(self, task: Task, running: Running) -> str:
        try:
            if running.is_worn_out(task.max_attempts):
                raise LumenarcError("The job was begun too often and never got further.")
            running.go_on()
            result: dict[str, Any] = task.run(self._archive, running)
        except Interrupted:
            running.give_back()
            return "interrupted"
        except LumenarcError as error:
            again = running.failed(error, max_attempts=task.max_attempts)
            log.warning("job failed", error=str(error), again=again)
            return "failed"
        except Exception:
            log.exception("job broke")  # one broken task stops no other
            running.failed(LumenarcError("The server made a mistake; its log says more."), max_attempts=0)
            return "failed"
        running.done(result)
        log.info("job done", **{name: value for name, value in result.items() if isinstance(value, int)})
        return "done"
