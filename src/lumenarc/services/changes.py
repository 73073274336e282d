"""What has changed lately, whoever changed it: another thread, another process, another node."""

from __future__ import annotations

from dataclasses import dataclass

from lumenarc.archive import Archive
from lumenarc.index import jobs, lookup
from lumenarc.services.jobs import Job, shown

MOST = 1000
# A transaction is seen when it is committed, some time after the moment that it names; clocks of nodes differ a little.
MARGIN_MS = 10_000


@dataclass(frozen=True, slots=True)
class Lately:
    """What changed at or after a moment: (Study Instance UID, when in ms since the epoch), and jobs."""

    studies: tuple[tuple[str, int], ...]
    jobs: tuple[Job, ...]


def since(archive: Archive, moment_ms: int) -> Lately:
    """Return what changed at or after a moment, the newest thousand of each kind."""
    with archive.index.read() as connection:
        studies = lookup.studies_changed_since(connection, moment_ms, MOST)
        return Lately(tuple(studies), tuple(shown(row) for row in jobs.changed_since(connection, moment_ms, MOST)))
