"""Where the items of the modality worklist are kept: one row for each scheduled procedure step (PS3.4 K.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, update

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
    pk: int = 0
    updated_at: int = 0


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
    known = row.order_number, row.step, row.state, row.study_uid, row.patient_fk
    return Item(*known, json.loads(row.attrs), row.pk, row.updated_at)


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
    query = _with_patient().where(worklist_item.c.state.in_(states)).order_by(worklist_item.c.pk)
    for row in connection.execution_options(yield_per=500).execute(query):
        yield _whole(row)


def newest(connection: Connection, states: tuple[str, ...], text: str, limit: int) -> Iterator[tuple[Item, Attributes]]:
    """Yield the newest steps in these states, with their patients; `text` is in what is known of them."""
    query = _with_patient().where(worklist_item.c.state.in_(states)).order_by(worklist_item.c.pk.desc()).limit(limit)
    for row in connection.execution_options(yield_per=500).execute(query):
        whole = _whole(row)
        if not text or text.casefold() in json.dumps(whole, ensure_ascii=False).casefold():
            yield _item(row), whole


def get(connection: Connection, pk: int) -> tuple[Item, Attributes] | None:
    """Return a step, and the whole item with its patient."""
    row = connection.execute(_with_patient().where(worklist_item.c.pk == pk)).first()
    return None if row is None else (_item(row), _whole(row))


def remove(connection: Connection, pk: int) -> bool:
    """Delete a step; False when there is none."""
    return connection.execute(worklist_item.delete().where(worklist_item.c.pk == pk)).rowcount == 1


def _with_patient() -> Select[Any]:
    of_survivor = patient.alias()
    joined = worklist_item.join(patient, worklist_item.c.patient_fk == patient.c.pk).outerjoin(
        of_survivor, patient.c.merged_into == of_survivor.c.pk
    )
    columns = (*worklist_item.c, patient.c.attrs.label("own"), of_survivor.c.attrs.label("survivor"))
    return select(*columns).select_from(joined)


def _whole(row: Any) -> Attributes:
    found: Attributes = json.loads(row.survivor or row.own) | json.loads(row.attrs)
    return found
