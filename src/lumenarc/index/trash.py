"""Where deletion, the trash, restoring and purging change rows; counters follow in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select, update

from lumenarc.index.schema import instance, patient, patient_identifier, series, series_metadata, study, trash


@dataclass(frozen=True, slots=True)
class TrashItem:
    """One deletion that can be undone until `expires_at` (ms since the epoch)."""

    pk: int
    level: str
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    n_instances: int
    summary: str
    reason: str
    deleted_by: str
    deleted_at: int
    expires_at: int


_ITEM = tuple(trash.c[name] for name in TrashItem.__slots__)


def _living(study_uid: str, series_uid: str | None, sop_instance_uid: str | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [study.c.study_uid == study_uid, instance.c.state == "live"]
    if series_uid is not None:
        where.append(series.c.series_uid == series_uid)
    if sop_instance_uid is not None:
        where.append(instance.c.sop_instance_uid == sop_instance_uid)
    return where


_JOINED = instance.join(series, instance.c.series_fk == series.c.pk).join(study, series.c.study_fk == study.c.pk)


def move_to_trash(connection: Connection, item: TrashItem, only: Collection[str] = ()) -> tuple[int, int]:
    """Move the live instances that `item` names to a new trash row; return its key and how many (0: nothing was done).

    `pk` and `n_instances` of the given item are ignored; of what it names, `only` may leave some SOP Instance UIDs.
    """
    where = _living(item.study_uid, item.series_uid or None, item.sop_instance_uid or None)
    asked = select(instance.c.pk, series.c.pk, study.c.pk, instance.c.sop_instance_uid)
    rows = connection.execute(asked.select_from(_JOINED).where(*where)).all()
    if only:
        wanted = set(only)
        rows = [row for row in rows if row[3] in wanted]
    if not rows:
        return 0, 0
    values = {name: getattr(item, name) for name in TrashItem.__slots__ if name not in ("pk", "n_instances")}
    key = connection.execute(trash.insert().values(**values, n_instances=len(rows)).returning(trash.c.pk)).scalar_one()
    chosen = [row[0] for row in rows]
    for start in range(0, len(chosen), 500):
        connection.execute(
            update(instance).where(instance.c.pk.in_(chosen[start : start + 500])).values(state="trash", trash_fk=key)
        )
    recount(connection, {row[2] for row in rows}, item.deleted_at)
    return key, len(rows)


def recount(connection: Connection, study_pks: set[int], now_ms: int) -> None:
    """Set the counters of these studies and their series from their live instances."""
    for study_pk in sorted(study_pks):
        for (series_pk,) in connection.execute(select(series.c.pk).where(series.c.study_fk == study_pk)).all():
            count, size = connection.execute(
                select(func.count(), func.coalesce(func.sum(instance.c.data_set_bytes), 0)).where(
                    instance.c.series_fk == series_pk, instance.c.state == "live"
                )
            ).one()
            classes = connection.execute(
                select(instance.c.sop_class_uid)
                .where(instance.c.series_fk == series_pk, instance.c.state == "live")
                .distinct()
            ).scalars()
            connection.execute(
                update(series)
                .where(series.c.pk == series_pk)
                .values(
                    n_instances=count,
                    size_bytes=size,
                    sop_classes=joined(set(classes)),
                    version=series.c.version + 1,
                    updated_at=now_ms,
                )
            )
        _recount_study(connection, study_pk, now_ms)


def _recount_study(connection: Connection, study_pk: int, now_ms: int) -> None:
    rows = connection.execute(
        select(series.c.modality, series.c.sop_classes, series.c.n_instances, series.c.size_bytes).where(
            series.c.study_fk == study_pk, series.c.n_instances > 0
        )
    ).all()
    classes = {uid for row in rows for uid in row[1].split("\\") if uid}
    connection.execute(
        update(study)
        .where(study.c.pk == study_pk)
        .values(
            n_series=len(rows),
            n_instances=sum(row[2] for row in rows),
            size_bytes=sum(row[3] for row in rows),
            modalities=joined({row[0] for row in rows if row[0]}),
            sop_classes=joined(classes),
            updated_at=now_ms,
        )
    )


def joined(values: set[str]) -> str:
    r"""Write a set the way multi-valued columns keep it: \A\B\, or nothing."""
    return "\\" + "\\".join(sorted(values)) + "\\" if values else ""


def items(connection: Connection, limit: int, offset: int) -> list[TrashItem]:
    """Return deletions, the newest first."""
    query = select(*_ITEM).order_by(trash.c.deleted_at.desc(), trash.c.pk.desc()).limit(limit).offset(offset)
    return [TrashItem(*row) for row in connection.execute(query)]


def n_items(connection: Connection) -> int:
    """Count the deletions that can be undone."""
    return connection.execute(select(func.count()).select_from(trash)).scalar_one()


def get(connection: Connection, pk: int) -> TrashItem | None:
    """Return one deletion."""
    row = connection.execute(select(*_ITEM).where(trash.c.pk == pk)).first()
    return None if row is None else TrashItem(*row)


def expired(connection: Connection, now_ms: int) -> list[int]:
    """Return the deletions whose time is over."""
    return list(connection.execute(select(trash.c.pk).where(trash.c.expires_at <= now_ms)).scalars())


def restore(connection: Connection, pk: int, now_ms: int) -> tuple[int, int]:
    """Bring a deletion back; return how many instances live again, and how many could not.

    An instance whose UID has been stored again meanwhile stays in the trash.
    """
    rows = connection.execute(
        select(instance.c.pk, instance.c.sop_instance_uid, series.c.study_fk)
        .select_from(instance.join(series, instance.c.series_fk == series.c.pk))
        .where(instance.c.trash_fk == pk, instance.c.state == "trash")
    ).all()
    n_back = 0
    for instance_pk, uid, _study in rows:
        taken = select(instance.c.pk).where(instance.c.sop_instance_uid == uid, instance.c.state == "live")
        if connection.execute(taken.limit(1)).first() is not None:
            continue
        connection.execute(update(instance).where(instance.c.pk == instance_pk).values(state="live", trash_fk=None))
        n_back += 1
    left = len(rows) - n_back
    if left:
        connection.execute(update(trash).where(trash.c.pk == pk).values(n_instances=left))
    else:
        connection.execute(trash.delete().where(trash.c.pk == pk))
    recount(connection, {row[2] for row in rows}, now_ms)
    return n_back, left


def purge(connection: Connection, pk: int) -> list[str]:
    """Delete the rows of a deletion for good, and parents that nothing refers to; return the keys of their blobs."""
    keys = list(connection.execute(select(instance.c.blob_key).where(instance.c.trash_fk == pk)).scalars())
    parents = connection.execute(select(instance.c.series_fk).where(instance.c.trash_fk == pk).distinct()).scalars()
    series_pks = sorted(parents)
    connection.execute(instance.delete().where(instance.c.trash_fk == pk))
    connection.execute(trash.delete().where(trash.c.pk == pk))
    for series_pk in series_pks:
        _drop_when_empty(connection, series_pk)
    return keys


def _drop_when_empty(connection: Connection, series_pk: int) -> None:
    if connection.execute(select(instance.c.pk).where(instance.c.series_fk == series_pk).limit(1)).first():
        return
    study_pk = connection.execute(select(series.c.study_fk).where(series.c.pk == series_pk)).scalar_one()
    connection.execute(series_metadata.delete().where(series_metadata.c.series_fk == series_pk))
    connection.execute(series.delete().where(series.c.pk == series_pk))
    if connection.execute(select(series.c.pk).where(series.c.study_fk == study_pk).limit(1)).first():
        return
    patient_pk = connection.execute(select(study.c.patient_fk).where(study.c.pk == study_pk)).scalar_one()
    connection.execute(study.delete().where(study.c.pk == study_pk))
    if connection.execute(select(study.c.pk).where(study.c.patient_fk == patient_pk).limit(1)).first():
        return
    for which in (patient.c.merged_into == patient_pk, patient.c.pk == patient_pk):
        gone = select(patient.c.pk).where(which).scalar_subquery()
        connection.execute(patient_identifier.delete().where(patient_identifier.c.patient_fk.in_(gone)))
        connection.execute(patient.delete().where(which))


def summary_source(connection: Connection, study_uid: str) -> tuple[str, str] | None:
    """Return the attrs texts of patient and study, from which a trash row's summary is made."""
    query = (
        select(patient.c.attrs, study.c.attrs)
        .select_from(study.join(patient, study.c.patient_fk == patient.c.pk))
        .where(study.c.study_uid == study_uid)
    )
    row = connection.execute(query).first()
    return None if row is None else (row[0], row[1])
