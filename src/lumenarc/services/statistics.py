"""What does the dashboard show of the archive's contents, and what is known of one study beside its attributes?"""

from __future__ import annotations

from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.errors import NotFound
from lumenarc.index import statistics
from lumenarc.index.statistics import DayCount, ModalityCount, SenderCount, SeriesFacts

_DAY_MS = 86_400_000
_MOST_SENDERS = 50


@dataclass(frozen=True, slots=True)
class Contents:
    """Figures of the dashboard: arrivals by day, holdings by modality, senders by their last arrival."""

    days: list[DayCount]
    modalities: list[ModalityCount]
    senders: list[SenderCount]


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What is known of one study beside its attributes; times in ms since the epoch, UTC."""

    size_bytes: int
    received_at: int
    updated_at: int
    series: list[SeriesFacts]


def contents(archive: Archive, n_days: int, offset_minutes: int) -> Contents:
    """Return the figures; days are those of a clock that is `offset_minutes` ahead of UTC, today included."""
    offset_ms = offset_minutes * 60_000
    today = (archive.now_ms() + offset_ms) // _DAY_MS
    since_ms = (today - n_days + 1) * _DAY_MS - offset_ms
    with archive.index.read() as connection:
        return Contents(
            statistics.by_day(connection, since_ms, offset_ms),
            statistics.by_modality(connection),
            statistics.by_sender(connection, _MOST_SENDERS),
        )


def study_facts(archive: Archive, study_uid: str) -> StudyFacts:
    """Return the facts of one study; raise NotFound."""
    with archive.index.read() as connection:
        found = statistics.of_series(connection, study_uid)
    if not found:
        raise NotFound("Nothing is stored under this UID.")
    return StudyFacts(
        sum(one.size_bytes for one in found),
        min(one.created_at for one in found),
        max(one.updated_at for one in found),
        found,
    )
