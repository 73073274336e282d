"""Where the items of the modality worklist are kept: one row for each scheduled procedure step (PS3.4 K.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from lumenarc.dicom.query import Attributes
from lumenarc.index.schema import patient, worklist_item


@dataclass(frozen=True, slots=True)
class Item:
    """One scheduled step; `attrs` are the item without its patient."""

    order_number: str
    step: str
    state: str
    study_uid: str
    patient_pk: int
    attrs: Attributes


def of_order(connection: Connection, order_number: str) -> list[Item]:
    """Return the steps of an order."""
    query = select(worklist_item).where(worklist_item.c.order_number == order_number).order_by(worklist_item.c.pk)
    return [_item(row) for row in connection.execute(query)]


def of_study(connection: Connection, study_uid: str) -> list[Item]:
    """Return the steps of a study."""
    query = select(worklist_item).where(worklist_item.c.study_uid == study_uid).order_by(worklist_item.c.pk)
    return [_item(row) for row in connection.execute(query)]


def in_states(connection: Connection, states: tuple[str, ...]) -> list[Item]:
    """Return the steps in these states."""
    query = select(worklist_item).where(worklist_item.c.state.in_(states)).order_by(worklist_item.c.pk)
    return [_item(row) for row in connection.execute(query)]


def _item(row: Any) -> Item:
    return Item(row.order_number, row.step, row.state, row.study_uid, row.patient_fk, json.loads(row.attrs))


def put(connection: Connection, item: Item, now_ms: int) -> None:
    """Insert or replace a step."""
    values = {
        "state": item.state,
        "study_uid": item.study_uid,
        "patient_fk": item.patient_pk,
        "attrs": json.dumps(item.attrs, ensure_ascii=False),
        "updated_at": now_ms,
    }
    where = (worklist_item.c.order_number == item.order_number, worklist_item.c.step == item.step)
    if connection.execute(update(worklist_item).where(*where).values(**values)).rowcount == 0:
        key = {"order_number": item.order_number, "step": item.step, "created_at": now_ms}
        connection.execute(worklist_item.insert().values(**key, **values))


def open_items(connection: Connection, states: tuple[str, ...]) -> Iterator[Attributes]:
    """Yield the items in these states, each with what its patient is called now."""
    of_survivor = patient.alias()
    joined = worklist_item.join(patient, worklist_item.c.patient_fk == patient.c.pk).outerjoin(
        of_survivor, patient.c.merged_into == of_survivor.c.pk
    )
    query = select(worklist_item.c.attrs, patient.c.attrs.label("own"), of_survivor.c.attrs.label("survivor"))
    query = query.select_from(joined).where(worklist_item.c.state.in_(states)).order_by(worklist_item.c.pk)
    for row in connection.execution_options(yield_per=500).execute(query):
        yield json.loads(row.survivor or row.own) | json.loads(row.attrs)
