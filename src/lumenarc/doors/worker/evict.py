"""`evict`: makes room in the cache of studies that were fetched to be looked at."""

from __future__ import annotations

from typing import Any

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.errors import NotFound
from lumenarc.services import fetching
from lumenarc.services.jobs import Running


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Delete one study after the other until the cache keeps its limit."""
    gone = fetching.excess(archive)
    for n_done, study_uid in enumerate(gone):
        job.progress(n_done, len(gone))
        try:
            fetching.evict(archive, study_uid)
        except NotFound:
            continue  # somebody else deleted it
    return {"studies": len(gone)}


def is_due(archive: Archive) -> bool:
    """Tell whether the cache is over its limit."""
    return bool(fetching.excess(archive))


TASK = Task("evict", run, "Make room in the cache of fetched studies.", is_due=is_due)
