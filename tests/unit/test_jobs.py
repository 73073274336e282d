"""Are jobs done once, retried when it may help, cancelled when asked, and picked up after their runner died?"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.doors.worker.runner import Runner
from lumenarc.doors.worker.task import Task
from lumenarc.doors.worker.tasks import TASKS
from lumenarc.errors import BadRequest, Cancelled, LumenarcError, NotFound, PeerFailed, Refused
from lumenarc.index import jobs as index_jobs
from lumenarc.services import jobs
from lumenarc.services.jobs import Interrupted, Running


class Clock:
    """A clock that goes on by itself a little, and far when told to."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        self.ms += 1
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archive(settings: Settings, clock: Clock) -> Iterator[Archive]:
    opened = open_archive(settings, clock)
    yield opened
    opened.close()


def queue(archive: Archive, task: str = "t", **more: Any) -> str:
    return jobs.enqueue(archive, task, {"to": "PACS"}, title="A job", **more)


def claimed(archive: Archive) -> Running:
    running = jobs.claim(archive, ("t",))
    assert running is not None
    return running


def test_a_job_is_run_once_and_remembered(archive: Archive) -> None:
    job_id = queue(archive)
    assert jobs.get(archive, job_id).state == "waiting"
    running = claimed(archive)
    assert jobs.claim(archive, ("t",)) is None
    assert running.arguments == {"to": "PACS"}
    assert jobs.get(archive, job_id).state == "running"
    running.progress(3, 10, 1)
    running.done({"sent": 3})
    seen = jobs.get(archive, job_id)
    assert (seen.state, seen.n_done, seen.n_total, seen.n_failed, seen.result) == ("done", 3, 10, 1, {"sent": 3})
    assert jobs.claim(archive, ("t",)) is None
    assert jobs.counts(archive) == {("t", "done"): 1}


def test_many_runners_share_the_jobs(archive: Archive) -> None:
    ids = {queue(archive) for _ in range(40)}
    done: list[str] = []

    def work() -> None:
        while (running := jobs.claim(archive, ("t",))) is not None:
            done.append(running.job.id)
            running.done({})

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(ids)


def test_one_key_is_open_once_and_one_lane_runs_once(archive: Archive) -> None:
    queue(archive, only_key="purge")
    with pytest.raises(Refused, match="already"):
        queue(archive, only_key="purge")
    claimed(archive).done({})
    queue(archive, only_key="purge")
    claimed(archive).done({})

    first, second, other = queue(archive, lane="PACS"), queue(archive, lane="PACS"), queue(archive, lane="WS")
    running = claimed(archive)
    assert running.job.id == first
    assert claimed(archive).job.id == other
    assert jobs.claim(archive, ("t",)) is None
    running.done({})
    assert claimed(archive).job.id == second


def test_a_failure_that_may_pass_is_tried_again_later(archive: Archive, clock: Clock) -> None:
    job_id = queue(archive)
    pauses = []
    for attempt in range(1, 4):
        running = claimed(archive)
        again = running.failed(PeerFailed("The peer is away."), max_attempts=3)
        assert again == (attempt < 3)
        seen = jobs.get(archive, job_id)
        assert (seen.error, seen.n_attempts) == ("The peer is away.", attempt)
        if again:
            pauses.append(seen.due_at - clock.ms)
            assert jobs.claim(archive, ("t",)) is None
            clock.ms = seen.due_at
    assert jobs.get(archive, job_id).state == "failed"
    assert 3_000 < pauses[0] < 7_000 < pauses[1] < 13_000


def test_getting_further_gives_new_attempts(archive: Archive, clock: Clock) -> None:
    job_id = queue(archive)
    for n_done in (1, 2, 3, 4):
        running = claimed(archive)
        assert running.checkpoint == (n_done - 1 or None)
        running.progress(n_done, 4, checkpoint=n_done)
        assert running.failed(PeerFailed("It broke off."), max_attempts=2)
        clock.ms = jobs.get(archive, job_id).due_at
    assert jobs.get(archive, job_id).n_attempts == 1


def test_a_mistake_fails_at_once_and_can_be_retried_by_hand(archive: Archive) -> None:
    job_id = queue(archive)
    assert not claimed(archive).failed(NotFound("It is gone."), max_attempts=9)
    assert jobs.get(archive, job_id).state == "failed"
    jobs.retry(archive, job_id)
    seen = jobs.get(archive, job_id)
    assert (seen.state, seen.error, seen.ended_at) == ("waiting", "", None)
    claimed(archive).done({})
    with pytest.raises(Refused, match="done"):
        jobs.retry(archive, job_id)


def test_cancelling(archive: Archive) -> None:
    waiting = queue(archive)
    jobs.cancel(archive, waiting)
    assert jobs.get(archive, waiting).state == "cancelled"
    with pytest.raises(Refused, match="cancelled"):
        jobs.cancel(archive, waiting)
    with pytest.raises(NotFound):
        jobs.cancel(archive, "999")

    job_id = queue(archive)
    running = claimed(archive)
    running.progress(1, 2)
    jobs.cancel(archive, job_id)
    jobs.look_after(archive, [running], renew=False)
    with pytest.raises(Cancelled) as stopped:
        running.progress(2, 2)
    running.failed(stopped.value, max_attempts=5)
    seen = jobs.get(archive, job_id)
    assert (seen.state, seen.error) == ("cancelled", "")


def test_a_dead_runners_job_is_taken_over_and_the_dead_one_changes_nothing(archive: Archive, clock: Clock) -> None:
    job_id = queue(archive)
    dead = claimed(archive)
    dead.progress(5, 9, checkpoint="after five")
    clock.ms += jobs.LEASE_MS - 1_000
    jobs.look_after(archive, [dead], renew=True)
    clock.ms += jobs.LEASE_MS - 1_000
    assert jobs.claim(archive, ("t",)) is None
    clock.ms += 2_000
    heir = claimed(archive)
    assert (heir.job.id, heir.checkpoint, heir.job.n_done) == (job_id, "after five", 5)
    jobs.look_after(archive, [dead, heir], renew=False)
    assert (dead.is_interrupted, heir.is_interrupted) == (True, False)
    with pytest.raises(Interrupted):
        dead.done({})
    heir.done({"by": 2})
    assert jobs.get(archive, job_id).result == {"by": 2}


def test_a_restart_frees_what_was_running(archive: Archive) -> None:
    job_id = queue(archive)
    claimed(archive)
    jobs.free_all(archive)
    assert claimed(archive).job.id == job_id


def test_a_job_that_kills_its_process_is_given_up(archive: Archive) -> None:
    queue(archive)
    for _ in range(3):
        running = claimed(archive)
        assert not running.is_worn_out(3)
        jobs.free_all(archive)
    assert claimed(archive).is_worn_out(3)


def test_the_list_shows_open_jobs_first_and_pages(archive: Archive) -> None:
    ids = [queue(archive) for _ in range(5)]
    for _ in range(3):
        claimed(archive).done({})
    wanted = [ids[4], ids[3], ids[2], ids[1], ids[0]]
    assert [job.id for job in jobs.newest(archive)] == wanted
    pages = [[job.id for job in jobs.newest(archive, 2, offset)] for offset in (0, 1, 2, 4, 9)]
    assert pages == [wanted[:2], wanted[1:3], wanted[2:4], wanted[4:], []]


def test_looking_for_jobs_does_not_read_those_that_are_over(archive: Archive) -> None:
    """Asked twice a second by every process: only the partial index of open jobs may be read."""
    if archive.index.dialect == "sqlite":
        statements: list[str] = []
        with archive.index.read() as connection:
            raw: Any = connection.connection.driver_connection
            raw.set_trace_callback(statements.append)
            index_jobs.has_claimable(connection, 1, ("t",))
            raw.set_trace_callback(None)
            (statement,) = (one for one in statements if "FROM job" in one)
            plan = [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + statement)]
        reads = [line for line in plan if line.startswith(("SCAN", "SEARCH"))]
        assert reads == ["SCAN job USING INDEX ix_job_open", "SCAN other USING INDEX ix_job_open"]


def test_records_are_dropped_after_their_time(archive: Archive, clock: Clock) -> None:
    old = queue(archive)
    claimed(archive).done({})
    clock.ms += 31 * 86_400_000
    young = queue(archive)
    jobs.forget_ended(archive)
    with pytest.raises(NotFound):
        jobs.get(archive, old)
    assert [job.id for job in jobs.newest(archive)] == [young]


def _run_all(archive: Archive, *tasks: Task) -> None:
    """Let a runner work until nothing is open."""
    wanted = threading.Event()
    runner = Runner(archive, tasks, 2, lambda *_: wanted.set())
    runner.start()
    while any(job.state in ("waiting", "running") for job in jobs.newest(archive)):
        wanted.wait(5)
        wanted.clear()
    runner.stop()


def test_the_runner_records_every_kind_of_end(archive: Archive) -> None:
    def run(_archive: Archive, job: Running) -> dict[str, Any]:
        for n in range(5):
            job.progress(n, 5)
        if job.arguments["end"] == "break":
            raise ZeroDivisionError("Doe^Jane")
        if job.arguments["end"] == "fail":
            raise LumenarcError("It cannot be done.")
        return {"n": 5}

    for end in ("well", "break", "fail"):
        jobs.enqueue(archive, "t", {"end": end}, title=end)
    _run_all(archive, Task("t", run, ""))
    found = {job.title: job for job in jobs.newest(archive)}
    assert {title: job.state for title, job in found.items()} == {"well": "done", "break": "failed", "fail": "failed"}
    assert found["fail"].error == "It cannot be done."
    assert "Doe" not in found["break"].error and "mistake" in found["break"].error


def test_stopping_gives_the_job_back(archive: Archive) -> None:
    begun, counter = threading.Event(), itertools.count()

    def run(_archive: Archive, job: Running) -> dict[str, Any]:
        while True:
            job.progress(next(counter), checkpoint=1)
            begun.set()

    job_id = queue(archive)
    runner = Runner(archive, (Task("t", run, ""),), 1)
    runner.start()
    assert begun.wait(20)
    runner.stop()
    seen = jobs.get(archive, job_id)
    assert (seen.state, seen.error) == ("waiting", "")
    assert claimed(archive).checkpoint == 1


def test_tasks_are_named_once_and_can_be_started_by_hand_as_promised(archive: Archive) -> None:
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    assert set(jobs.ON_DEMAND) <= set(names)
    assert {task.name for task in TASKS if task.is_due} <= set(jobs.ON_DEMAND)
    assert all(task.doc.endswith(".") for task in TASKS)
    with pytest.raises(BadRequest):
        jobs.start(archive, "format-disk")
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_a_due_task_is_queued_by_itself(archive: Archive) -> None:
    purge = next(task for task in TASKS if task.name == "purge")
    task = dataclasses.replace(purge, is_due=lambda _archive: True)
    runner = Runner(archive, (task,), 1)
    runner.schedule()
    runner.schedule()
    assert [job.task for job in jobs.newest(archive)] == [task.name]
