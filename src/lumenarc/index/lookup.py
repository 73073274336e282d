"""Where stored instances are looked up by their UIDs, for retrieval and deletion (PS3.4 C.4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from lumenarc.index.schema import film, instance, patient, series, series_metadata, study


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """One live instance: who it is, and where its bytes lie.

    Offsets count from the first byte of the data set, which starts `header_bytes` into the blob. `pixel_bytes` is
    None for encapsulated pixel data of undefined length, `pixel_offset` None for an object without pixel data.
    """

    pk: int
    series_fk: int
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    blob_key: str
    header_bytes: int
    data_set_bytes: int
    sha256: bytes
    pixel_offset: int | None
    pixel_bytes: int | None
    number_of_frames: int | None
    rows: int | None
    columns: int | None
    instance_number: int | None
    source_aet: str
    received_at: int
    corrected_at: int | None
    """When something was last corrected that is laid over it when it leaves; None: it leaves as it was received."""

    @property
    def changed_at(self) -> int:
        """When what leaves of it became what it is, in ms since the epoch."""
        return max(self.received_at, self.corrected_at or 0)

    @property
    def content_key(self) -> bytes:
        """What changes whenever the bytes that leave change."""
        return self.sha256 if self.corrected_at is None else self.sha256 + self.corrected_at.to_bytes(8, "big")


_COLUMNS = (
    instance.c.pk,
    instance.c.series_fk,
    study.c.study_uid,
    series.c.series_uid,
    instance.c.sop_instance_uid,
    instance.c.sop_class_uid,
    instance.c.transfer_syntax_uid,
    instance.c.blob_key,
    instance.c.header_bytes,
    instance.c.data_set_bytes,
    instance.c.sha256,
    instance.c.pixel_offset,
    instance.c.pixel_bytes,
    instance.c.number_of_frames,
    instance.c.rows,
    instance.c.columns,
    instance.c.instance_number,
    instance.c.source_aet,
    instance.c.received_at,
    series.c.corrected_at,
)


@dataclass(frozen=True, slots=True)
class Uids:
    """Which instances: every given UID must agree; an empty tuple means any. Issuers only count with Patient IDs."""

    patient_ids: tuple[str, ...] = ()
    patient_issuers: tuple[str, ...] = ()
    study_uids: tuple[str, ...] = ()
    series_uids: tuple[str, ...] = ()
    sop_instance_uids: tuple[str, ...] = ()


def _select(uids: Uids, columns: tuple[Any, ...] = _COLUMNS) -> Select[Any]:
    joined = instance.join(series, instance.c.series_fk == series.c.pk).join(study, series.c.study_fk == study.c.pk)
    if uids.patient_ids:
        joined = joined.join(patient, study.c.patient_fk == patient.c.pk)
    query = select(*columns).select_from(joined).where(instance.c.state == "live")
    for column, values in (
        (patient.c.patient_id, uids.patient_ids),
        (patient.c.issuer, uids.patient_issuers if uids.patient_ids else ()),
        (study.c.study_uid, uids.study_uids),
        (series.c.series_uid, uids.series_uids),
        (instance.c.sop_instance_uid, uids.sop_instance_uids),
    ):
        if len(values) == 1:
            query = query.where(column == values[0])
        elif values:
            query = query.where(column.in_(values))
    return query.order_by(study.c.pk, series.c.series_number, series.c.pk, instance.c.instance_number, instance.c.pk)


def find(connection: Connection, uids: Uids) -> list[StoredInstance]:
    """Return the live instances of these UIDs, ordered by study, series number and instance number."""
    return [StoredInstance(*row) for row in connection.execute(_select(uids))]


def kinds(connection: Connection, uids: Uids, *, at_once: int = 1000) -> Iterator[tuple[int, str, str]]:
    """Yield primary key, SOP class and transfer syntax of the live instances, in the order of `find`."""
    columns = (instance.c.pk, instance.c.sop_class_uid, instance.c.transfer_syntax_uid)
    for row in connection.execution_options(yield_per=at_once).execute(_select(uids, columns)):
        yield row[0], row[1], row[2]


def uids_by_pk(connection: Connection, pks: Iterable[int]) -> dict[int, str]:
    """Return the SOP Instance UIDs of instances in any state by primary key."""
    wanted = list(pks)
    if not wanted:
        return {}
    query = select(instance.c.pk, instance.c.sop_instance_uid).where(instance.c.pk.in_(wanted))
    return {row[0]: row[1] for row in connection.execute(query)}


def page(connection: Connection, after_pk: int, limit: int) -> list[StoredInstance]:
    """Return the next instances in any state, the trash included, in order of their rows."""
    joined = instance.join(series, instance.c.series_fk == series.c.pk).join(study, series.c.study_fk == study.c.pk)
    query: Select[Any] = select(*_COLUMNS).select_from(joined).where(instance.c.pk > after_pk)
    query = query.order_by(instance.c.pk).limit(limit)
    return [StoredInstance(*row) for row in connection.execute(query)]


def studies_changed_since(connection: Connection, since_ms: int, limit: int) -> list[tuple[str, int]]:
    """Return (Study Instance UID, when) of studies that changed at or after a moment, the newest first."""
    query = select(study.c.study_uid, study.c.updated_at).where(study.c.updated_at >= since_ms)
    rows = connection.execute(query.order_by(study.c.updated_at.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def live_uids(connection: Connection, uids: list[str]) -> set[str]:
    """Return those of the SOP Instance UIDs that are stored."""
    query = select(instance.c.sop_instance_uid).where(instance.c.state == "live", instance.c.sop_instance_uid.in_(uids))
    return set(connection.execute(query).scalars())


def n_rows(connection: Connection) -> int:
    """Count the instances in any state."""
    return connection.execute(select(func.count()).select_from(instance)).scalar_one()


def known_keys(connection: Connection, keys: list[str]) -> set[str]:
    """Return those of the keys that some row refers to."""
    found = set(connection.execute(select(instance.c.blob_key).where(instance.c.blob_key.in_(keys))).scalars())
    return found.union(connection.execute(select(film.c.blob_key).where(film.c.blob_key.in_(keys))).scalars())


def all_studies(connection: Connection) -> list[int]:
    """Return the primary key of every study."""
    return list(connection.execute(select(study.c.pk)).scalars())


def by_pk(connection: Connection, pks: Iterable[int]) -> list[StoredInstance]:
    """Return live instances by primary key, in no particular order."""
    joined = instance.join(series, instance.c.series_fk == series.c.pk).join(study, series.c.study_fk == study.c.pk)
    query: Select[Any] = (
        select(*_COLUMNS).select_from(joined).where(instance.c.pk.in_(list(pks)), instance.c.state == "live")
    )
    return [StoredInstance(*row) for row in connection.execute(query)]


def was_deleted(connection: Connection, uids: Uids) -> bool:
    """Say whether something with these UIDs lies in the trash, so that a door can answer 410 instead of 404."""
    joined = instance.join(series, instance.c.series_fk == series.c.pk).join(study, series.c.study_fk == study.c.pk)
    query = select(instance.c.pk).select_from(joined).where(instance.c.state == "trash")
    for column, values in (
        (study.c.study_uid, uids.study_uids),
        (series.c.series_uid, uids.series_uids),
        (instance.c.sop_instance_uid, uids.sop_instance_uids),
    ):
        if values:
            query = query.where(column.in_(values))
    return connection.execute(query.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class SeriesVersion:
    """A series and the number that grows with each change of it."""

    pk: int
    series_uid: str
    version: int
    n_instances: int


def series_of(connection: Connection, study_uid: str, series_uid: str | None = None) -> list[SeriesVersion]:
    """Return the non-empty series of a study, by series number."""
    query = (
        select(series.c.pk, series.c.series_uid, series.c.version, series.c.n_instances)
        .select_from(series.join(study, series.c.study_fk == study.c.pk))
        .where(study.c.study_uid == study_uid, series.c.n_instances > 0)
        .order_by(series.c.series_number, series.c.pk)
    )
    if series_uid is not None:
        query = query.where(series.c.series_uid == series_uid)
    return [SeriesVersion(*row) for row in connection.execute(query)]


def level_attributes(connection: Connection, series_fk: int) -> tuple[str, str, str]:
    """Return the attrs columns (DICOM JSON texts) of the patient, study and series of one series."""
    query = (
        select(patient.c.attrs, study.c.attrs, series.c.attrs)
        .select_from(
            series.join(study, series.c.study_fk == study.c.pk).join(patient, study.c.patient_fk == patient.c.pk)
        )
        .where(series.c.pk == series_fk)
    )
    row = connection.execute(query).one()
    return row[0], row[1], row[2]


def kept_metadata(connection: Connection, series_fk: int, version: int) -> bytes | None:
    """Return the gzipped metadata of a series when it was built from this version."""
    query = select(series_metadata.c.body).where(
        series_metadata.c.series_fk == series_fk, series_metadata.c.version == version
    )
    row = connection.execute(query).first()
    return None if row is None else row[0]


def keep_metadata(connection: Connection, series_fk: int, version: int, body: bytes) -> None:
    """Replace the kept metadata of a series."""
    connection.execute(series_metadata.delete().where(series_metadata.c.series_fk == series_fk))
    connection.execute(series_metadata.insert().values(series_fk=series_fk, version=version, body=body))


def without_metadata(
    connection: Connection, n_instances: int, changed_from: int, changed_until: int, most: int
) -> list[tuple[str, str]]:
    """Return (Study Instance UID, Series Instance UID) of series with more than `n_instances` whose study changed in
    this time, and whose metadata are not kept in their present version.
    """
    kept = series_metadata
    is_kept = (kept.c.series_fk == series.c.pk) & (kept.c.version == series.c.version)
    joined = series.join(study, series.c.study_fk == study.c.pk).outerjoin(kept, is_kept)
    query = (
        select(study.c.study_uid, series.c.series_uid)
        .select_from(joined)
        .where(study.c.updated_at.between(changed_from, changed_until), series.c.n_instances > n_instances)
        .where(kept.c.series_fk.is_(None))
        .order_by(study.c.updated_at)
        .limit(most)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the archive holds; bytes count data sets."""

    n_patients: int
    n_studies: int
    n_series: int
    n_instances: int
    size_bytes: int


def totals(connection: Connection) -> Totals:
    """Count live patients, studies, series, instances and bytes from the counters of the studies."""
    row = connection.execute(
        select(
            func.count(func.distinct(study.c.patient_fk)),
            func.count(),
            func.coalesce(func.sum(study.c.n_series), 0),
            func.coalesce(func.sum(study.c.n_instances), 0),
            func.coalesce(func.sum(study.c.size_bytes), 0),
        ).where(study.c.n_instances > 0)
    ).one()
    return Totals(*(int(value) for value in row))
