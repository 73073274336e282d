"""How is a search of a known shape run without being built again? Its SQL is kept, only the values are new.

Building and wrapping a statement costs ten times what the database needs to find one patient. Two searches have one
shape when they differ only in values that reach the database as they are: single values of text and UIDs, ranges of
dates, limit and offset. The SQL is that of `search.py`, made once with marks in place of the values; where a mark does
not come out again whole, on its own, the shape is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from lumenarc.dicom.attributes import BY_TAG, Kind
from lumenarc.dicom.matching import SEVERAL_VALUES
from lumenarc.dicom.query import Key, Matcher, OneOf, Query, Range
from lumenarc.index.search import statement, where

MAX_SHAPES = 512
_KINDS = frozenset((Kind.TEXT, Kind.UID, Kind.DATE, Kind.TIME))
_MARK = "\ue000"
_LIMIT, _OFFSET = 777_000_001, 777_000_002

Shape = tuple[Any, ...]
Value = str | int


@dataclass(frozen=True, slots=True)
class Prepared:
    """The SQL of a shape, the parameters that never change, and which value goes where."""

    sql: str
    fixed: dict[str, Any]
    places: tuple[tuple[str, int], ...]

    def parameters(self, values: list[Value]) -> dict[str, Any]:
        """Return the parameters for these values."""
        return self.fixed | {name: values[at] for name, at in self.places}


def shape_of(query: Query) -> tuple[Shape, list[Value]] | None:
    """Return what a query has in common with others, and its own values; None when it can share nothing."""
    if query.words or query.combined or query.timezone_offset or query.extra:
        return None
    keys: list[tuple[int, str]] = []
    values: list[Value] = []
    for key in query.keys:
        line = BY_TAG.get(key.tag)
        if line is None or line.kind not in _KINDS or key.tag in SEVERAL_VALUES:
            return None
        taken = _take(key.matcher)
        if taken is None:
            return None
        keys.append((key.tag, taken[0]))
        values += taken[1]
    values += [query.limit or 0, query.offset]
    shape = (
        query.level, tuple(keys), query.returns, query.include_all, query.order, query.limit is None, query.offset > 0,
    )  # fmt: skip
    return shape, values


def _take(matcher: Matcher) -> tuple[str, list[str]] | None:
    """Name the form of a matcher and give its values; None when they do not reach the database as they are."""
    if isinstance(matcher, OneOf) and len(matcher.values) == 1 and matcher.values[0]:
        return "one", list(matcher.values)
    if not isinstance(matcher, Range):
        return None
    low, high = matcher.low, matcher.high
    if low is None or high is None:
        return ("from" if high is None else "until"), [end for end in (low, high) if end is not None]
    if low == high:
        return "same", [low]
    return ("span", [low, high]) if low < high else ("turned", [high, low])


def _made(form: str, marks: list[str]) -> Matcher:
    """Make a matcher of a form again; the marks rise, as the values of a range do."""
    if form == "one":
        return OneOf((marks[0],))
    low = None if form == "until" else marks[-1] if form == "turned" else marks[0]
    high = None if form == "from" else marks[0] if form == "turned" else marks[-1]
    return Range(low, high)


def prepare(query: Query, columns: list[Any], connection: Connection, dialect: str) -> Prepared | None:
    """Make the SQL of a query's shape; None when its values change more than parameters."""
    marked, n_marks = _marked(query)
    plan = where(marked, dialect)
    if plan.residual is not None:
        return None
    compiled = statement(marked, plan, columns, dialect).compile(dialect=connection.dialect)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    fixed: dict[str, Any] = {}
    places: list[tuple[str, int]] = []
    for name, value in compiled.params.items():
        if isinstance(value, str) and _MARK in value:
            if not value.startswith(_MARK) or not value[1:].isdigit():
                return None
            places.append((name, int(value[1:])))
        elif value in (_LIMIT, _OFFSET):
            places.append((name, n_marks + (value == _OFFSET)))
        else:
            fixed[name] = value
    if {at for _, at in places if at < n_marks} != set(range(n_marks)):
        return None
    return Prepared(str(compiled), fixed, tuple(places))


def _marked(query: Query) -> tuple[Query, int]:
    """Put marks in place of values; return the query and the number of marks."""
    keys: list[Key] = []
    n_marks = 0
    for key in query.keys:
        form, values = _take(key.matcher) or ("", [])
        marks = [f"{_MARK}{n_marks + number:04}" for number in range(len(values))]
        n_marks += len(marks)
        keys.append(replace(key, matcher=_made(form, marks)))
    limit = None if query.limit is None else _LIMIT
    return replace(query, keys=tuple(keys), limit=limit, offset=_OFFSET if query.offset else 0), n_marks
