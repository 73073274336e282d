"""Which patient, study and series does a received instance belong to? They are looked up, and made where missing.

The statements are compiled once, each in the database's own words: building and wrapping them anew took six of the
eight milliseconds of the first instance of a study (measured).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from lumenarc.dicom.received import dump
from lumenarc.errors import PatientConflict
from lumenarc.index import corrections
from lumenarc.index.db import execute_raw, in_own_words
from lumenarc.index.gains import Values
from lumenarc.index.schema import patient, patient_alias, patient_identifier, series, series_request, study

_NOTHING: Any = literal_column("'{}'")


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


@dataclass(slots=True)
class Parents:
    """The rows above an instance, and which patient they are of."""

    study_pk: int
    series_pk: int
    identity: str
    patient_id: str
    issuer: str
    accepted: frozenset[str] = frozenset()
    """Under which other identities objects of the study arrive, since it or its patient was corrected."""


def check_patient(parents: Parents, new: NewInstance, policy: Policy) -> tuple[str, ...]:
    """Compare the patient of an instance with that of its study; return remarks, raise PatientConflict by policy."""
    if parents.identity == new.identity or new.identity in parents.accepted:
        return ()
    if (parents.patient_id, parents.issuer) == (new.patient_id, new.issuer):
        return ("name or birth date differ from the patient of the study",)
    if policy.patient_conflict == "refuse":
        raise PatientConflict("The study belongs to another patient.")
    return ("Patient ID differs from the patient of the study",)


class ParentRows:
    """Finds and makes the rows above instances, for one database."""

    def __init__(self, dialect: str, policy: Policy) -> None:
        self._dialect, self._policy = dialect, policy
        self._inserts: dict[tuple[str, ...], str] = {}
        joined = study.join(patient, study.c.patient_fk == patient.c.pk)
        self._study = self._sql(
            select(
                study.c.pk, study.c.patient_fk, study.c.moved_from, patient.c.identity, patient.c.patient_id,
                patient.c.issuer, or_(study.c.overlay != _NOTHING, patient.c.overlay != _NOTHING),
            )
            .select_from(joined)
            .where(study.c.study_uid == bindparam("study_uid"))
        )  # fmt: skip
        held = select(patient.c.pk).select_from(joined).where(study.c.study_uid == bindparam("study_uid"))
        self._hold = self._sql(held.with_for_update(read=True, of=patient))
        self._series = self._key_of(series, "study_fk", "series_uid")
        self._alias = self._sql(
            select(patient_alias.c.patient_fk).where(patient_alias.c.identity == bindparam("identity"))
        )
        self._identifier = self._key_of(patient_identifier, "patient_fk", "value", "issuer")
        self._patient = self._key_of(patient, "identity")

    def find(self, connection: Connection, new: NewInstance) -> Parents:
        """Look the series up, and make what is missing of patient, study and series; raise PatientConflict."""
        found = self._select_study(connection, new.study_uid)
        rows = new.rows()
        is_taken_over = False
        if found is None:
            is_taken_over = self._add_study(connection, new, rows)
            found = self._select_study(connection, new.study_uid)
            assert found is not None
        study_pk, patient_fk, moved_from, identity, patient_id, issuer, is_corrected = found
        accepted: set[str] = set()
        if is_corrected:
            accepted = corrections.aliases(connection, patient_fk) | {moved_from} - {""}
        parents = Parents(study_pk, 0, identity, patient_id, issuer, frozenset(accepted))
        check_patient(parents, new, self._policy)  # before a series row is made for an object that is refused
        key = {"study_fk": study_pk, "series_uid": new.series_uid}
        known = execute_raw(connection, self._series, key)
        if known is None:
            values = rows.series | {"study_fk": study_pk}
            if is_corrected:
                values["corrected_at"] = new.values["received_at"]
            self._insert(connection, series, values, ("study_fk", "series_uid"))
            known = execute_raw(connection, self._series, key)
            assert known is not None
            for request in rows.requests:
                self._insert(connection, series_request, request | {"series_fk": known[0]})
        parents.series_pk = int(known[0])
        if is_taken_over:
            corrections.refresh_search_text(connection, study.c.pk == study_pk)
        return parents

    def _select_study(self, connection: Connection, study_uid: str) -> tuple[Any, ...] | None:
        """Return the study with its patient, after any correction of them that is under way."""
        if self._dialect == "postgresql":
            execute_raw(connection, self._hold, {"study_uid": study_uid})
        return execute_raw(connection, self._study, {"study_uid": study_uid})

    def _add_study(self, connection: Connection, new: NewInstance, rows: NewRows) -> bool:
        """Make the study, and its patient; tell whether another was told to take over objects of this identity."""
        values = rows.study
        alias = execute_raw(connection, self._alias, {"identity": new.identity})
        if alias is None:
            patient_pk = self._add_patient(connection, rows)
        else:
            patient_pk = int(alias[0])
            held = corrections.get_patient(connection, patient_pk, hold=True)
            assert held is not None
            values = values | {"overlay": dump(corrections.moved_overlay(held.attrs)), "moved_from": new.identity}
        self._insert(connection, study, values | {"patient_fk": patient_pk}, ("study_uid",))
        return alias is not None

    def _add_patient(self, connection: Connection, rows: NewRows) -> int:
        self._insert(connection, patient, rows.patient, ("identity",))
        made = execute_raw(connection, self._patient, {"identity": rows.patient["identity"]})
        assert made is not None
        for identifier in rows.identifiers:
            values = identifier | {"patient_fk": made[0]}
            if execute_raw(connection, self._identifier, values) is None:
                self._insert(connection, patient_identifier, values)
        return int(made[0])

    def _insert(self, connection: Connection, table: Table, values: Values, unique: tuple[str, ...] = ()) -> None:
        """Insert a row, unless another node has when it is to be `unique`."""
        shape = (table.name, *values)
        sql = self._inserts.get(shape)
        if sql is None:
            make: Callable[[Table], Any] = sqlite.insert if self._dialect == "sqlite" else postgresql.insert
            insert = make(table).values({name: bindparam(name) for name in values})
            if unique:
                insert = insert.on_conflict_do_nothing(index_elements=list(unique))
            sql = self._inserts[shape] = self._sql(insert.returning(table.c.pk))
        execute_raw(connection, sql, values)

    def _key_of(self, table: Table, *names: str) -> str:
        return self._sql(select(table.c.pk).where(*(table.c[name] == bindparam(name) for name in names)))

    def _sql(self, statement: Any) -> str:
        return in_own_words(statement, self._dialect)
