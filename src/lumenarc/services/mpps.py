"""What do modalities do and have they done, and what follows from it? (performed procedure steps, PS3.4 F.7, F.8)

Each message is kept in one transaction with what it brings about: the state of the scheduled steps on the worklist,
and the jobs that tell others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.dicom import mpps as rules
from lumenarc.dicom.hl7_order import COMPLETED, DISCONTINUED, STARTED
from lumenarc.dicom.lacking import Refusal
from lumenarc.dicom.mpps import FINAL, IN_PROGRESS, Made
from lumenarc.dicom.query import Attributes
from lumenarc.errors import NotFound
from lumenarc.index import lookup, mpps
from lumenarc.index.mpps import Step as Step
from lumenarc.index.mpps import Wanted as Wanted
from lumenarc.services import worklist
from lumenarc.services.jobs import NewJob
from lumenarc.services.jobs import add as add_job

FORWARD, NOTIFY = "forward_step", "notify"
_ON_THE_WORKLIST = {IN_PROGRESS: STARTED, rules.COMPLETED: COMPLETED, rules.DISCONTINUED: DISCONTINUED}
_DUPLICATE, _NO_SUCH = Refusal(0x0111), Refusal(0x0112)
_AT_ONCE = 500
# What a message says of itself, not of the step.
_NOT_KEPT = ("00080005", "00080016", "00080018")


def create(archive: Archive, source_aet: str, sop_instance_uid: str, given: Attributes) -> Refusal | None:
    """Keep a step that has begun (N-CREATE); return why not."""
    refusal = rules.create_lack(given, strict=archive.settings.mpps_check == "strict")
    if refusal is not None:
        return refusal
    now = archive.now_ms()
    attrs = {name: value for name, value in given.items() if name not in _NOT_KEPT}
    study_uid = next(iter(rules.study_uids(attrs)), "")
    step = Step(sop_instance_uid, IN_PROGRESS, study_uid, attrs, source_aet, now, now)

    def write(connection: Connection) -> Refusal | None:
        if not mpps.add(connection, step):
            return _DUPLICATE
        _follow(connection, archive, step)
        return None

    return archive.index.write(write)


def change(archive: Archive, sop_instance_uid: str, given: Attributes) -> Refusal | None:
    """Change a step that is not over, or end it (N-SET); return why not."""
    strict = archive.settings.mpps_check == "strict"

    def write(connection: Connection) -> Refusal | None:
        before = mpps.get(connection, sop_instance_uid, to_change=True)
        if before is None:
            return _NO_SUCH
        if before.state in FINAL:
            return rules.IS_OVER
        refusal = rules.change_lack(before.attrs, given, strict=strict)
        if refusal is not None:
            return refusal
        kept = {name: value for name, value in given.items() if name not in _NOT_KEPT}
        attrs, now = rules.changed(before.attrs, kept), archive.now_ms()
        state = rules.text(attrs, rules.STATE)
        mpps.change(connection, sop_instance_uid, state, attrs, now)
        source = before.source_aet
        step = Step(sop_instance_uid, state, before.study_uid, attrs, source, before.created_at, now)
        _follow(connection, archive, step)
        return None

    return archive.index.write(write)


def _follow(connection: Connection, archive: Archive, step: Step) -> None:
    """Bring the worklist up to date, and queue what others are to be told."""
    scheduled = rules.items(step.attrs, rules.SCHEDULED)
    worklist.performed(connection, scheduled, _ON_THE_WORKLIST[step.state], step.updated_at)
    told = [(FORWARD, title, "Tell {} of a performed procedure step") for title in archive.settings.mpps_forward]
    if step.state in FINAL:
        whom = archive.settings.availability_notify
        told += [(NOTIFY, title, "Notify {} when all objects of a step are here") for title in whom]
    for task, aet, sentence in told:
        arguments = json.dumps({"destination": aet, "step": step.sop_instance_uid})
        add_job(connection, NewJob(task, sentence.format(aet), arguments, step.updated_at, f"{task} {aet}"))


def get(archive: Archive, sop_instance_uid: str) -> Step:
    """Return a step; raise NotFound."""
    with archive.index.read() as connection:
        step = mpps.get(connection, sop_instance_uid)
    if step is None:
        raise NotFound("There is no such performed procedure step.")
    return step


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as it is listed: with how many objects it names, and how many of them are stored."""

    step: Step
    n_made: int
    n_stored: int
    has_study: bool


def page(archive: Archive, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[Shown]]:
    """Return how many steps there are, and some of them, the newest first."""
    with archive.index.read() as connection:
        n_total, steps = mpps.page(connection, wanted, limit, offset)
        studies = mpps.known_studies(connection, [step.study_uid for step in steps])
        shown = []
        for step in steps:
            uids = {one.sop_instance_uid for one in rules.made(step.attrs)}
            n_stored = len(_stored(connection, uids))
            shown.append(Shown(step, len(uids), n_stored, step.study_uid in studies))
    return n_total, shown


def missing(archive: Archive, step: Step) -> list[Made]:
    """Return the objects that a step names and that are not stored, in its order."""
    named = list(rules.made(step.attrs))
    with archive.index.read() as connection:
        stored = _stored(connection, {one.sop_instance_uid for one in named})
    return [one for one in named if one.sop_instance_uid not in stored]


def _stored(connection: Connection, uids: set[str]) -> set[str]:
    wanted, found = sorted(uids), set[str]()
    for begin in range(0, len(wanted), _AT_ONCE):
        found |= lookup.live_uids(connection, wanted[begin : begin + _AT_ONCE])
    return found
