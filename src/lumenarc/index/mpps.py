"""Where performed procedure steps are kept: one row for each, as the modality last told of it (PS3.4 F.7)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lumenarc.dicom.query import Attributes
from lumenarc.index.schema import performed_step, study


@dataclass(frozen=True, slots=True)
class Step:
    """One step; times in ms since the epoch, UTC."""

    sop_instance_uid: str
    state: str
    study_uid: str
    attrs: Attributes
    source_aet: str
    created_at: int
    updated_at: int


_COLUMNS = tuple(performed_step.c[name] for name in Step.__slots__)


def add(connection: Connection, step: Step) -> bool:
    """Insert a step; False when there is one of its UID."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = {name: getattr(step, name) for name in Step.__slots__} | {"attrs": _text(step.attrs)}
    statement = dialect.insert(performed_step).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(performed_step.c.pk)).scalar() is not None


def get(connection: Connection, sop_instance_uid: str, *, to_change: bool = False) -> Step | None:
    """Return a step, or None; with `to_change` nobody else changes it in the meantime."""
    query = select(*_COLUMNS).where(performed_step.c.sop_instance_uid == sop_instance_uid)
    row = connection.execute(query.with_for_update() if to_change else query).first()
    return None if row is None else _step(row)


def change(connection: Connection, sop_instance_uid: str, state: str, attrs: Attributes, now_ms: int) -> None:
    """Replace what is known of a step."""
    values = {"state": state, "attrs": _text(attrs), "updated_at": now_ms}
    connection.execute(
        update(performed_step).where(performed_step.c.sop_instance_uid == sop_instance_uid).values(**values)
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which steps: "" for any; `text` is looked for in all that is known of a step."""

    state: str = ""
    study_uid: str = ""
    text: str = ""


def page(connection: Connection, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[Step]]:
    """Return how many steps there are, and some of them, the newest first."""
    where: list[ColumnElement[bool]] = []
    if wanted.state:
        where.append(performed_step.c.state == wanted.state)
    if wanted.study_uid:
        where.append(performed_step.c.study_uid == wanted.study_uid)
    if wanted.text:
        where.append(func.lower(performed_step.c.attrs).contains(wanted.text.lower(), autoescape=True))
    n_total = connection.execute(select(func.count()).select_from(performed_step).where(*where)).scalar_one()
    query = select(*_COLUMNS).where(*where).order_by(performed_step.c.pk.desc()).limit(limit).offset(offset)
    return n_total, [_step(row) for row in connection.execute(query)]


def known_studies(connection: Connection, study_uids: list[str]) -> set[str]:
    """Return those of the studies that have objects here."""
    query = select(study.c.study_uid).where(study.c.study_uid.in_(study_uids), study.c.n_instances > 0)
    return set(connection.execute(query).scalars())


def _text(attrs: Attributes) -> str:
    return json.dumps(attrs, ensure_ascii=False)


def _step(row: Any) -> Step:
    return Step(**{**row._mapping, "attrs": json.loads(row.attrs)})
