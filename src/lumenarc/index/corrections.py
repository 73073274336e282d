"""Where corrections of patients, studies and series change rows, and what of them is laid over objects that leave.

The rows tell the corrected truth, so that searches find it; `overlay` keeps what differs from the objects as they were
received, for whoever sends them out (dicom/coerce.py). Callers hold the patient's row, so that an instance that comes
in meanwhile is either marked with the others or sees the correction itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from lumenarc.dicom.attributes import PATIENT_TAGS, Level
from lumenarc.dicom.columns import fold_name
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.received import dump, level_columns, other_identifiers, search_text
from lumenarc.index.schema import correction, patient, patient_alias, patient_identifier, series, study

# That an object was de-identified stays true whoever it is said to belong to (PS3.15 E.1).
_NEVER_MOVED = frozenset((0x00120062, 0x00120063, 0x00120064))
_MOVED = tuple(f"{tag:08X}" for tag in sorted(PATIENT_TAGS - _NEVER_MOVED))
_LAST = chr(0x10FFFF)
_WHO = ("00100010", "00100020", "00100021", "00100030", "00100040")


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient's row; `overlay` is what was corrected since the objects were received."""

    pk: int
    identity: str
    attrs: Attributes
    overlay: Attributes
    n_studies: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """One line of the history; `before` and `after` are DICOM JSON of the changed attributes, {} where absent."""

    kind: str
    level: str
    patient_pk: int | None
    study_uid: str
    series_uid: str
    before: Attributes
    after: Attributes
    reason: str
    corrected_by: str
    corrected_at: int


@dataclass(frozen=True, slots=True)
class Laid:
    """What is laid over the objects of a series; `corrected_at` in ms since the epoch, None for nothing."""

    changes: Attributes
    corrected_at: int | None


def get_patient(connection: Connection, pk: int, *, hold: bool = False) -> Patient | None:
    """Return a patient that has not been merged into another; `hold` keeps others from changing it meanwhile."""
    query = select(patient.c.pk, patient.c.identity, patient.c.attrs, patient.c.overlay)
    query = query.where(patient.c.pk == pk, patient.c.merged_into.is_(None))
    row = connection.execute(query.with_for_update() if hold else query).first()
    return None if row is None else _patient(row)


def _patient(row: Any, n_studies: int = 0) -> Patient:
    return Patient(row.pk, row.identity, json.loads(row.attrs), json.loads(row.overlay), n_studies)


def patient_of(connection: Connection, study_uid: str) -> int | None:
    """Return the patient of a study, by primary key."""
    pk: int | None = connection.execute(select(study.c.patient_fk).where(study.c.study_uid == study_uid)).scalar()
    return pk


def find_patients(connection: Connection, text: str, limit: int, offset: int) -> tuple[int, list[Patient]]:
    """Return how many patients with studies have this beginning of a name or this ID, and a page of them."""
    counted = (
        select(func.count()).where(study.c.patient_fk == patient.c.pk, study.c.n_instances > 0).correlate(patient)
    ).scalar_subquery()
    where: list[ColumnElement[bool]] = [patient.c.merged_into.is_(None), counted > 0]
    if text:
        begins = fold_name(text)
        names = [patient.c[f"name_{group}"] for group in ("a", "i", "p")]
        named = [and_(name >= begins, name < begins + _LAST) for name in names]
        where.append(or_(patient.c.patient_id == text, *named))
    total = connection.execute(select(func.count()).select_from(patient).where(*where)).scalar_one()
    page = (
        select(patient.c.pk, patient.c.identity, patient.c.attrs, patient.c.overlay, counted.label("n_studies"))
        .where(*where)
        .order_by(patient.c.name_a, patient.c.patient_id, patient.c.pk)
        .limit(limit)
        .offset(offset)
    )
    return total, [_patient(row, row.n_studies) for row in connection.execute(page)]


def add_patient(connection: Connection, identity: str, attrs: Attributes, now_ms: int) -> int:
    """Make a patient for a study to be moved to; return its primary key."""
    values = level_columns(Level.PATIENT, attrs) | {"identity": identity, "created_at": now_ms, "updated_at": now_ms}
    pk = int(connection.execute(patient.insert().values(**values).returning(patient.c.pk)).scalar_one())
    add_identifiers(connection, pk, other_identifiers(attrs))
    return pk


def by_identity(connection: Connection, identity: str) -> int | None:
    """Return the patient that objects of this identity belong to, be it by its own or by an alias."""
    pk: int | None = connection.execute(
        select(patient_alias.c.patient_fk).where(patient_alias.c.identity == identity)
    ).scalar()
    if pk is None:
        pk = connection.execute(select(patient.c.pk).where(patient.c.identity == identity)).scalar()
    return pk


def add_alias(connection: Connection, identity: str, patient_pk: int) -> None:
    """Let objects of an identity belong to a patient from now on."""
    connection.execute(patient_alias.delete().where(patient_alias.c.identity == identity))
    connection.execute(patient_alias.insert().values(identity=identity, patient_fk=patient_pk))


def aliases(connection: Connection, patient_pk: int) -> set[str]:
    """Return the identities under which objects of a patient arrive, beside its own."""
    return set(
        connection.execute(select(patient_alias.c.identity).where(patient_alias.c.patient_fk == patient_pk)).scalars()
    )


def add_identifiers(connection: Connection, pk: int, identifiers: Iterable[dict[str, Any]]) -> None:
    """Give a patient other identifiers, unless it has them."""
    table = patient_identifier
    for one in identifiers:
        where = (table.c.patient_fk == pk, table.c.value == one["value"], table.c.issuer == one["issuer"])
        if connection.execute(select(table.c.pk).where(*where)).first() is None:
            connection.execute(table.insert().values(**one, patient_fk=pk))


def edit_patient(connection: Connection, held: Patient, changes: Attributes, now_ms: int) -> list[str]:
    """Change attributes of a patient; return the UIDs of its studies."""
    attrs = merged(held.attrs, changes)
    values = level_columns(Level.PATIENT, attrs) | {"overlay": dump(held.overlay | changes), "updated_at": now_ms}
    connection.execute(update(patient).where(patient.c.pk == held.pk).values(**values))
    add_identifiers(connection, held.pk, other_identifiers(attrs))
    return _mark(connection, study.c.patient_fk == held.pk, now_ms)


def edit_study(connection: Connection, study_uid: str, changes: Attributes, now_ms: int) -> Attributes:
    """Change attributes of a study, whose patient is held; return what they were."""
    row = connection.execute(select(study.c.attrs, study.c.overlay).where(study.c.study_uid == study_uid)).one()
    attrs, overlay = json.loads(row.attrs), json.loads(row.overlay)
    values = level_columns(Level.STUDY, merged(attrs, changes)) | {"overlay": dump(overlay | changes)}
    connection.execute(update(study).where(study.c.study_uid == study_uid).values(**values))
    _mark(connection, study.c.study_uid == study_uid, now_ms)
    return {name: attrs.get(name, {}) for name in changes}


def edit_series(
    connection: Connection, study_uid: str, series_uid: str, changes: Attributes, now_ms: int
) -> Attributes | None:
    """Change attributes of a series, whose patient is held; return what they were, None without such a series."""
    of_study = select(study.c.pk).where(study.c.study_uid == study_uid).scalar_subquery()
    where = (series.c.study_fk == of_study, series.c.series_uid == series_uid)
    row = connection.execute(select(series.c.attrs, series.c.overlay).where(*where)).first()
    if row is None:
        return None
    attrs, overlay = json.loads(row.attrs), json.loads(row.overlay)
    values = level_columns(Level.SERIES, merged(attrs, changes)) | {
        "overlay": dump(overlay | changes),
        "corrected_at": now_ms,
        "version": series.c.version + 1,
        "updated_at": now_ms,
    }
    connection.execute(update(series).where(*where).values(**values))
    connection.execute(update(study).where(study.c.study_uid == study_uid).values(updated_at=now_ms))
    refresh_search_text(connection, study.c.study_uid == study_uid)
    return {name: attrs.get(name, {}) for name in changes}


def move_study(connection: Connection, study_uid: str, source: Patient, target: Patient, now_ms: int) -> None:
    """Let a study belong to another patient; both are held. Its objects leave with that patient's attributes."""
    row = connection.execute(select(study.c.overlay, study.c.moved_from).where(study.c.study_uid == study_uid)).one()
    connection.execute(
        update(study)
        .where(study.c.study_uid == study_uid)
        .values(
            patient_fk=target.pk,
            overlay=dump(json.loads(row.overlay) | moved_overlay(target.attrs)),
            moved_from=row.moved_from or source.identity,
        )
    )
    _mark(connection, study.c.study_uid == study_uid, now_ms)


def moved_overlay(attrs: Attributes) -> Attributes:
    """Return the changes that give an object of another patient this patient's attributes, and nothing else's."""
    return {name: attrs.get(name, {}) for name in _MOVED}


def studies_of(connection: Connection, patient_pk: int) -> list[str]:
    """Return the UIDs of a patient's studies."""
    return list(connection.execute(select(study.c.study_uid).where(study.c.patient_fk == patient_pk)).scalars())


def merge(connection: Connection, source: Patient, target: Patient, now_ms: int) -> list[str]:
    """Let all that belongs to one patient belong to another; both are held. Return the UIDs of the studies."""
    moved = studies_of(connection, source.pk)
    for study_uid in moved:
        move_study(connection, study_uid, source, target, now_ms)
    for identity in (source.identity, *aliases(connection, source.pk)):
        add_alias(connection, identity, target.pk)
    prior = {"value": _first(source.attrs, "00100020"), "issuer": _first(source.attrs, "00100021")}
    known = connection.execute(
        select(patient_identifier.c.value, patient_identifier.c.issuer).where(
            patient_identifier.c.patient_fk == source.pk
        )
    ).mappings()
    add_identifiers(connection, target.pk, [one for one in (prior, *map(dict, known)) if one["value"]])
    # Those merged into the source before go along, so that nobody has to follow a chain.
    gone = or_(patient.c.pk == source.pk, patient.c.merged_into == source.pk)
    connection.execute(update(patient).where(gone).values(merged_into=target.pk))
    return moved


def _first(attrs: Attributes, name: str) -> str:
    values = attrs.get(name, {}).get("Value") or [""]
    return str(values[0] or "")


def merged(attrs: Attributes, changes: Attributes) -> Attributes:
    """Return attributes with changes applied; {} removes one."""
    return {name: entry for name, entry in sorted((attrs | changes).items()) if entry}


def _mark(connection: Connection, which: ColumnElement[bool], now_ms: int) -> list[str]:
    """Say of studies and their series that what leaves is no longer what was received; return the studies' UIDs."""
    rows = connection.execute(select(study.c.pk, study.c.study_uid).where(which).order_by(study.c.pk)).all()
    connection.execute(
        update(series)
        .where(series.c.study_fk.in_(select(study.c.pk).where(which)))
        .values(corrected_at=now_ms, version=series.c.version + 1, updated_at=now_ms)
    )
    connection.execute(update(study).where(which).values(updated_at=now_ms))
    refresh_search_text(connection, which)
    return [row.study_uid for row in rows]


def refresh_search_text(connection: Connection, which: ColumnElement[bool]) -> None:
    """Let free text find what patient and study say now."""
    of_series = (
        select(series.c.attrs).where(series.c.study_fk == study.c.pk).order_by(series.c.pk).limit(1).scalar_subquery()
    )
    rows = connection.execute(
        select(study.c.pk, patient.c.attrs, study.c.attrs, of_series)
        .select_from(study.join(patient, study.c.patient_fk == patient.c.pk))
        .where(which)
    ).all()
    for pk, of_patient, of_study, first_series in rows:
        known = json.loads(first_series or "{}") | json.loads(of_study) | json.loads(of_patient)
        connection.execute(update(study).where(study.c.pk == pk).values(search_text=search_text(known)))


def laid_over(connection: Connection, series_fk: int) -> Laid:
    """Return what is laid over the objects of a series when they leave."""
    row = connection.execute(
        select(patient.c.overlay, study.c.overlay, series.c.overlay, series.c.corrected_at)
        .select_from(
            series.join(study, series.c.study_fk == study.c.pk).join(patient, study.c.patient_fk == patient.c.pk)
        )
        .where(series.c.pk == series_fk)
    ).one()
    # What the patient was corrected to goes over what the study brought along when it was moved.
    changes = json.loads(row[1]) | json.loads(row[0]) | json.loads(row[2])
    return Laid(changes, row.corrected_at) if changes else Laid({}, None)


def record(connection: Connection, line: Correction) -> None:
    """Add a line to the history."""
    connection.execute(
        correction.insert().values(
            kind=line.kind,
            level=line.level,
            patient_fk=line.patient_pk,
            study_uid=line.study_uid,
            series_uid=line.series_uid,
            before=dump(line.before),
            after=dump(line.after),
            reason=line.reason,
            corrected_by=line.corrected_by,
            corrected_at=line.corrected_at,
        )
    )


def who(attrs: Attributes) -> Attributes:
    """Return what names a patient in the history."""
    return {name: attrs.get(name, {}) for name in _WHO}


def history(connection: Connection, study_uid: str) -> list[Correction]:
    """Return the corrections of a study, of its series and of its patient, the newest first."""
    of_patient = select(study.c.patient_fk).where(study.c.study_uid == study_uid).scalar_subquery()
    query = (
        select(*(correction.c[name] for name in _HISTORY))
        .where(or_(correction.c.study_uid == study_uid, correction.c.patient_fk == of_patient))
        .order_by(correction.c.corrected_at.desc(), correction.c.pk.desc())
    )
    found = []
    for kind, level, pk, study_of, series_of, before, after, *rest in connection.execute(query):
        found.append(Correction(kind, level, pk, study_of, series_of, json.loads(before), json.loads(after), *rest))
    return found


_HISTORY = (
    "kind", "level", "patient_fk", "study_uid", "series_uid", "before", "after", "reason", "corrected_by",
    "corrected_at",
)  # fmt: skip
