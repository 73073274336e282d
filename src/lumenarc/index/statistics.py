"""What figures does the dashboard show? Sums over the rows of studies and series; nothing here reads instances."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from lumenarc.index.schema import series, study

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class DayCount:
    """What arrived first on one day; `day` counts from 1970-01-01 in the asker's time zone."""

    day: int
    n_studies: int
    n_instances: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModalityCount:
    """How much there is of one modality; "" where the series name none."""

    modality: str
    n_studies: int
    n_series: int
    n_instances: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SenderCount:
    """What one calling AE title sent, by series; "" is the web and the command line; `last_at` in ms."""

    title: str
    n_series: int
    n_instances: int
    last_at: int


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What QIDO-RS does not say of a series; times in ms since the epoch, UTC."""

    series_uid: str
    size_bytes: int
    source_aet: str
    created_at: int
    updated_at: int


def by_day(connection: Connection, since_ms: int, offset_ms: int) -> list[DayCount]:
    """Count the studies that are new since a moment, by day; `offset_ms` is the asker's distance from UTC."""
    day = (study.c.created_at + offset_ms) // _DAY_MS
    query = (
        select(day, func.count(), func.sum(study.c.n_instances), func.sum(study.c.size_bytes))
        .where(study.c.n_instances > 0, study.c.created_at >= since_ms)
        .group_by(day)
        .order_by(day)
    )
    return [DayCount(*(int(value) for value in row)) for row in connection.execute(query)]


def by_modality(connection: Connection) -> list[ModalityCount]:
    """Count what is held, by modality, the largest first."""
    query = (
        select(
            series.c.modality,
            func.count(func.distinct(series.c.study_fk)),
            func.count(),
            func.sum(series.c.n_instances),
            func.sum(series.c.size_bytes),
        )
        .where(series.c.n_instances > 0)
        .group_by(series.c.modality)
        .order_by(func.sum(series.c.size_bytes).desc(), series.c.modality)
    )
    return [ModalityCount(str(row[0]), *(int(value) for value in row[1:])) for row in connection.execute(query)]


def by_sender(connection: Connection, limit: int) -> list[SenderCount]:
    """Count what each sender brought, whoever sent last first."""
    last_at = func.max(series.c.updated_at)
    query = (
        select(series.c.source_aet, func.count(), func.sum(series.c.n_instances), last_at)
        .where(series.c.n_instances > 0)
        .group_by(series.c.source_aet)
        .order_by(last_at.desc(), series.c.source_aet)
        .limit(limit)
    )
    return [SenderCount(str(row[0]), *(int(value) for value in row[1:])) for row in connection.execute(query)]


def of_series(connection: Connection, study_uid: str) -> list[SeriesFacts]:
    """Return the facts of the visible series of a study."""
    query = (
        select(series.c.series_uid, series.c.size_bytes, series.c.source_aet, series.c.created_at, series.c.updated_at)
        .select_from(series.join(study, series.c.study_fk == study.c.pk))
        .where(study.c.study_uid == study_uid, series.c.n_instances > 0)
        .order_by(series.c.series_number, series.c.pk)
    )
    return [SeriesFacts(*row) for row in connection.execute(query)]
