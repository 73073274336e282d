"""In which order do rows come? As asked, and always the same: the primary key breaks every tie (PS3.18 8.3.4.4)."""

from __future__ import annotations

from typing import Any

from lumenarc.dicom.attributes import BY_TAG, Kind, Level
from lumenarc.dicom.query import Query
from lumenarc.index.schema import instance, patient, series, study

_TABLES: dict[Level, Any] = {Level.PATIENT: patient, Level.STUDY: study, Level.SERIES: series, Level.IMAGE: instance}
_COUNTED: dict[int, tuple[Level, Any]] = {
    0x00080061: (Level.STUDY, study.c.modalities),
    0x00201206: (Level.STUDY, study.c.n_series),
    0x00201208: (Level.STUDY, study.c.n_instances),
    0x00201209: (Level.SERIES, series.c.n_instances),
}


def keys_of_order(query: Query, pk: Any, dialect: str) -> list[Any]:
    """Return the ORDER BY expressions; attributes of levels below the query's have no single value and are passed."""
    found: list[Any] = []
    descending = False
    for order in query.order:
        level, column = _column(order.tag)
        if level > query.level:
            continue
        descending = order.descending
        found.append(_directed(column, descending, nullable=column.nullable, dialect=dialect))
    found.append(pk.desc() if descending else pk.asc())
    return found


def _column(tag: int) -> tuple[Level, Any]:
    if tag in _COUNTED:
        return _COUNTED[tag]
    line = BY_TAG[tag]
    return line.level, _TABLES[line.level].c[f"{line.column}_a" if line.kind is Kind.NAME else line.column]


def _directed(column: Any, descending: bool, *, nullable: bool, dialect: str) -> Any:
    directed = column.desc() if descending else column.asc()
    if nullable and dialect == "postgresql":
        # As SQLite does: no value comes before every value.
        return directed.nulls_last() if descending else directed.nulls_first()
    return directed
