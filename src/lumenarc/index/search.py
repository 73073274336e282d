"""Which rows answer a query? The only builder of WHERE, equal in meaning to dicom/matching.py (PS3.4 C.2.2.2).

What the columns cannot say is left as a residual query, which the caller applies to each row's attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy import text as sql_text

from lumenarc.dicom.attributes import BY_TAG, Indexed, Kind, Level, level_of
from lumenarc.dicom.matching import ISSUER, MIDNIGHT, PATIENT_ID, SEVERAL_VALUES, name_patterns
from lumenarc.dicom.query import (
    CombinedDateTime,
    Item,
    Key,
    OneOf,
    PersonName,
    Query,
    Range,
    Universal,
    Wildcard,
)
from lumenarc.index.schema import instance, patient, patient_identifier, series, series_request, study
from lumenarc.index.search_order import keys_of_order
from lumenarc.index.search_patterns import any_glob, contains_words, literal_runs

Condition = ColumnElement[bool]
AreCommon = Callable[[tuple[str, ...]], bool]
TABLES = {Level.PATIENT: patient, Level.STUDY: study, Level.SERIES: series, Level.IMAGE: instance}
MODALITIES, SOP_CLASSES = 0x00080061, 0x00080062
_REQUEST_COLUMNS = {
    0x00401001: series_request.c.requested_procedure_id,
    0x00400009: series_request.c.scheduled_procedure_step_id,
    0x00080050: series_request.c.accession_number,
}
_REQUESTS = 0x00400275
_IN_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """The conditions of a query, and the query that is left to be matched row by row (None: nothing)."""

    conditions: tuple[Condition, ...]
    residual: Query | None


def where(query: Query, dialect: str, are_common: AreCommon = lambda _words: False) -> Plan:
    """Translate a query for "sqlite" or "postgresql"; `are_common` says of which words no index should be asked."""
    builder = _Builder(query, dialect, are_common)
    return Plan(tuple(builder.conditions()), builder.residual())


class _Builder:
    def __init__(self, query: Query, dialect: str, are_common: AreCommon) -> None:
        self._query, self._sqlite, self._are_common = query, dialect == "sqlite", are_common
        self._left: list[Key] = []

    def residual(self) -> Query | None:
        """Return what no condition covers; call after `conditions`."""
        left_pairs = tuple(pair for pair in self._query.combined if not self._has_columns(pair))
        if not self._left and not left_pairs:
            return None
        return replace(self._query, keys=tuple(self._left), combined=left_pairs)

    def conditions(self) -> Iterator[Condition]:
        """Yield the conditions on the joined tables of the query's level and above."""
        query = self._query
        yield from self._visible()
        by_level: dict[Level, list[Key]] = {level: [] for level in Level}
        for key in query.keys:
            by_level[Level.STUDY if key.tag in (MODALITIES, SOP_CLASSES) else level_of(key.tag)].append(key)
        ids = [key for key in by_level[Level.PATIENT] if key.tag in (PATIENT_ID, ISSUER)]
        if ids:
            yield self._identifiers(ids)
        for level in Level:
            if level > query.level:
                break
            for key in by_level[level]:
                if key not in ids:
                    yield from self._key(key)
        for pair in query.combined:
            if self._has_columns(pair):
                yield self._combined(pair)
        lower = [key for level in Level if level > query.level for key in by_level[level]]
        if lower:
            yield self._below(query.level, lower)
        if query.words:
            yield self._studies_with(query.words)

    def _visible(self) -> Iterator[Condition]:
        level = self._query.level
        if level is Level.PATIENT:
            yield exists().where(study.c.patient_fk == patient.c.pk, study.c.n_instances > 0)
            yield patient.c.merged_into.is_(None)
        elif level is Level.STUDY:
            yield study.c.n_instances > 0
        elif level is Level.SERIES:
            yield series.c.n_instances > 0
        else:
            yield instance.c.state == "live"

    def _key(self, key: Key) -> Iterator[Condition]:
        """Yield the conditions of one key; what they do not cover wholly is left for the residual query."""
        if isinstance(key.matcher, Universal):
            return
        if key.tag in (MODALITIES, SOP_CLASSES):
            yield self._members(_member_column(key), key)
            return
        line = BY_TAG.get(key.tag)
        fuzzy = isinstance(key.matcher, PersonName) and key.matcher.fuzzy
        if line is None or key.tag in SEVERAL_VALUES or fuzzy or isinstance(key.matcher, Item):
            self._left.append(key)
            if key.tag == _REQUESTS and isinstance(key.matcher, Item):
                yield from _requests(key.matcher)
            return
        if isinstance(key.matcher, PersonName) and line.column == "name":
            yield self._patients_named(line, key.matcher)
        else:
            yield self._column(line, key)
        if isinstance(key.matcher, PersonName) and line.column in ("name", "referring_physician"):
            yield from self._name_by_text(line, key.matcher)

    def _column(self, line: Indexed, key: Key) -> Condition:
        """Return the condition on the columns of an indexed attribute."""
        matcher = key.matcher
        table = TABLES[line.level]
        if line.kind is Kind.NAME:
            columns = [table.c[f"{line.column}_{suffix}"] for suffix in "aip"]
            return self._name(matcher, columns) if isinstance(matcher, PersonName) else self._text(columns[0], matcher)
        column = table.c[line.column]
        if line.kind is Kind.INTEGER:
            return _number(column, matcher)
        if line.kind is Kind.MULTI:
            return self._members(column, key)
        return self._text(column, matcher)

    def _text(self, column: Any, matcher: object) -> Condition:
        if isinstance(matcher, OneOf):
            return _one_of(column, matcher.values)
        if isinstance(matcher, Wildcard):
            return any_glob(column, matcher.patterns, sqlite=self._sqlite)
        if isinstance(matcher, Range):
            return _range(column, matcher)
        return false()

    def _members(self, column: Any, key: Key) -> Condition:
        r"""Match the values of a \A\B\ column one by one."""
        matcher = key.matcher
        if isinstance(matcher, OneOf):
            parts = [
                column == "" if not value else any_glob(column, (f"*\\{value}\\*",), sqlite=self._sqlite, literal=value)
                for value in matcher.values
            ]
            return or_(*parts)
        self._left.append(key)
        return true()

    def _name(self, matcher: PersonName, columns: list[Any]) -> Condition:
        if not any(matcher.groups):
            return and_(*(column == "" for column in columns))
        if matcher.any_group:
            patterns = name_patterns(matcher.groups[0])
            return or_(*(any_glob(column, patterns, sqlite=self._sqlite) for column in columns))
        parts = [
            any_glob(column, name_patterns(group), sqlite=self._sqlite)
            for column, group in zip(columns, matcher.groups, strict=True)
            if group
        ]
        return and_(*parts)

    def _patients_named(self, line: Indexed, matcher: PersonName) -> Condition:
        """Match the name of the patient, each component group through its own index."""
        columns = [patient.c[f"{line.column}_{suffix}"] for suffix in "aip"]
        if not matcher.any_group or matcher.groups[0][:1] in ("", "*", "?"):
            return self._name(matcher, columns)
        patterns = name_patterns(matcher.groups[0])
        found = [select(patient.c.pk).where(any_glob(c, patterns, sqlite=self._sqlite)) for c in columns]
        target: Any = patient.c.pk if self._query.level is Level.PATIENT else study.c.patient_fk
        return or_(target.in_(found[0].union(*found[1:])))

    def _name_by_text(self, line: Indexed, matcher: PersonName) -> Iterator[Condition]:
        """A key that begins with a wildcard has no prefix to look up: let the trigram index choose candidates."""
        for group in matcher.groups:
            runs = literal_runs(group)
            if group[:1] not in ("*", "?") or not runs or self._are_common(runs):
                continue
            candidates = contains_words(runs, sqlite=self._sqlite)
            if line.level is Level.STUDY:
                yield candidates
            else:
                # By patient: the name of the patient's row need not be the one that this study came with.
                target = patient.c.pk if self._query.level is Level.PATIENT else study.c.patient_fk
                yield target.in_(select(study.c.patient_fk).where(candidates))

    def _studies_with(self, words: tuple[str, ...]) -> Condition:
        condition = contains_words(words, sqlite=self._sqlite, common=self._are_common(words))
        if self._query.level is Level.PATIENT:
            return patient.c.pk.in_(select(study.c.patient_fk).where(condition, study.c.n_instances > 0))
        return condition

    def _identifiers(self, keys: list[Key]) -> Condition:
        """Match Patient ID and issuer on the main identifier or on one of the others."""
        main = [self._column(BY_TAG[key.tag], key) for key in keys]
        columns = {PATIENT_ID: patient_identifier.c.value, ISSUER: patient_identifier.c.issuer}
        others = [self._text(columns[key.tag], key.matcher) for key in keys]
        found = select(patient.c.pk).where(*main).union(select(patient_identifier.c.patient_fk).where(*others))
        target: Any = patient.c.pk if self._query.level is Level.PATIENT else study.c.patient_fk
        return or_(target.in_(found))

    @staticmethod
    def _has_columns(pair: CombinedDateTime) -> bool:
        return pair.date_tag in BY_TAG and pair.time_tag in BY_TAG

    @staticmethod
    def _combined(pair: CombinedDateTime) -> Condition:
        line = BY_TAG[pair.date_tag]
        date = TABLES[line.level].c[line.column]
        time = TABLES[line.level].c[BY_TAG[pair.time_tag].column]
        point = date + case((time == "", MIDNIGHT), else_=time)
        parts = [date != ""]
        if pair.low is not None:
            parts += [date >= pair.low[:8], point >= pair.low]
        if pair.high is not None:
            parts += [date <= pair.high[:8], point <= pair.high]
        return and_(*parts)

    def _below(self, level: Level, keys: list[Key]) -> Condition:
        """Match keys of lower levels (relational): one chain of rows below has to satisfy them all."""
        lowest = max(level_of(key.tag) for key in keys)
        conditions: list[Condition] = []
        joined: Any = {Level.PATIENT: study, Level.STUDY: series, Level.SERIES: instance}[level]
        if level < Level.STUDY and lowest > Level.STUDY:
            joined = joined.join(series, series.c.study_fk == study.c.pk)
        if level < Level.SERIES and lowest > Level.SERIES:
            joined = joined.join(instance, instance.c.series_fk == series.c.pk)
        link = {Level.PATIENT: study.c.patient_fk, Level.STUDY: series.c.study_fk, Level.SERIES: instance.c.series_fk}
        for key in keys:
            line = BY_TAG.get(key.tag)
            if key.tag in (MODALITIES, SOP_CLASSES):
                conditions.append(self._members(_member_column(key), key))
            elif line is not None:
                conditions.append(self._column(line, key))
        conditions.append(instance.c.state == "live" if lowest is Level.IMAGE else series.c.n_instances > 0
                          if lowest is Level.SERIES else study.c.n_instances > 0)  # fmt: skip
        return TABLES[level].c.pk.in_(select(link[level]).select_from(joined).where(*conditions))


def _one_of(column: Any, values: tuple[str, ...]) -> Condition:
    if len(values) == 1:
        return column == values[0]  # type: ignore[no-any-return]  # a column compares to a condition
    chunks = [column.in_(values[at : at + _IN_AT_ONCE]) for at in range(0, len(values), _IN_AT_ONCE)]
    return or_(*chunks)


def _member_column(key: Key) -> Any:
    return study.c.modalities if key.tag == MODALITIES else study.c.sop_classes


def _number(column: Any, matcher: object) -> Condition:
    if not isinstance(matcher, OneOf):
        return false()
    numbers = [int(value) for value in matcher.values if value.lstrip("-").isdigit() and abs(int(value)) < 1 << 62]
    parts: list[Condition] = [column.in_(numbers)] if numbers else []
    if "" in matcher.values:
        parts.append(column.is_(None))
    return or_(*parts) if parts else false()


def _range(column: Any, matcher: Range) -> Condition:
    low, high = matcher.low, matcher.high
    if low is not None and high is not None:
        if low == high:
            return column == low  # type: ignore[no-any-return]  # as above
        if low > high:
            return or_(column >= low, and_(column <= high, column != ""))
    parts = [column != ""]
    if low is not None:
        parts = [column >= low]
    if high is not None:
        parts += [column <= high]
    return and_(*parts)


def _requests(matcher: Item) -> Iterator[Condition]:
    """Let the table of requests choose candidates for the keys it has; the residual query decides."""
    parts = [
        _one_of(_REQUEST_COLUMNS[key.tag], key.matcher.values)
        for key in matcher.keys
        if key.tag in _REQUEST_COLUMNS and isinstance(key.matcher, OneOf) and "" not in key.matcher.values
    ]
    if parts:
        yield series.c.pk.in_(select(series_request.c.series_fk).where(*parts))


def source(level: Level) -> Any:
    """Return the joined tables of a level and those above it."""
    joined: Any = patient
    if level is not Level.PATIENT:
        joined = study.join(patient, study.c.patient_fk == patient.c.pk)
    if level >= Level.SERIES:
        joined = series.join(joined, series.c.study_fk == study.c.pk)
    if level is Level.IMAGE:
        joined = instance.join(joined, instance.c.series_fk == series.c.pk)
    return joined


def statement(query: Query, plan: Plan, columns: list[Any], dialect: str) -> Select[Any]:
    """Return the SELECT of a query, in stable order; limit and offset only when nothing is left to match."""
    found = select(*columns).select_from(source(query.level)).where(*plan.conditions)
    found = found.order_by(*keys_of_order(query, TABLES[query.level].c.pk, dialect))
    if plan.residual is None:
        if query.limit is not None:
            found = found.limit(query.limit)
        if query.offset:
            found = found.offset(query.offset)
    return found


def count(connection: Connection, query: Query, plan: Plan, dialect: str) -> int:
    """Count the rows of a query that leaves nothing to match."""
    if query.level is Level.STUDY and dialect == "sqlite" and not query.keys and not query.words and not query.combined:
        return int(connection.execute(sql_text("SELECT n FROM study_count")).scalar_one())
    rows: Select[Any] = select(literal_column("1")).select_from(_needed(query)).where(*plan.conditions)
    return int(connection.execute(select(func.count()).select_from(rows.subquery())).scalar_one())


def size_bytes(connection: Connection, query: Query, plan: Plan) -> int:
    """Add up what the studies of a query that leaves nothing to match take on disk."""
    found = select(func.coalesce(func.sum(study.c.size_bytes), 0)).select_from(_needed(query)).where(*plan.conditions)
    return int(connection.execute(found).scalar_one())


def _needed(query: Query) -> Any:
    """Return the tables whose columns the conditions name."""
    needs_join = query.level is not Level.STUDY or any(level_of(key.tag) is Level.PATIENT for key in query.keys)
    return source(query.level) if needs_join or query.combined else study
