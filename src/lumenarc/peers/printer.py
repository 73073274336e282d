"""How is a film printer asked to print? Print Management as SCU: session, films, images, the job's end (PS3.4 H).

    with open_association(peer, proposals(color=False)) as assoc:
        for printed in print_films(assoc, Order(session={}, films=films)):
            print(printed.job_uid, printed.status)

Films and their images are taken one after the other, so that no more than one image is in memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.film import STATUSES, first
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.sop_classes import UID_OF
from lumenarc.errors import LumenarcError
from lumenarc.peers import dimse
from lumenarc.peers.dimse import Outcome, Proposal, Target
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.messages import Message
from lumenarc.transport.association import Association, AssociationEnded
from lumenarc.transport.requests import Response

PRINTER_INSTANCE = "1.2.840.10008.5.1.1.17"
_GRAYSCALE, _COLOR = UID_OF["BasicGrayscalePrintManagementMeta"], UID_OF["BasicColorPrintManagementMeta"]
_SESSION, _FILM, _PRINTER, _JOB = (UID_OF[name] for name in ("BasicFilmSession", "BasicFilmBox", "Printer", "PrintJob"))
_GREY_BOX, _COLOR_BOX = UID_OF["BasicGrayscaleImageBox"], UID_OF["BasicColorImageBox"]
_ANNOTATION, _LUT = UID_OF["BasicAnnotationBox"], UID_OF["PresentationLUT"]
_MAX_REPORT_BYTES = 1 << 20
_ENDED = frozenset(("DONE", "FAILURE"))


class NotPrinted(LumenarcError):
    """The printer refused a step of printing."""


@dataclass(frozen=True, slots=True)
class Film:
    """One film: attributes of its Film Box, of its Image Boxes in order, and lines of text."""

    attributes: Attributes
    images: Iterable[Attributes]
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What to print: attributes of the Film Session and of a Presentation LUT, and the films.

    `together` prints all films of the session as one job; `wait_s` is how long the end of a job is waited for.
    """

    session: Attributes
    films: Iterable[Film]
    tone: Attributes | None = None
    color: bool = False
    together: bool = False
    wait_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of one job: `status` is PENDING, PRINTING, DONE or FAILURE, "" when the printer does not say."""

    job_uid: str
    n_films: int
    n_images: int
    status: str
    info: str
    warnings: tuple[str, ...]


def proposals(*, color: bool) -> list[Proposal]:
    """Return what to negotiate: the meta SOP class, and what goes beyond it where the printer has it."""
    return [Proposal(uid) for uid in (_COLOR if color else _GRAYSCALE, _LUT, _ANNOTATION, _JOB)]


def printer_status(assoc: Association, *, color: bool = False) -> Attributes:
    """Return the Printer object (PS3.4 H.4.6); raise NotPrinted when the printer does not say."""
    client = _Client(assoc, color)
    return client.checked("printer", dimse.n_get(assoc, client.target(_PRINTER, PRINTER_INSTANCE))).attributes


def print_films(assoc: Association, order: Order) -> Iterator[Printed]:
    """Print, and yield what became of each job; raise NotPrinted when the printer refuses a step."""
    client = _Client(assoc, order.color)
    created = client.make("film session", _SESSION, order.session)
    session = created.sop_instance_uid
    tone = ""
    if order.tone is not None:
        tone = client.make("presentation LUT", _LUT, order.tone, meta=False).sop_instance_uid
    open_films: list[str] = []
    n_images = 0
    for film in order.films:
        uid, n_set = client.film(film, session, tone)
        open_films.append(uid)
        n_images += n_set
        if not order.together:
            yield client.print_object(_FILM, uid, (1, n_images), order.wait_s)
            client.remove(_FILM, open_films.pop())
            n_images = 0
    if order.together and open_films:
        yield client.print_object(_SESSION, session, (len(open_films), n_images), order.wait_s)
    client.remove(_SESSION, session)


@dataclass(slots=True)
class _Client:
    """One association with a printer, and what the printer has reported."""

    assoc: Association
    color: bool
    warnings: list[str] = field(default_factory=list)
    jobs: dict[str, Attributes] = field(default_factory=dict)

    def target(self, class_uid: str, uid: str = "", *, meta: bool = True) -> Target:
        return Target(class_uid, uid, (_COLOR if self.color else _GRAYSCALE) if meta else "")

    def serve(self, message: Message) -> None:
        """Take a report of the printer, and acknowledge it."""
        rq, context = message.command, self.assoc.contexts.get(message.context_id)
        data_set = self.assoc.read_data_set(_MAX_REPORT_BYTES)
        if context is None or rq.field != commands.N_EVENT_REPORT_RQ:
            self.assoc.abort()
            raise AssociationEnded(f"The printer sent {rq.name}, which was not to be expected.")
        said = to_attributes(data_set, context.transfer_syntax) if data_set else {}
        if rq.sop_class_uid == _JOB:
            known = {1: "PENDING", 2: "PRINTING", 3: "DONE", 4: "FAILURE"}.get(rq.event_type, "")
            self.jobs[rq.sop_instance_uid] = said | {"21000020": {"vr": "CS", "Value": [known]}}
        elif rq.event_type > 1:
            self.warnings.append(f"printer: {first(said, '21100020') or 'not ready'}")
        self.assoc.send(context.id, Response(0).command(rq))

    def checked(self, what: str, outcome: Outcome) -> Outcome:
        """Keep a warning, raise NotPrinted for a failure."""
        if not outcome.is_success:
            raise NotPrinted(f"{what}: {outcome.in_words_of(STATUSES)}")
        if outcome.status:
            self.warnings.append(f"{what}: {outcome.in_words_of(STATUSES)}")
        return outcome

    def make(self, what: str, class_uid: str, attributes: Attributes, *, meta: bool = True) -> Outcome:
        target = self.target(class_uid, meta=meta)
        made = self.checked(what, dimse.n_create(self.assoc, target, attributes, self.serve))
        if not made.sop_instance_uid:
            raise NotPrinted(f"{what}: the printer gave it no UID")
        return made

    def film(self, film: Film, session: str, tone: str) -> tuple[str, int]:
        """Make a film box and fill it; return its UID and the number of its images."""
        given = film.attributes | {"20100500": _reference(_SESSION, session)}
        if tone:
            given["20500500"] = _reference(_LUT, tone)
        made = self.make("film box", _FILM, given)
        box_uids = _uids(made.attributes, "20100510")
        n_set = 0
        for position, image in enumerate(film.images, 1):
            if position > len(box_uids):
                raise NotPrinted(f"image {position}: the printer has no box for it")
            target = self.target(_COLOR_BOX if self.color else _GREY_BOX, box_uids[position - 1])
            whole = image | {"20200010": {"vr": "US", "Value": [position]}}
            self.checked(f"image {position}", dimse.n_set(self.assoc, target, whole, self.serve))
            n_set += 1
        lines = _uids(made.attributes, "20100520")
        if len(film.lines) > len(lines):
            self.warnings.append(f"annotation: the printer has room for {len(lines)} lines")
        for position, (text, uid) in enumerate(zip(film.lines, lines, strict=False), 1):
            said: Attributes = {
                "20300010": {"vr": "US", "Value": [position]},
                "20300020": {"vr": "LO", "Value": [text]},
            }
            target = self.target(_ANNOTATION, uid, meta=False)
            self.checked("annotation", dimse.n_set(self.assoc, target, said, self.serve))
        return made.sop_instance_uid, n_set

    def print_object(self, class_uid: str, uid: str, counts: tuple[int, int], wait_s: float) -> Printed:
        """Print a film box or a session, and wait for the end of the job where the printer tells it."""
        outcome = dimse.n_action(self.assoc, self.target(class_uid, uid), 1, None, self.serve)
        self.checked("print", outcome)
        # PS3.4 Table H.4-4 has (2100,0500); what PS3.6 calls Referenced Print Job Sequence is met, too.
        jobs = _uids(outcome.attributes, "21000500") or _uids(outcome.attributes, "21200070")
        if jobs and any(context.abstract_syntax == _JOB for context in self.assoc.contexts.values()):
            self._wait(jobs[0], wait_s)
        job = self.jobs.get(jobs[0], {}) if jobs else {}
        found = Printed(
            jobs[0] if jobs else "", *counts, str(first(job, "21000020")), str(first(job, "21000030")),
            tuple(self.warnings),
        )  # fmt: skip
        self.warnings.clear()
        return found

    def _wait(self, job: str, wait_s: float) -> None:
        end = time.monotonic() + wait_s
        while first(self.jobs.get(job, {}), "21000020") not in _ENDED and (left_s := end - time.monotonic()) > 0:
            if self.assoc.wait(min(left_s, 1.0)):
                message = self.assoc.next_message()
                if message is None:
                    raise AssociationEnded("The printer closed the association.")
                self.serve(message)
                continue
            outcome = dimse.n_get(self.assoc, self.target(_JOB, job, meta=False), serve=self.serve)
            if not outcome.is_success:
                return
            self.jobs[job] = outcome.attributes

    def remove(self, class_uid: str, uid: str) -> None:
        self.checked("delete", dimse.n_delete(self.assoc, self.target(class_uid, uid), self.serve))


def _reference(class_uid: str, uid: str) -> dict[str, Any]:
    item = {"00081150": {"vr": "UI", "Value": [class_uid]}, "00081155": {"vr": "UI", "Value": [uid]}}
    return {"vr": "SQ", "Value": [item]}


def _uids(attributes: Attributes, name: str) -> list[str]:
    items = attributes.get(name, {}).get("Value") or ()
    return [str(first(item, "00081155")) for item in items if isinstance(item, dict)]
