"""How a received instance enters the index: patient, study, series and instance rows, in grouped transactions.

A thread that brings an instance queues it; whoever finds no leader becomes it, takes all that is queued, writes one
transaction and wakes the others. One association pays for no thread switch, many share a commit.
"""

from __future__ import annotations

import sqlite3 as sqlite_driver
import threading
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from lumenarc.errors import DuplicateInstance, LumenarcError
from lumenarc.index.db import Index, execute_raw
from lumenarc.index.gains import Gain, Statements, Values
from lumenarc.index.parents import NewInstance, ParentRows, Parents, Policy, check_patient
from lumenarc.index.schema import instance, series, study, trash
from lumenarc.index.trash import recount


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
        self._known: dict[tuple[str, str], Parents] = {}
        self._newest_correction: tuple[Any, ...] | None = None
        self._parents = ParentRows(index.dialect, policy)
        self._sql = Statements.compiled(index.dialect)

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
            parents = self._parents.find(connection, new)
        notes = check_patient(parents, new, self._policy)
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
