"""What does an index made anew from the blobs lack, and how is it brought over from the old one?

Blobs tell what was received. Only the index knows what was corrected, merged and moved, what lies in the trash or waits
for a decision, when an object came and from which host, which devices and other archives there are. Rows are found
again by what names them (identity, UIDs, key of the blob); what was corrected is laid over what the blobs say now.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

from lumenarc.dicom.attributes import LEVEL_TAGS, Level
from lumenarc.dicom.received import dump, level_columns
from lumenarc.index import corrections
from lumenarc.index.schema import (
    correction,
    instance,
    job,
    metadata,
    patient,
    patient_alias,
    patient_identifier,
    series,
    study,
)
from lumenarc.index.trash import recount

_AT_ONCE = 1000
# These are made from blobs, or need more than to be copied.
_NOT_COPIED = frozenset(
    "patient patient_alias patient_identifier study series series_request instance series_metadata correction "
    "job".split()
)
_OVER = ("done", "failed", "cancelled")


def carry(old: Connection, new: Connection, now_ms: int) -> int:
    """Bring over what the blobs do not tell; return how many instances of the old index are not in the new one."""
    patients = _patients(old, new)
    _of_patients(old, new, patients)
    for table in metadata.sorted_tables:
        if table.name not in _NOT_COPIED:
            _copy(old, new, table, patients)
    corrected = _studies(old, new, patients)
    _series(old, new)
    n_lost = _instances(old, new)
    recount(new, set(new.execute(select(study.c.pk)).scalars()), now_ms)
    _times(old, new)
    ordered = sorted(corrected)
    for at in range(0, len(ordered), _AT_ONCE):
        corrections.refresh_search_text(new, study.c.pk.in_(ordered[at : at + _AT_ONCE]))
    _copy(old, new, correction, patients)
    _copy(old, new, job, patients, only_states=_OVER)
    return n_lost


def _values(row: Any, *without: str) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in without}


def _overlaid(row: Any, received: Any, level: Level) -> dict[str, Any]:
    """Return the columns of a row of the old index that was corrected, over what the blobs say now."""
    overlay = json.loads(row.overlay)
    if not overlay:
        return {}
    tags = {f"{tag:08X}" for tag in LEVEL_TAGS[level]}
    own = {name: entry for name, entry in overlay.items() if name in tags}
    attrs = corrections.merged(json.loads(received.attrs), own)
    return level_columns(level, attrs) | {"overlay": dump(overlay)}


def _patients(old: Connection, new: Connection) -> dict[int, int]:
    """Bring over patients; return the new primary key of each."""
    known = {row.identity: row for row in new.execute(select(patient.c.pk, patient.c.identity, patient.c.attrs))}
    pks: dict[int, int] = {}
    merged: dict[int, int] = {}
    for row in old.execute(select(patient).order_by(patient.c.pk)):
        values = _values(row, "pk", "merged_into")
        received = known.get(row.identity)
        if received is None:
            pks[row.pk] = int(new.execute(patient.insert().values(**values).returning(patient.c.pk)).scalar_one())
        else:
            pks[row.pk] = received.pk
            changes = _overlaid(row, received, Level.PATIENT)
            times = {"created_at": row.created_at, "updated_at": row.updated_at}
            new.execute(update(patient).where(patient.c.pk == received.pk).values(**changes, **times))
        if row.merged_into is not None:
            merged[row.pk] = row.merged_into
    for source, target in merged.items():
        new.execute(update(patient).where(patient.c.pk == pks[source]).values(merged_into=pks[target]))
    return pks


def _of_patients(old: Connection, new: Connection, patients: dict[int, int]) -> None:
    """Bring over the identities under which objects of patients arrive as well, and their other identifiers."""
    for row in old.execute(select(patient_alias)):
        new.execute(patient_alias.insert().values(identity=row.identity, patient_fk=patients[row.patient_fk]))
    for row in old.execute(select(patient_identifier)):
        pk = patients[row.patient_fk]
        corrections.add_identifiers(new, pk, [{"value": row.value, "issuer": row.issuer}])


def _copy(
    old: Connection, new: Connection, table: Table, patients: dict[int, int], only_states: tuple[str, ...] = ()
) -> None:
    """Copy a table; keys of patients become the new ones."""
    if table.name == "state":
        new.execute(table.delete())
    names = [column.name for column in table.columns if _is_patient(column)]
    query = select(table).order_by(*table.primary_key.columns)
    if only_states:
        query = query.where(table.c.state.in_(only_states))
    waiting: list[dict[str, Any]] = []
    for row in old.execution_options(yield_per=_AT_ONCE).execute(query):
        values = _values(row)
        for name in names:
            values[name] = patients.get(values[name])
        waiting.append(values)
    for at in range(0, len(waiting), _AT_ONCE):
        new.execute(table.insert(), waiting[at : at + _AT_ONCE])


def _is_patient(column: Any) -> bool:
    return column.name == "patient_fk" or any(key.column is patient.c.pk for key in column.foreign_keys)


def _studies(old: Connection, new: Connection, patients: dict[int, int]) -> set[int]:
    """Bring over to whom studies belong and what was corrected; return the keys of those that this changes."""
    known = {row.study_uid: row for row in new.execute(select(study.c.pk, study.c.study_uid, study.c.attrs))}
    changed = set(
        new.execute(
            select(study.c.pk).join(patient, study.c.patient_fk == patient.c.pk).where(patient.c.overlay != "{}")
        ).scalars()
    )
    for row in old.execute(select(study)):
        received = known.get(row.study_uid)
        if received is None:
            continue
        changes = _overlaid(row, received, Level.STUDY)
        values = changes | {"patient_fk": patients[row.patient_fk], "moved_from": row.moved_from}
        new.execute(update(study).where(study.c.pk == received.pk).values(**values))
        if changes or row.moved_from:
            changed.add(received.pk)
    return changed


def _series_by_uids(connection: Connection) -> dict[tuple[str, str], Any]:
    joined = series.join(study, series.c.study_fk == study.c.pk)
    query = select(study.c.study_uid, series).select_from(joined)
    return {(row.study_uid, row.series_uid): row for row in connection.execute(query)}


def _series(old: Connection, new: Connection) -> None:
    known = _series_by_uids(new)
    for uids, row in _series_by_uids(old).items():
        received = known.get(uids)
        if received is not None and row.corrected_at is not None:
            changes = _overlaid(row, received, Level.SERIES) | {"corrected_at": row.corrected_at}
            new.execute(update(series).where(series.c.pk == received.pk).values(**changes))


def _instances(old: Connection, new: Connection) -> int:
    """Bring over when and whence instances came, and which are not live; return how many are not there any more."""
    series_of = {row.pk: uids for uids, row in _series_by_uids(old).items()}
    known_series = {uids: row.pk for uids, row in _series_by_uids(new).items()}
    names = ("received_at", "source_host", "state", "trash_fk", "note")
    change = (
        update(instance)
        .where(instance.c.blob_key == bindparam("key"))
        .values(**{name: bindparam(f"new_{name}") for name in names})
    )
    n_lost, waiting = 0, list[dict[str, Any]]()
    known = set(new.execute(select(instance.c.blob_key)).scalars())
    for row in old.execution_options(yield_per=_AT_ONCE).execute(select(instance).order_by(instance.c.pk)):
        if row.blob_key in known:
            waiting.append({"key": row.blob_key, **{f"new_{name}": getattr(row, name) for name in names}})
        elif row.state != "live" and series_of[row.series_fk] in known_series:
            # The same object is live under another key, or another of the same UID is.
            series_fk = known_series[series_of[row.series_fk]]
            new.execute(instance.insert().values(**_values(row, "pk") | {"series_fk": series_fk}))
        else:
            n_lost += 1
    for at in range(0, len(waiting), _AT_ONCE):
        new.execute(change, waiting[at : at + _AT_ONCE])
    return n_lost


def _times(old: Connection, new: Connection) -> None:
    """Bring over when studies and series were made and changed."""
    for row in old.execute(select(study.c.study_uid, study.c.created_at, study.c.updated_at)):
        times = {"created_at": row.created_at, "updated_at": row.updated_at}
        new.execute(update(study).where(study.c.study_uid == row.study_uid).values(**times))
    known = _series_by_uids(new)
    for uids, row in _series_by_uids(old).items():
        if uids in known:
            values = {"created_at": row.created_at, "updated_at": row.updated_at, "version": row.version + 1}
            new.execute(update(series).where(series.c.pk == known[uids].pk).values(**values))
