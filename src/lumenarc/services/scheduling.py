"""How do people look at, make, change and remove what is scheduled, without any HL7? (PS3.4 K)"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.dicom import worklist_item as form
from lumenarc.dicom.hl7_order import SCHEDULED, Order
from lumenarc.dicom.hl7_patient import PatientId
from lumenarc.dicom.mpps import text
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.worklist_item import Written
from lumenarc.errors import BadRequest, NotFound
from lumenarc.index import worklist
from lumenarc.index.worklist import Item
from lumenarc.services import patients
from lumenarc.services.worklist import STATES, attributes_of, put_state

# So many of the newest steps are looked through.
_MOST = 20_000
_NO_SUCH = "There is no such scheduled step."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which scheduled steps: "" for any. Dates are YYYYMMDD; `text` is looked for in everything."""

    state: str = ""
    text: str = ""
    modality: str = ""
    station: str = ""
    from_date: str = ""
    to_date: str = ""


def page(archive: Archive, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
    """Return how many steps fit, and some of them by their start; raise BadRequest."""
    if wanted.state and wanted.state not in STATES:
        raise BadRequest(f"The states are: {', '.join(STATES)}.")
    states = (wanted.state,) if wanted.state else STATES
    with archive.index.read() as connection:
        rows = [row for row in worklist.newest(connection, states, wanted.text, _MOST) if _fits(row[1], wanted)]
    rows.sort(key=lambda row: form.start_of(row[1]))
    return len(rows), [_shown(*row) for row in rows[offset : offset + limit]]


def _fits(item: Attributes, wanted: Wanted) -> bool:
    step = form.step_of(item)
    date = text(step, "00400002")
    return (
        wanted.modality in ("", text(step, "00080060"))
        and wanted.station in ("", text(step, "00400001"))
        and (not wanted.from_date or date >= wanted.from_date)
        and (not wanted.to_date or date <= wanted.to_date)
    )


def _shown(row: Item, attributes: Attributes) -> dict[str, Any]:
    known = {"id": str(row.pk), "state": row.state, "study_uid": row.study_uid, "order_number": row.order_number}
    return known | {"updated_at": row.updated_at, "attributes": attributes}


def get(archive: Archive, pk: int) -> dict[str, Any]:
    """Return one scheduled step; raise NotFound."""
    with archive.index.read() as connection:
        found = worklist.get(connection, pk)
    if found is None:
        raise NotFound(_NO_SUCH)
    return _shown(*found)


def create(archive: Archive, given: object, by: str) -> dict[str, Any]:
    """Schedule a step and return it; raise BadRequest, Refused when it is not clear who the patient is."""
    wanted = form.written(given)
    if not text(wanted.step, "00080060"):
        raise BadRequest("A scheduled procedure step needs a Modality.")
    patient_pk, now = _patient(archive, wanted, by), archive.now_ms()

    def write(connection: Connection) -> int:
        accession = text(wanted.request, form.ACCESSION) or f"L{now}"
        held = worklist.of_order(connection, accession)
        step = text(wanted.step, form.STEP_ID) or str(len(held) + 1)
        if any(row.step == step for row in held):
            raise BadRequest("The order has a step of this ID already.")
        uid = text(wanted.request, form.STUDY_UID) or next((row.study_uid for row in held), "")
        uid = uid or f"2.25.{uuid.uuid4().int}"
        procedure = text(wanted.request, "00401001")
        parts = form.merged({}, wanted.request), form.merged({}, wanted.step)
        order = Order(accession, SCHEDULED, text(wanted.step, form.STEP_ID), 1, uid, accession, procedure, *parts)
        row = Item(accession, step, SCHEDULED, uid, patient_pk, attributes_of(order, uid, step, now))
        put_state(connection, row, _state(wanted, SCHEDULED), now)
        return next(one.pk for one in worklist.of_order(connection, accession) if one.step == step)

    return get(archive, archive.index.write(write))


def edit(archive: Archive, pk: int, given: object) -> dict[str, Any]:
    """Lay attributes over a step and return it; raise BadRequest, NotFound. The patient stays the same."""
    wanted = form.written(given)

    def write(connection: Connection) -> None:
        found = worklist.get(connection, pk)
        if found is None:
            raise NotFound(_NO_SUCH)
        row, whole = found
        if any(whole.get(name, {}) != value for name, value in wanted.patient.items()):
            raise BadRequest("The patient of a scheduled step does not change; schedule a new one.")
        step = form.merged(form.step_of(row.attrs), wanted.step)
        attrs = form.merged(row.attrs, wanted.request) | {form.STEPS: {"vr": "SQ", "Value": [step]}}
        if not text(step, "00080060"):
            raise BadRequest("A scheduled procedure step needs a Modality.")
        study_uid = text(attrs, form.STUDY_UID) or row.study_uid
        attrs[form.STUDY_UID] = {"vr": "UI", "Value": [study_uid]}
        changed = Item(row.order_number, row.step, row.state, study_uid, row.patient_pk, attrs)
        put_state(connection, changed, _state(wanted, row.state), archive.now_ms())

    archive.index.write(write)
    return get(archive, pk)


def remove(archive: Archive, pk: int) -> None:
    """Forget a scheduled step; raise NotFound."""
    if not archive.index.write(lambda connection: worklist.remove(connection, pk)):
        raise NotFound(_NO_SUCH)


def _state(wanted: Written, otherwise: str) -> str:
    state = text(wanted.step, form.STATUS) or otherwise
    if state not in STATES:
        raise BadRequest(f"The states are: {', '.join(STATES)}.")
    return state


def _patient(archive: Archive, wanted: Written, by: str) -> int:
    """Return the patient of a new step, who is made when nobody has the ID."""
    value = text(wanted.patient, "00100020")
    if not value:
        raise BadRequest("A scheduled procedure step needs a Patient ID.")
    one = PatientId(value, text(wanted.patient, "00100021"))
    known = patients.find(archive, one, wanted.patient)
    if known is not None:
        return known
    about = {name: entry for name, entry in wanted.patient.items() if entry and name not in ("00100020", "00100021")}
    if not about:
        raise BadRequest("Nobody has this Patient ID; a new patient needs a name.")
    return patients.upsert(archive, [one], about, by=by, reason="scheduled on the page").pk
