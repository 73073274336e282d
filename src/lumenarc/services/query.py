"""How the archive is searched, for C-FIND, QIDO-RS and rules alike (PS3.4 C.4.1, PS3.18 10.6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from lumenarc.archive import Archive
from lumenarc.dicom.attributes import COMPUTED, INDEXED, LEVEL_TAGS, Kind, Level, level_of
from lumenarc.dicom.matching import matches
from lumenarc.dicom.query import Attributes, Query
from lumenarc.dicom.query_parse import DEFAULT_RETURNS
from lumenarc.errors import LumenarcError
from lumenarc.index import lookup
from lumenarc.index.db import batches_raw
from lumenarc.index.prepared import MAX_SHAPES, Shape, Value, prepare, shape_of
from lumenarc.index.schema import instance, patient, series, study
from lumenarc.index.search import Plan, statement, where
from lumenarc.index.search import count as count_rows
from lumenarc.index.search import size_bytes as bytes_of_rows
from lumenarc.index.search_text import are_common
from lumenarc.services import leaving

_AT_ONCE = 500
_ATTRS = {Level.PATIENT: patient.c.attrs, Level.STUDY: study.c.attrs, Level.SERIES: series.c.attrs}
_UID_TAGS = {Level.STUDY: 0x0020000D, Level.SERIES: 0x0020000E}
_INSTANCE_LINES = tuple(line for line in INDEXED if line.level is Level.IMAGE)
# What an instance's row can give back exactly as it came; anything else is read from its blob.
_EXACT = frozenset(
    line.tag
    for line in _INSTANCE_LINES
    if line.kind in (Kind.UID, Kind.INTEGER, Kind.DATE) or line.column.endswith("_flag")
)
_LISTS: dict[int, Any] = {0x00080061: study.c.modalities, 0x00080062: study.c.sop_classes}
_AVAILABLE_SYNTAX, _AVAILABILITY, _RETRIEVE_AET = 0x00083002, 0x00080056, 0x00080054

# What `json.loads` does before and after costs a third of its time for texts this short.
_parse = json.JSONDecoder().raw_decode

_NEW = object()

Adder = Callable[[Attributes, Any], None]


def search(archive: Archive, query: Query) -> Iterator[Attributes]:
    """Yield what answers the query, row by row, with only the attributes that were asked for.

    The iterator keeps a database connection until it is finished or closed.
    """
    if query.limit is not None or archive.index.dialect == "sqlite":
        known = shape_of(query)
        if known is not None:
            yield from _known_rows(archive, query, *known)
            return
    yield from _searched(archive, query)


def _searched(archive: Archive, query: Query) -> Iterator[Attributes]:
    with archive.index.read() as connection:
        plan = where(query, archive.index.dialect, partial(are_common, connection))
        if plan.residual is None:
            yield from _rows(archive, query, plan, connection)
            return
        yield from _page(query, _rows(archive, query, plan, connection))


def _page(query: Query, found: Iterator[Attributes]) -> Iterator[Attributes]:
    """Yield what limit and offset leave of answers that SQL could not count."""
    stop = None if query.limit is None else query.offset + query.limit
    for number, answer in enumerate(found):
        if stop is not None and number >= stop:
            return
        if number >= query.offset:
            yield answer


def count(archive: Archive, query: Query) -> int:
    """Count what answers the query, whatever its limit and offset."""
    every = replace(query, limit=None, offset=0, order=())
    with archive.index.read() as connection:
        plan = where(every, archive.index.dialect, partial(are_common, connection))
        if plan.residual is not None:
            return sum(1 for _answer in _rows(archive, every, plan, connection))
        return count_rows(connection, every, plan, archive.index.dialect)


def size_bytes(archive: Archive, query: Query) -> int | None:
    """Add up the bytes of the studies that answer; None when only their attributes could tell which they are."""
    every = replace(query, limit=None, offset=0, order=())
    with archive.index.read() as connection:
        plan = where(every, archive.index.dialect, partial(are_common, connection))
        return None if plan.residual is not None else bytes_of_rows(connection, every, plan)


def _rows(archive: Archive, query: Query, plan: Plan, connection: Connection) -> Iterator[Attributes]:
    reader = _RowReader(archive, query, plan.residual)
    found = statement(query, plan, reader.columns, archive.index.dialect)
    cursor = connection.execution_options(yield_per=_AT_ONCE).execute(found)
    for rows in cursor.partitions():
        yield from reader.answers(connection, rows)


def _known_rows(archive: Archive, query: Query, shape: Shape, values: list[Value]) -> Iterator[Attributes]:
    """Yield answers of a search whose SQL is kept, or is kept from now on.

    Without a limit a driver that fetches everything at once (PostgreSQL's) would hold every row: not for this path.
    """
    shapes = archive.index.shapes
    reader = _RowReader(archive, query, None)
    with archive.index.read() as connection:
        # Another thread may empty the shapes at any moment: what was found is held on to.
        prepared = shapes.get(shape, _NEW)
        if prepared is _NEW:
            if len(shapes) >= MAX_SHAPES:
                shapes.clear()
            prepared = shapes[shape] = prepare(query, reader.columns, connection, archive.index.dialect)
        if prepared is not None:
            for rows in batches_raw(connection, prepared.sql, prepared.parameters(values), _AT_ONCE):
                yield from reader.answers(connection, rows)
            return
    yield from _searched(archive, query)


class _RowReader:
    """Turns rows of one query into answers; what is asked decides once which columns are read."""

    def __init__(self, archive: Archive, query: Query, residual: Query | None) -> None:
        self._archive, self._query, self._residual = archive, query, residual
        self.columns: list[Any] = []
        self._adders: list[Adder] = []
        defaults = frozenset[int]().union(*(DEFAULT_RETURNS[level] for level in Level if level <= query.level))
        self._returns = defaults if query.returns is None else query.returns
        self._all = query.include_all
        self._names = {f"{tag:08X}" for tag in self._returns}
        needed = {key.tag for key in self._residual.keys} if self._residual else set()
        if self._residual:
            needed |= {tag for pair in self._residual.combined for tag in (pair.date_tag, pair.time_tag)}
        self._levels = [
            level for level in Level if level <= query.level and self._wants(level, frozenset(needed))
        ]  # fmt: skip
        self._from_blob = query.level is Level.IMAGE and self._wants_blob(frozenset(needed))
        self._attrs_at = [
            (self._column(_ATTRS[level]), self._uid_at(level)) for level in self._levels if level in _ATTRS
        ]  # fmt: skip
        self._members = [
            _listed(f"{tag:08X}", "CS", self._column(_LISTS[tag])) for tag in sorted(needed & _LISTS.keys())
        ]
        self._named_only = not (self._all or self._residual or self._from_blob or self._members)
        self._stored: dict[int, lookup.StoredInstance] = {}
        self._memory: dict[int, tuple[str, Attributes]] = {}
        if query.level is Level.IMAGE:
            self._instance_columns()
        self._computed()

    def _column(self, column: Any) -> int:
        self.columns.append(column)
        return len(self.columns) - 1

    def _uid_at(self, level: Level) -> tuple[str, int] | None:
        """Return tag and place of a level's UID column: the row is the truth for it."""
        if level is Level.STUDY:
            return "0020000D", self._column(study.c.study_uid)
        return ("0020000E", self._column(series.c.series_uid)) if level is Level.SERIES else None

    def _wants(self, level: Level, needed: frozenset[int]) -> bool:
        if self._all or needed or level is self._query.level:
            return True
        tags = LEVEL_TAGS.get(level, frozenset())
        return bool(self._returns & tags)

    def _wants_blob(self, needed: frozenset[int]) -> bool:
        asked = {tag for tag in self._returns | needed if level_of(tag) is Level.IMAGE and tag not in COMPUTED}
        return self._all or bool(asked - _EXACT)

    def _instance_columns(self) -> None:
        for line in _INSTANCE_LINES:
            if line.tag in _EXACT and (self._all or line.tag in self._returns):
                self._adders.append(_plain(f"{line.tag:08X}", line.vr, self._column(instance.c[line.column])))
        self._blob_at = self._column(instance.c.pk) if self._from_blob else -1

    def _computed(self) -> None:
        for tag, (_keyword, vr, level) in COMPUTED.items():
            if tag not in self._returns and not (self._all and level is self._query.level):
                continue
            name = f"{tag:08X}"
            if tag == _AVAILABILITY:
                self._adders.append(_constant(name, vr, "ONLINE"))
            elif tag == _RETRIEVE_AET:
                self._adders.append(_constant(name, vr, self._archive.settings.aet))
            elif tag == _AVAILABLE_SYNTAX:
                if self._query.level is Level.IMAGE:
                    self._adders.append(_plain(name, vr, self._column(instance.c.transfer_syntax_uid)))
            elif level <= self._query.level:
                column = _COUNTS.get(tag)
                if column is not None:
                    self._adders.append(_plain(name, vr, self._column(column)))
                else:
                    self._adders.append(_listed(name, vr, self._column(_LISTS[tag])))

    def answers(self, connection: Connection, rows: Sequence[Any]) -> Iterator[Attributes]:
        """Yield the answers of some rows."""
        self.prepare(connection, rows)
        for row in rows:
            answer = self.read(row)
            if answer is not None:
                yield answer

    def read(self, row: Any) -> Attributes | None:
        """Return the answer of a row, or None when the residual query does not match it."""
        return self._read_named(row) if self._named_only else self._read_whole(row)

    def _read_named(self, row: Any) -> Attributes:
        """Take what was asked for, and nothing else, from what the levels know."""
        answer: Attributes = {}
        for at, uid in self._attrs_at:
            found = self._parsed(at, row[at])
            for name in self._names:
                if name in found:
                    answer[name] = found[name]
            if uid is not None and uid[0] in self._names:
                answer[uid[0]] = {"vr": "UI", "Value": [row[uid[1]]]}
        for add in self._adders:
            add(answer, row)
        return answer

    def _read_whole(self, row: Any) -> Attributes | None:
        whole: Attributes = {}
        for at, uid in self._attrs_at:
            found = self._parsed(at, row[at])
            whole = whole | found if whole else found
            if uid is not None:
                whole = whole | {uid[0]: {"vr": "UI", "Value": [row[uid[1]]]}}
        if self._from_blob:
            whole = self._blob_attributes(row[self._blob_at]) | whole
        for add in self._members:
            whole = dict(whole)
            add(whole, row)
        if self._residual is not None and not matches(self._residual, whole):
            return None
        if self._all:
            answer = dict(whole)
        else:
            answer = {name: whole[name] for name in self._names if name in whole}
        for add in self._adders:
            add(answer, row)
        return answer

    def _parsed(self, at: int, text: str) -> Attributes:
        """Read the JSON of a level; neighbouring rows often share their patient and study."""
        kept = self._memory.get(at)
        if kept is not None and kept[0] == text:
            return kept[1]
        found: Attributes = _parse(text)[0]
        self._memory[at] = (text, found)
        return found

    def prepare(self, connection: Connection, rows: Sequence[Any]) -> None:
        """Look up where the blobs of these rows lie, if they are needed at all."""
        if self._from_blob:
            pks = [row[self._blob_at] for row in rows]
            self._stored = {stored.pk: stored for stored in lookup.by_pk(connection, pks)}

    def _blob_attributes(self, pk: int) -> Attributes:
        """Read an instance's own attributes; one that cannot be read still answers with what the index knows."""
        stored = self._stored.get(pk)
        if stored is None:
            return {}
        try:
            return leaving.attributes(self._archive, stored)
        except LumenarcError:
            return {}


def _plain(name: str, vr: str, at: int) -> Adder:
    def add(answer: Attributes, row: Any) -> None:
        value = row[at]
        if value is not None and value != "":
            answer[name] = {"vr": vr, "Value": [value]}

    return add


def _constant(name: str, vr: str, value: str) -> Adder:
    def add(answer: Attributes, _row: Any) -> None:
        answer[name] = {"vr": vr, "Value": [value]}

    return add


def _listed(name: str, vr: str, at: int) -> Adder:
    def add(answer: Attributes, row: Any) -> None:
        values = row[at].strip("\\")
        if values:
            answer[name] = {"vr": vr, "Value": values.split("\\")}

    return add


def _patient_total(value: Any) -> Any:
    counted = study.alias()
    picked = {
        "studies": func.count(),
        "series": func.sum(counted.c.n_series),
        "instances": func.sum(counted.c.n_instances),
    }
    return (
        select(picked[value])
        .where(counted.c.patient_fk == patient.c.pk, counted.c.n_instances > 0)
        .correlate(patient)
        .scalar_subquery()
    )


_COUNTS: dict[int, Any] = {
    0x00201200: _patient_total("studies"),
    0x00201202: _patient_total("series"),
    0x00201204: _patient_total("instances"),
    0x00201206: study.c.n_series,
    0x00201208: study.c.n_instances,
    0x00201209: series.c.n_instances,
}
