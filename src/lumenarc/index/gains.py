"""What does a stored instance add to the counters of its series and study? With the SQL that each one needs.

The statements are compiled once: building them anew costs more than running them.
"""

from __future__ import annotations

import sqlite3 as sqlite_driver
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from lumenarc.index.db import execute_raw, in_own_words
from lumenarc.index.schema import correction, instance, series, study

Values = dict[str, Any]


@dataclass(slots=True)
class Gain:
    """What one transaction adds to the counters of a series and its study."""

    study_pk: int
    modality: str
    n_instances: int = 0
    size_bytes: int = 0
    classes: set[str] = field(default_factory=set)
    now_ms: int = 0

    def add(self, values: Values) -> None:
        self.n_instances += 1
        self.size_bytes += values["data_set_bytes"]
        self.classes.add(values["sop_class_uid"])
        self.now_ms = values["received_at"]

    def write_known(self, raw: sqlite_driver.Connection, series_pk: int, sql: Statements) -> bool:
        """Do what `write` does where only numbers change; False where more does, or a row is gone."""
        more = {"n": self.n_instances, "size": self.size_bytes, "now": self.now_ms, "key": series_pk}
        in_series = raw.execute(sql.update_series, more).fetchone()
        if in_series is None or merged(in_series[1], self.classes) != in_series[1]:
            return False
        more |= {"key": self.study_pk, "series": int(in_series[0] == self.n_instances)}
        in_study = raw.execute(sql.update_study, more).fetchone()
        return (
            in_study is not None
            and merged(in_study[0], {self.modality} - {""}) == in_study[0]
            and merged(in_study[1], self.classes) == in_study[1]
        )

    def write(self, connection: Connection, series_pk: int, sql: Statements) -> None:
        """Update series, then study: everywhere in this order, by rising keys."""
        more = {"n": self.n_instances, "size": self.size_bytes, "now": self.now_ms}
        total, classes = execute_raw(connection, sql.update_series, more | {"key": series_pk}) or (0, "")
        if (more_classes := merged(classes, self.classes)) != classes:
            connection.execute(update(series).where(series.c.pk == series_pk).values(sop_classes=more_classes))
        more |= {"key": self.study_pk, "series": int(total == self.n_instances)}
        row = execute_raw(connection, sql.update_study, more) or ("", "")
        modalities, classes = merged(row[0], {self.modality} - {""}), merged(row[1], self.classes)
        if (modalities, classes) != tuple(row):
            connection.execute(
                update(study).where(study.c.pk == self.study_pk).values(modalities=modalities, sop_classes=classes)
            )


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements that every instance needs, compiled once: building them anew costs more than running them."""

    insert_instance: str
    update_series: str
    update_study: str
    newest_correction: str
    insert_known: str
    in_order: Callable[[Values], tuple[Any, ...]]
    """Puts the values of an instance into the order of `insert_known`."""

    @classmethod
    def compiled(cls, dialect: str) -> Statements:
        insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
        known = (
            insert(instance)
            .values({c.name: bindparam(c.name) for c in instance.c if c.name not in ("pk", "trash_fk")})
            .on_conflict_do_nothing(index_elements=["sop_instance_uid"], index_where=text("state = 'live'"))
        )
        add = known.returning(instance.c.pk)
        to_series = (
            update(series)
            .where(series.c.pk == bindparam("key"))
            .values(
                n_instances=series.c.n_instances + bindparam("n"),
                size_bytes=series.c.size_bytes + bindparam("size"),
                version=series.c.version + literal_column("1"),
                updated_at=bindparam("now"),
            )
            .returning(series.c.n_instances, series.c.sop_classes)
        )
        to_study = (
            update(study)
            .where(study.c.pk == bindparam("key"))
            .values(
                n_series=study.c.n_series + bindparam("series"),
                n_instances=study.c.n_instances + bindparam("n"),
                size_bytes=study.c.size_bytes + bindparam("size"),
                updated_at=bindparam("now"),
            )
            .returning(study.c.modalities, study.c.sop_classes)
        )
        by_place = known.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        return cls(
            in_own_words(add, dialect),
            in_own_words(to_series, dialect),
            in_own_words(to_study, dialect),
            in_own_words(select(func.max(correction.c.pk)), dialect),
            str(by_place),
            itemgetter(*by_place.positiontup or ()),
        )


def merged(column: str, more: set[str]) -> str:
    """Add values to a multi-valued column."""
    have = set(column.split("\\")) - {""}
    if more <= have:
        return column
    return "\\" + "\\".join(sorted(have | more)) + "\\"
