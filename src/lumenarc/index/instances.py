"""How a received instance enters the index: patient, study, series and instance rows, in grouped transactions.

A thread that brings an instance queues it; whoever finds no leader becomes it, takes all that is queued, writes one
transaction and wakes the others. One association pays for no thread switch, many share a commit.
"""

from __future__ import annotations

import sqlite3 as sqlite_driver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from lumenarc.dicom.received import dump
from lumenarc.errors import DuplicateInstance, LumenarcError, PatientConflict
from lumenarc.index import corrections
from lumenarc.index.db import Index, execute_raw
from lumenarc.index.gains import Gain, Statements, Values
from lumenarc.index.schema import (
    instance,
    patient,
    patient_alias,
    patient_identifier,
    series,
    series_request,
    study,
    trash,
)
from lumenarc.index.trash import recount


@dataclass(frozen=True, slots=True)
class NewRows:
    """The rows above an instance; made only when one of them is new."""

    patient: Values
    identifiers: tuple[Values, ...]
    study: Values
    series: Values
    requests: tuple[Values, ...]


@dataclass(frozen=True, slots=True)
class NewInstance:
    """An instance to be indexed. `values` are the columns of its row but `series_fk`, `state` and `note`."""

    study_uid: str
    series_uid: str
    identity: str
    patient_id: str
    issuer: str
    modality: str
    values: Values
    rows: Callable[[], NewRows]


@dataclass(frozen=True, slots=True)
class Policy:
    """What happens to objects that do not fit (config.py)."""

    duplicate: str
    patient_conflict: str
    trash_retention_ms: int


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of it: stored, duplicate (identical, nothing kept) or kept_other (out of sight); and remarks.

    Of a duplicate: the key and length of the blob that is said to hold it already.
    """

    outcome: str
    notes: tuple[str, ...] = ()
    blob_key: str = ""
    blob_bytes: int = 0


@dataclass(slots=True)
class _Parents:
    study_pk: int
    series_pk: int
    identity: str
    patient_id: str
    issuer: str
    accepted: frozenset[str] = frozenset()
    """Under which other identities objects of the study arrive, since it or its patient was corrected."""


@dataclass(slots=True)
class _Waiting:
    new: NewInstance
    done: threading.Lock = field(default_factory=threading.Lock)
    """Held by a follower until the leader lets him go on; a bare lock costs a tenth of an Event."""
    result: Indexed | None = None
    error: BaseException | None = None


class Inserter:
    """The only way by which instances enter the index."""

    def __init__(self, index: Index, policy: Policy) -> None:
        self._index, self._policy = index, policy
        self._lock = threading.Lock()
        self._queue: list[_Waiting] = []
        self._leading = False
        self._known: dict[tuple[str, str], _Parents] = {}
        self._newest_correction: tuple[Any, ...] | None = None
        dialect: Any = sqlite if index.dialect == "sqlite" else postgresql
        self._insert_for = dialect.insert
        self._sql = Statements.compiled(index.dialect, self._insert_for)

    def add(self, new: NewInstance) -> Indexed:
        """Index an instance; when this returns, the transaction is committed.

        Raises DuplicateInstance or PatientConflict by policy, Unavailable or OutOfResources when it cannot be done.
        """
        waiting = _Waiting(new)
        waiting.done.acquire()
        with self._lock:
            self._queue.append(waiting)
            lead = not self._leading
            self._leading = True
        if not lead:
            waiting.done.acquire()
        if lead or (waiting.result is None and waiting.error is None):
            self._lead()
        if waiting.error is not None:
            raise waiting.error
        assert waiting.result is not None
        return waiting.result

    def replace_blob(self, lost_key: str, key: str, header_bytes: int) -> bool:
        """Let a row whose blob is lost refer to a new blob of the same data set; False when another was faster."""
        change = update(instance).where(instance.c.blob_key == lost_key).values(blob_key=key, header_bytes=header_bytes)
        return self._index.write(lambda connection: connection.execute(change).rowcount == 1)

    def _lead(self) -> None:
        """Write what is queued as one group, then hand the lead to whoever has queued meanwhile."""
        with self._lock:
            group, self._queue = self._queue, []
        try:
            self._write(group)
        finally:
            with self._lock:
                heir = self._queue[0] if self._queue else None
                self._leading = heir is not None
            for waiting in group:
                waiting.done.release()
            if heir is not None:
                heir.done.release()  # it wakes without a result, which tells it to lead

    def _write(self, group: list[_Waiting]) -> None:
        try:
            if self._index.write_raw(lambda raw: self._insert_known(raw, group)):
                for waiting in group:
                    waiting.result = Indexed("stored")
                return
            self._index.write(lambda connection: self._insert_group(connection, group))
        except IntegrityError:
            # A remembered row is gone, or another node was first: look everything up, one by one.
            self._known.clear()
            for waiting in group:
                self._write_alone(waiting)
        except Exception as error:  # noqa: BLE001 - every waiting thread has to learn it, whatever it is
            self._known.clear()
            for waiting in group:
                waiting.result, waiting.error = None, error

    def _write_alone(self, waiting: _Waiting) -> None:
        for attempt in range(5):
            try:
                self._index.write(lambda connection: self._insert_group(connection, [waiting]))
                return
            except IntegrityError as error:
                self._known.clear()
                waiting.result, waiting.error = None, error if attempt == 4 else None
            except Exception as error:  # noqa: BLE001 - as above
                waiting.result, waiting.error = None, error
                return

    def _insert_known(self, raw: sqlite_driver.Connection, group: list[_Waiting]) -> bool:
        """Insert new instances of known series, nearly all there are, in SQLite's own words; False for all others."""
        if raw.execute(self._sql.newest_correction).fetchone() != self._newest_correction:
            return False
        gained: dict[int, Gain] = {}
        for waiting in group:
            new = waiting.new
            parents = self._known.get((new.study_uid, new.series_uid))
            if parents is None or parents.identity != new.identity:
                return False
            values = new.values | {"series_fk": parents.series_pk, "state": "live", "note": ""}
            if raw.execute(self._sql.insert_known, self._sql.in_order(values)).rowcount != 1:
                return False
            gain = gained.setdefault(parents.series_pk, Gain(parents.study_pk, new.modality))
            gain.add(new.values)
        return all(gained[series_pk].write_known(raw, series_pk, self._sql) for series_pk in sorted(gained))

    def _insert_group(self, connection: Connection, group: list[_Waiting]) -> None:
        gained: dict[int, Gain] = {}
        recounted: set[int] = set()
        self._forget_corrected(connection)
        for waiting in group:
            waiting.result = waiting.error = None
            try:
                waiting.result = self._insert(connection, waiting.new, gained, recounted)
            except LumenarcError as error:
                waiting.error = error
        for series_pk in sorted(gained):
            if gained[series_pk].study_pk not in recounted:
                gained[series_pk].write(connection, series_pk, self._sql)
        if recounted:
            recount(connection, recounted, group[0].new.values["received_at"])

    def _forget_corrected(self, connection: Connection) -> None:
        """Drop what is remembered of patients and studies when anybody, in any process, has corrected one."""
        newest = execute_raw(connection, self._sql.newest_correction, {})
        if newest != self._newest_correction:
            self._known.clear()
            self._newest_correction = newest

    def _insert(
        self, connection: Connection, new: NewInstance, gained: dict[int, Gain], recounted: set[int]
    ) -> Indexed:
        parents = self._known.get((new.study_uid, new.series_uid))
        if parents is None:
            parents = self._find_parents(connection, new)
        notes = self._check_patient(parents, new)
        uid = new.values["sop_instance_uid"]
        values = new.values | {"series_fk": parents.series_pk, "state": "live", "note": "; ".join(notes)}
        outcome = "stored"
        if execute_raw(connection, self._sql.insert_instance, values) is None:
            stored = connection.execute(
                select(
                    instance.c.pk, instance.c.sha256, instance.c.series_fk, instance.c.blob_key,
                    (instance.c.header_bytes + instance.c.data_set_bytes).label("blob_bytes"),
                ).where(instance.c.sop_instance_uid == uid, instance.c.state == "live")
            ).one()  # fmt: skip
            if stored.blob_key == new.values["blob_key"]:
                return Indexed("stored", notes)  # a commit that seemed to fail did not
            if stored[1] == new.values["sha256"] and stored[2] == parents.series_pk:
                return Indexed("duplicate", (), stored.blob_key, stored.blob_bytes)
            outcome = self._other_content(connection, values, stored.pk, recounted)
        if outcome == "stored":
            gain = gained.setdefault(parents.series_pk, Gain(parents.study_pk, new.modality))
            gain.add(new.values)
        self._known[new.study_uid, new.series_uid] = parents
        if len(self._known) > 20_000:
            self._known.clear()
        return Indexed(outcome, notes)

    def _check_patient(self, parents: _Parents, new: NewInstance) -> tuple[str, ...]:
        if parents.identity == new.identity or new.identity in parents.accepted:
            return ()
        if (parents.patient_id, parents.issuer) == (new.patient_id, new.issuer):
            return ("name or birth date differ from the patient of the study",)
        if self._policy.patient_conflict == "refuse":
            raise PatientConflict("The study belongs to another patient.")
        return ("Patient ID differs from the patient of the study",)

    def _other_content(self, connection: Connection, values: Values, stored_pk: int, recounted: set[int]) -> str:
        """Do what the policy says with another object of a stored SOP Instance UID."""
        if self._policy.duplicate == "refuse":
            raise DuplicateInstance("Another object with this SOP Instance UID is stored.")
        if self._policy.duplicate == "keep_both":
            same = select(instance.c.pk).where(
                instance.c.sop_instance_uid == values["sop_instance_uid"],
                instance.c.state == "other",
                instance.c.sha256 == values["sha256"],
            )
            if connection.execute(same.limit(1)).first() is not None:
                return "duplicate"
            note = "; ".join(filter(None, (values["note"], "same SOP Instance UID, other content")))
            connection.execute(instance.insert().values(**values | {"state": "other", "note": note}))
            return "kept_other"
        recounted.add(self._retire(connection, stored_pk, values["received_at"]))
        connection.execute(instance.insert().values(**values))
        return "stored"

    def _retire(self, connection: Connection, stored_pk: int, now_ms: int) -> int:
        """Move the stored object to the trash, because the policy says replace; return its study."""
        row = connection.execute(
            select(instance.c.sop_instance_uid, series.c.study_fk, series.c.series_uid, study.c.study_uid)
            .select_from(instance.join(series).join(study, series.c.study_fk == study.c.pk))
            .where(instance.c.pk == stored_pk)
        ).one()  # fmt: skip
        key = connection.execute(
            trash.insert()
            .values(
                level="IMAGE",
                study_uid=row.study_uid,
                series_uid=row.series_uid,
                sop_instance_uid=row.sop_instance_uid,
                n_instances=1,
                summary="{}",
                reason="replaced by another object of the same SOP Instance UID",
                deleted_at=now_ms,
                expires_at=now_ms + self._policy.trash_retention_ms,
            )
            .returning(trash.c.pk)
        ).scalar_one()
        connection.execute(update(instance).where(instance.c.pk == stored_pk).values(state="trash", trash_fk=key))
        return int(row.study_fk)

    def _find_parents(self, connection: Connection, new: NewInstance) -> _Parents:
        """Look the series up, and make what is missing of patient, study and series."""
        found = self._select_study(connection, new.study_uid)
        rows = new.rows()
        if found is None:
            self._add_study(connection, new, rows)
            found = self._select_study(connection, new.study_uid)
            assert found is not None
        accepted: set[str] = set()
        if found.is_corrected:
            accepted = corrections.aliases(connection, found.patient_fk) | {found.moved_from} - {""}
        parents = _Parents(found.pk, 0, found.identity, found.patient_id, found.issuer, frozenset(accepted))
        self._check_patient(parents, new)  # before a series row is made for an object that is refused
        known = select(series.c.pk).where(series.c.study_fk == found.pk, series.c.series_uid == new.series_uid)
        series_pk = connection.execute(known).scalar()
        if series_pk is None:
            values = rows.series | {"study_fk": found.pk}
            if found.is_corrected:
                values["corrected_at"] = new.values["received_at"]
            series_pk = self._upsert(connection, series, ("study_fk", "series_uid"), values)
            for request in rows.requests:
                connection.execute(series_request.insert().values(**request, series_fk=series_pk))
        parents.series_pk = series_pk
        return parents

    def _add_study(self, connection: Connection, new: NewInstance, rows: NewRows) -> None:
        """Make the study, and its patient unless another was told to take over objects of this identity."""
        values = rows.study
        alias = select(patient_alias.c.patient_fk).where(patient_alias.c.identity == new.identity)
        patient_pk = connection.execute(alias).scalar()
        if patient_pk is None:
            patient_pk = self._upsert(connection, patient, ("identity",), rows.patient)
            for identifier in rows.identifiers:
                known = select(patient_identifier.c.pk).where(
                    patient_identifier.c.patient_fk == patient_pk,
                    patient_identifier.c.value == identifier["value"],
                    patient_identifier.c.issuer == identifier["issuer"],
                )
                if connection.execute(known).first() is None:
                    connection.execute(patient_identifier.insert().values(**identifier, patient_fk=patient_pk))
        else:
            held = corrections.get_patient(connection, patient_pk, hold=True)
            assert held is not None
            values = values | {"overlay": dump(corrections.moved_overlay(held.attrs)), "moved_from": new.identity}
        self._upsert(connection, study, ("study_uid",), values | {"patient_fk": patient_pk})

    def _select_study(self, connection: Connection, study_uid: str) -> Any:
        """Return the study with its patient, after any correction of them that is under way."""
        joined = study.join(patient, study.c.patient_fk == patient.c.pk)
        if self._index.dialect == "postgresql":
            held = select(patient.c.pk).select_from(joined).where(study.c.study_uid == study_uid)
            connection.execute(held.with_for_update(read=True, of=patient))
        return connection.execute(
            select(
                study.c.pk, study.c.patient_fk, study.c.moved_from, patient.c.identity, patient.c.patient_id,
                patient.c.issuer, or_(study.c.overlay != "{}", patient.c.overlay != "{}").label("is_corrected"),
            )
            .select_from(joined)
            .where(study.c.study_uid == study_uid)
        ).first()  # fmt: skip

    def _upsert(self, connection: Connection, table: Any, unique: tuple[str, ...], values: Values) -> int:
        """Insert a row unless another node has; return its primary key."""
        connection.execute(self._insert_for(table).values(**values).on_conflict_do_nothing(index_elements=list(unique)))
        where = [table.c[name] == values[name] for name in unique]
        return int(connection.execute(select(table.c.pk).where(*where)).scalar_one())
