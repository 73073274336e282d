"""Where durable jobs are queued, leased to one process at a time, and remembered.

A process that runs a job holds a lease that it renews. When it dies the lease runs out and the job is claimed again;
every write of a runner names its lease, so that one that was believed dead changes nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, TextClause, and_, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from lumenarc.index.schema import job

ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be queued; `arguments` is JSON. See the columns in schema.py."""

    task: str
    title: str
    arguments: str
    due_at: int
    lane: str = ""
    only_key: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Which attempt of which job a runner may write for."""

    pk: int
    owner: str


def add(connection: Connection, new: NewJob, now_ms: int) -> int | None:
    """Queue a job; return its key, or None when one of the same only_key is open already."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {name: getattr(new, name) for name in NewJob.__slots__}
    statement = dialect.insert(job).values(**values, created_at=now_ms, updated_at=now_ms)
    pk: int | None = connection.execute(statement.on_conflict_do_nothing().returning(job.c.pk)).scalar()
    return pk


def _is_open(table: str = "job") -> TextClause:
    """Say it as the partial index does, with the values in the text: else SQLite reads every job that ever was."""
    return text(f"{table}.state IN ('waiting', 'running')")


def _claimable(now_ms: int, tasks: tuple[str, ...]) -> ColumnElement[bool]:
    other = job.alias("other")
    lane_is_busy = (
        select(other.c.pk)
        .where(_is_open("other"), other.c.lane == job.c.lane, other.c.state == "running")
        .where(other.c.lease_until >= now_ms)
        .exists()
    )
    return and_(
        _is_open(),
        or_(
            and_(job.c.state == "waiting", job.c.due_at <= now_ms),
            and_(job.c.state == "running", job.c.lease_until < now_ms),
        ),
        job.c.task.in_(tasks),
        or_(job.c.lane == "", ~lane_is_busy),
    )


def has_claimable(connection: Connection, now_ms: int, tasks: tuple[str, ...]) -> bool:
    """Tell cheaply whether `claim` would find something."""
    return connection.execute(select(job.c.pk).where(_claimable(now_ms, tasks)).limit(1)).first() is not None


def claim(connection: Connection, now_ms: int, tasks: tuple[str, ...], owner: str, lease_ms: int) -> RowMapping | None:
    """Lease the job that has been due for longest; None when there is none."""
    chosen = select(job.c.pk).where(_claimable(now_ms, tasks)).order_by(job.c.due_at, job.c.pk).limit(1)
    pk = connection.execute(chosen.with_for_update(skip_locked=True)).scalar()
    return None if pk is None else lease(connection, pk, now_ms, owner, lease_ms)


def lease(connection: Connection, pk: int, now_ms: int, owner: str, lease_ms: int) -> RowMapping:
    """Lease a job whatever its state is: for who has just added or chosen it."""
    values = {
        "state": "running",
        "leased_by": owner,
        "lease_until": now_ms + lease_ms,
        "n_attempts": job.c.n_attempts + 1,
        "started_at": func.coalesce(job.c.started_at, now_ms),
        "updated_at": now_ms,
    }
    return connection.execute(update(job).where(job.c.pk == pk).values(values).returning(*job.c)).mappings().one()


def renew(connection: Connection, owners: list[str], lease_until: int) -> None:
    """Keep the leases of these owners."""
    connection.execute(
        update(job).where(job.c.leased_by.in_(owners), job.c.state == "running").values(lease_until=lease_until)
    )


def standing(connection: Connection, owners: list[str]) -> dict[str, bool]:
    """Return the owners that still hold their job, each with whether it shall be cancelled."""
    query = select(job.c.leased_by, job.c.cancel_asked).where(job.c.leased_by.in_(owners), job.c.state == "running")
    return {row[0]: bool(row[1]) for row in connection.execute(query)}


def write(connection: Connection, lease: Lease, values: dict[str, Any]) -> bool:
    """Change a leased job; False when the lease is lost."""
    held = and_(job.c.pk == lease.pk, job.c.leased_by == lease.owner, job.c.state == "running")
    return connection.execute(update(job).where(held).values(**values)).rowcount == 1


def ask_to_cancel(connection: Connection, pk: int, now_ms: int) -> bool:
    """Cancel a waiting job at once, ask the runner of a running one; False when it is not open."""
    waiting = update(job).where(job.c.pk == pk, job.c.state == "waiting")
    if connection.execute(waiting.values(state="cancelled", ended_at=now_ms, updated_at=now_ms)).rowcount:
        return True
    running = update(job).where(job.c.pk == pk, job.c.state == "running")
    return connection.execute(running.values(cancel_asked=True, updated_at=now_ms)).rowcount == 1


def restart(connection: Connection, pk: int, now_ms: int) -> bool:
    """Queue a failed or cancelled job again, from its checkpoint; False when it is in another state."""
    values = {
        "state": "waiting",
        "due_at": now_ms,
        "n_attempts": 0,
        "n_failed": 0,
        "cancel_asked": False,
        "error": "",
        "result": "",
        "ended_at": None,
        "updated_at": now_ms,
    }
    over = job.c.state.in_(("failed", "cancelled"))
    return connection.execute(update(job).where(job.c.pk == pk, over).values(values)).rowcount == 1


def free_all(connection: Connection) -> int:
    """End every lease: for who knows that no runner is alive."""
    return connection.execute(update(job).where(job.c.state == "running").values(lease_until=0)).rowcount


def get(connection: Connection, pk: int) -> RowMapping | None:
    """Return one job."""
    return connection.execute(select(*job.c).where(job.c.pk == pk)).mappings().first()


def newest(connection: Connection, limit: int, offset: int) -> list[RowMapping]:
    """Return a page of jobs: open ones first, then the newest."""
    ordered = select(*job.c).order_by(job.c.pk.desc())
    n_open = connection.execute(select(func.count()).select_from(job).where(_is_open())).scalar_one()
    found = list(connection.execute(ordered.where(_is_open()).limit(limit).offset(offset)).mappings())
    over = ordered.where(job.c.state.in_(ENDED)).limit(limit - len(found)).offset(max(offset - n_open, 0))
    return [*found, *connection.execute(over).mappings()]


def changed_since(connection: Connection, since_ms: int, limit: int) -> list[RowMapping]:
    """Return jobs that have changed at or after a moment."""
    query = select(*job.c).where(job.c.updated_at >= since_ms).order_by(job.c.updated_at.desc()).limit(limit)
    return list(connection.execute(query).mappings())


def open_ones(connection: Connection, task: str) -> list[RowMapping]:
    """Return the jobs of a task that are waiting or running."""
    return list(connection.execute(select(*job.c).where(job.c.task == task, _is_open())).mappings())


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Count jobs by task and state."""
    query = select(job.c.task, job.c.state, func.count()).group_by(job.c.task, job.c.state)
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def forget_ended(connection: Connection, before_ms: int) -> int:
    """Drop the records of jobs that ended before a moment."""
    return connection.execute(job.delete().where(job.c.state.in_(ENDED), job.c.ended_at < before_ms)).rowcount
