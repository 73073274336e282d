"""How objects are delivered to another application entity by a job: chosen once, sent in groups, tried again.

The job names the rows that are to be sent. Its checkpoint says how many groups are over, what of the present one has
arrived and what failed, so that another attempt sends only what is missing; a receiver bears what it gets twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from lumenarc.archive import Archive
from lumenarc.errors import BadRequest, NotFound, PeerFailed, Refused, UnknownDestination
from lumenarc.index import lookup
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.peers.sending import Kind
from lumenarc.protocol.dimse import status
from lumenarc.services import ae, jobs
from lumenarc.services.selection import Selection, select
from lumenarc.services.send import Sending, SubOperation

TASK = "send"
_GROUP = 200
_TICK_S = 0.5
_MOST_UIDS = 10_000
_MOST_OBJECTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be delivered: whole studies, series as (study, series), single objects; all by UID."""

    studies: tuple[str, ...] = ()
    series: tuple[tuple[str, str], ...] = ()
    instances: tuple[str, ...] = ()


@dataclass(slots=True)
class State:
    """How far a delivery is; primary keys. `begin` is where in `todo` the present group begins."""

    todo: list[int]
    begin: int = 0
    arrived: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    n_sent: int = 0
    may_pass: bool = False
    """Whether a failure was of the kind that another attempt may cure."""
    reason: str = ""

    def as_json(self, n_listed: int) -> dict[str, Any]:
        """Return it for the checkpoint; `todo` only when it is no longer what the job named (`n_listed`)."""
        values = {name: getattr(self, name) for name in ("begin", "arrived", "failed", "n_sent", "may_pass", "reason")}
        return values if len(self.todo) == n_listed else {"todo": self.todo, **values}


def queue(archive: Archive, destination: str, wanted: Wanted) -> str:
    """Queue a delivery and return its job.

    Raises UnknownDestination, NotFound when nothing is stored under these UIDs, BadRequest for too many.
    """
    if len(wanted.studies) + len(wanted.series) + len(wanted.instances) > _MOST_UIDS:
        raise BadRequest(f"At most {_MOST_UIDS} studies, series and objects can be named at once.")
    if ae.find(archive, destination) is None:
        raise UnknownDestination("The destination is not a registered application entity.")
    pks: dict[int, None] = {}
    for uids in _uids(wanted):
        pks.update(dict.fromkeys(select(archive, uids).pks))
    if not pks:
        raise NotFound("Nothing is stored under these UIDs.")
    if len(pks) > _MOST_OBJECTS:
        raise BadRequest("These are too many objects for one job.")
    named = (
        (len(wanted.studies), "study", "studies"),
        (len(wanted.series), "series", "series"),
        (len(wanted.instances), "object", "objects"),
    )
    what = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in named if count)
    return jobs.enqueue(
        archive,
        TASK,
        {"destination": destination, "pks": list(pks)},
        title=f"Send {what} to {destination}",
        lane=f"{TASK} {destination}",
    )


def _uids(wanted: Wanted) -> list[Uids]:
    found = [Uids(study_uids=(study,), series_uids=(series,)) for study, series in wanted.series]
    if wanted.studies:
        found.append(Uids(study_uids=wanted.studies))
    if wanted.instances:
        found.append(Uids(sop_instance_uids=wanted.instances))
    return found


def deliver(archive: Archive, job: jobs.Running) -> dict[str, Any]:
    """Send what is missing; raise PeerFailed when another attempt may help, Refused when it would not."""
    destination = str(job.arguments["destination"])
    entity = ae.find(archive, destination)
    if entity is None:
        raise UnknownDestination("The destination is no longer registered.")
    listed: list[int] = job.arguments["pks"]
    state = State(**{"todo": listed, **(job.checkpoint or {})})

    def tell() -> None:
        n_done = state.begin + len(state.arrived)
        job.progress(n_done, len(state.todo), len(state.failed), checkpoint=state.as_json(len(listed)))

    while state.begin < len(state.todo):
        group = state.todo[state.begin : state.begin + _GROUP]
        over = set(state.arrived) | set(state.failed)
        with archive.index.read() as connection:
            found = {inst.pk: inst for inst in lookup.by_pk(connection, [pk for pk in group if pk not in over])}
        rows = [found[pk] for pk in group if pk in found]
        selection = Selection(array("q", [inst.pk for inst in rows]), _kinds(rows))
        with closing(Sending(archive, selection, entity)) as sending:
            _send(sending, rows, state, tell)
        if sending.failure:
            raise PeerFailed(sending.failure)
        state.begin, state.arrived = state.begin + len(group), []
        tell()
    if state.failed:
        # The next attempt, by itself or by hand, sends these only.
        job.remember(State(todo=state.failed, n_sent=state.n_sent).as_json(0))
        sentence = f"{len(state.failed)} of {len(listed)} objects were not taken: {state.reason}"
        raise PeerFailed(sentence) if state.may_pass else Refused(sentence)
    return {"sent": state.n_sent, "deleted_meanwhile": len(listed) - state.n_sent}


def _kinds(rows: list[StoredInstance]) -> tuple[Kind, ...]:
    return tuple(dict.fromkeys(Kind(inst.sop_class_uid, inst.transfer_syntax_uid) for inst in rows))


def _send(sending: Sending, rows: list[StoredInstance], state: State, tell: Callable[[], None]) -> None:
    pk_of = {inst.sop_instance_uid: inst.pk for inst in rows}
    for done in sending.outcomes(_TICK_S):
        # One that is not among them has been deleted in this moment.
        if done is not None and not sending.failure and done.sop_instance_uid in pk_of:
            _count(done, pk_of[done.sop_instance_uid], state)
        tell()


def _count(done: SubOperation, pk: int, state: State) -> None:
    if done.status == status.SUCCESS or status.is_warning(done.status):
        state.arrived.append(pk)
        state.n_sent += 1
        return
    state.failed.append(pk)
    # PS3.4 B.2.3: out of resources; and what we ourselves call so when a connection broke.
    state.may_pass = state.may_pass or done.status & 0xFF00 == 0xA700
    state.reason = state.reason or done.comment or status.describe(done.status)
