"""How long or outbound work is done: as durable jobs, seen, cancelled, retried, and surviving a crash (ADR 0004).

A use-case queues a job; some process claims it, holds a lease while it works, and writes its progress and a
checkpoint. After a failure that may pass it is tried again later, from its checkpoint; after `kill -9` another process
goes on as soon as the lease has run out. A task may therefore run twice for the same piece of work and has to bear it.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import IntegrityError

from lumenarc.archive import Archive
from lumenarc.errors import BadRequest, Cancelled, LumenarcError, NotFound, Refused, Unavailable
from lumenarc.index import jobs
from lumenarc.index.jobs import Lease
from lumenarc.index.jobs import NewJob as NewJob

LEASE_MS = 30_000
_FIRST_RETRY_MS = 5_000
_LAST_RETRY_MS = 600_000
_WRITE_EVERY_MS = 500
_MAX_ERROR_CHARACTERS = 300
_OPEN_ALREADY = "The same job is waiting or running already."
# What an administrator may start by hand, and how it is called in the list.
ON_DEMAND = {
    "evict": "Make room in the cache of fetched studies",
    "check": "Verify every stored object",
    "purge": "Delete for good what is over its time in the trash",
    "films": "Delete films that are over their time",
    "metadata": "Make the metadata of larger series ready for viewers",
}


class Interrupted(Exception):
    """The server stops, or the lease is lost: the job goes on elsewhere, later."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it is shown; times in ms since the epoch, UTC; `n_total` None while it is not known."""

    id: str
    task: str
    title: str
    state: str
    n_total: int | None
    n_done: int
    n_failed: int
    n_attempts: int
    error: str
    result: dict[str, Any]
    created_at: int
    due_at: int
    started_at: int | None
    ended_at: int | None
    updated_at: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a plain JSON object."""
        return asdict(self)


def shown(row: RowMapping) -> Job:
    """Return a row of the index as it is shown."""
    values = {name: row[name] for name in Job.__slots__ if name not in ("id", "result")}
    return Job(id=str(row["pk"]), result=json.loads(row["result"] or "{}"), **values)


def enqueue(
    archive: Archive,
    task: str,
    arguments: dict[str, Any],
    *,
    title: str,
    lane: str = "",
    only_key: str | None = None,
) -> str:
    """Queue a job and return its id; of jobs with one `only_key` only one is open: raises Refused for another."""
    new = NewJob(task, title, json.dumps(arguments), archive.now_ms(), lane, only_key)
    pk = archive.index.write(lambda connection: add(connection, new))
    if pk is None:
        raise Refused(_OPEN_ALREADY)
    return str(pk)


def add(connection: Connection, new: NewJob) -> int | None:
    """Queue a job in the transaction that is its reason; None when one of its `only_key` is open already."""
    return jobs.add(connection, new, new.due_at)


def start(archive: Archive, task: str) -> str:
    """Queue one of the tasks that an administrator may start by hand; raise BadRequest, Refused."""
    if task not in ON_DEMAND:
        raise BadRequest(f"These jobs can be started: {', '.join(ON_DEMAND)}.")
    return enqueue(archive, task, {}, title=ON_DEMAND[task], only_key=task)


def newest(archive: Archive, limit: int = 100, offset: int = 0) -> list[Job]:
    """Return a page of jobs: open ones first, then the newest."""
    with archive.index.read() as connection:
        return [shown(row) for row in jobs.newest(connection, limit, offset)]


@dataclass(frozen=True, slots=True)
class Open:
    """A job that is not over, with what it was told."""

    id: str
    arguments: dict[str, Any]


def open_ones(archive: Archive, task: str) -> list[Open]:
    """Return the jobs of a task that are waiting or running."""
    with archive.index.read() as connection:
        return [Open(str(row["pk"]), json.loads(row["arguments"])) for row in jobs.open_ones(connection, task)]


def get(archive: Archive, job_id: str) -> Job:
    """Return one job; raise NotFound."""
    pk = _pk(job_id)
    with archive.index.read() as connection:
        row = jobs.get(connection, pk)
    if row is None:
        raise NotFound("There is no such job.")
    return shown(row)


def cancel(archive: Archive, job_id: str) -> None:
    """Cancel a job that is not over; a running one stops at its next step. Raises NotFound, Refused."""
    pk = _pk(job_id)
    if not archive.index.write(lambda connection: jobs.ask_to_cancel(connection, pk, archive.now_ms())):
        raise Refused(f"The job is over: {get(archive, job_id).state}.")


def retry(archive: Archive, job_id: str) -> None:
    """Queue a failed or cancelled job again, from where it came to; raise NotFound, Refused."""
    pk = _pk(job_id)
    try:
        done = archive.index.write(lambda connection: jobs.restart(connection, pk, archive.now_ms()))
    except IntegrityError:
        raise Refused(_OPEN_ALREADY) from None
    if not done:
        raise Refused(f"Only a failed or cancelled job can be retried; this one is {get(archive, job_id).state}.")


def _pk(job_id: str) -> int:
    if not (job_id.isascii() and job_id.isdigit() and len(job_id) < 18):
        raise NotFound("There is no such job.")
    return int(job_id)


def counts(archive: Archive) -> dict[tuple[str, str], int]:
    """Count the remembered jobs by task and state."""
    with archive.index.read() as connection:
        return jobs.counts(connection)


def forget_ended(archive: Archive) -> None:
    """Drop the records of jobs that ended longer ago than the setting says."""
    before = archive.now_ms() - archive.settings.job_retention_days * 86_400_000
    archive.index.write(lambda connection: jobs.forget_ended(connection, before))


def free_all(archive: Archive) -> None:
    """Let every running job be claimed at once: for a start that knows that no other process runs jobs."""
    archive.index.write(jobs.free_all)


# For the worker


class Running:
    """A claimed job in the hands of its task. The flags are set from the runner's thread."""

    def __init__(self, archive: Archive, row: RowMapping, owner: str) -> None:
        self.job = shown(row)
        self.arguments: dict[str, Any] = json.loads(row["arguments"])
        self.checkpoint: Any = json.loads(row["checkpoint"] or "null")
        self.owner = owner
        self.is_cancelled = bool(row["cancel_asked"])
        self.is_interrupted = False
        self._archive, self._lease = archive, Lease(row["pk"], owner)
        self._n_attempts = row["n_attempts"]
        self._n_before = row["n_done"]
        self._unwritten: dict[str, Any] = {}
        self._written_at = 0

    def go_on(self) -> None:
        """Raise Cancelled or Interrupted when the task shall stop here."""
        if self.is_cancelled:
            raise Cancelled("The job was cancelled.")
        if self.is_interrupted:
            raise Interrupted

    def progress(self, n_done: int, n_total: int | None = None, n_failed: int = 0, *, checkpoint: Any = None) -> None:
        """Say how far it is and where another attempt may go on; raise Cancelled or Interrupted to stop.

        Written twice a second at most, so it may be called for every small step.
        """
        self._unwritten |= {"n_done": n_done, "n_failed": n_failed}
        if n_total is not None:
            self._unwritten["n_total"] = n_total
        if checkpoint is not None:
            self._unwritten["checkpoint"] = checkpoint
        if self._archive.now_ms() - self._written_at >= _WRITE_EVERY_MS:
            self._write({})
        self.go_on()

    def remember(self, checkpoint: Any) -> None:
        """Say where another attempt begins, although this one got no further."""
        self._unwritten["checkpoint"] = checkpoint

    def _write(self, values: dict[str, Any]) -> None:
        now = self._archive.now_ms()
        pending = dict(self._unwritten)
        if "checkpoint" in pending:
            pending["checkpoint"] = json.dumps(pending["checkpoint"])
        if pending.get("n_done", 0) > self._n_before:
            # It got further: what counts are attempts in vain.
            self._n_attempts, self._n_before = 1, pending["n_done"]
            pending["n_attempts"] = 1
        wanted = {**pending, **values, "updated_at": now}
        if not self._archive.index.write(lambda connection: jobs.write(connection, self._lease, wanted)):
            raise Interrupted
        self._unwritten, self._written_at = {}, now

    def is_worn_out(self, max_attempts: int) -> bool:
        """Tell whether it was begun too often without getting further, as when it kills its process."""
        return bool(self._n_attempts > max_attempts)

    def done(self, result: dict[str, Any]) -> None:
        """Record success."""
        self._end("done", result=json.dumps(result))

    def failed(self, error: LumenarcError, *, max_attempts: int) -> bool:
        """Record a failure; return whether it will be tried again: what may pass is, with growing pauses."""
        sentence = (str(error) or "The job failed.")[:_MAX_ERROR_CHARACTERS]
        if isinstance(error, Cancelled):
            self._end("cancelled")
        elif isinstance(error, Unavailable) and self._n_attempts < max_attempts:
            pause = min(_FIRST_RETRY_MS * 2 ** (self._n_attempts - 1), _LAST_RETRY_MS) * random.uniform(0.75, 1.25)
            self._write({"state": "waiting", "due_at": self._archive.now_ms() + int(pause), "error": sentence})
            return True
        else:
            self._end("failed", error=sentence)
        return False

    def give_back(self) -> None:
        """Leave the job to whoever claims it next; this attempt does not count."""
        self._write({"state": "waiting", "due_at": self._archive.now_ms(), "n_attempts": max(self._n_attempts - 1, 0)})

    def _end(self, state: str, *, error: str = "", result: str = "") -> None:
        values = {"state": state, "error": error, "result": result, "ended_at": self._archive.now_ms()}
        # The work is done: a database that is away for a moment should not make it be done again.
        for pause_s in (1.0, 3.0, 9.0):
            try:
                self._write(values)
                return
            except Unavailable:
                time.sleep(pause_s)
        self._write(values)


def claim(archive: Archive, tasks: tuple[str, ...]) -> Running | None:
    """Take the job that has been due for longest, with a lease; None when nothing is due."""
    with archive.index.read() as connection:
        if not jobs.has_claimable(connection, archive.now_ms(), tasks):
            return None
    owner = secrets.token_hex(8)

    def take(connection: Connection) -> RowMapping | None:
        return jobs.claim(connection, archive.now_ms(), tasks, owner, LEASE_MS)

    row = archive.index.write(take)
    return None if row is None else Running(archive, row, owner)


def begin(archive: Archive, task: str, arguments: dict[str, Any], *, title: str, only_key: str) -> Running:
    """Queue a job and take it at once: the caller does it now, or gives it back; raise Refused as `enqueue` does.

    When the caller dies, it is done by a worker.
    """
    owner = secrets.token_hex(8)

    def take(connection: Connection) -> RowMapping | None:
        now = archive.now_ms()
        pk = add(connection, NewJob(task, title, json.dumps(arguments), now, only_key=only_key))
        return None if pk is None else jobs.lease(connection, pk, now, owner, LEASE_MS)

    row = archive.index.write(take)
    if row is None:
        raise Refused(_OPEN_ALREADY)
    return Running(archive, row, owner)


def look_after(archive: Archive, running: list[Running], *, renew: bool) -> None:
    """Tell running jobs that they are cancelled or have lost their lease; prolong the leases with `renew`."""
    owners = [one.owner for one in running]
    if renew:
        archive.index.write(lambda connection: jobs.renew(connection, owners, archive.now_ms() + LEASE_MS))
    with archive.index.read() as connection:
        standing = jobs.standing(connection, owners)
    for one in running:
        one.is_interrupted = one.is_interrupted or one.owner not in standing
        one.is_cancelled = one.is_cancelled or standing.get(one.owner, False)
