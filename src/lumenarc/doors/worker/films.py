"""`films`: deletes films that are older than the setting film_retention_days."""

from __future__ import annotations

from typing import Any

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.errors import NotFound
from lumenarc.services import films
from lumenarc.services.jobs import Running


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Delete one print job after the other."""
    n_done = 0
    while due := films.expired(archive):
        for job_id in due:
            job.progress(n_done)
            try:
                films.delete(archive, job_id)
                n_done += 1
            except NotFound:
                continue  # somebody was faster
    job.progress(n_done, n_done)
    return {"deleted": n_done}


def is_due(archive: Archive) -> bool:
    """Tell whether a film is over its time."""
    return bool(films.expired(archive))


TASK = Task("films", run, "Delete films that were printed here and are over their time.", is_due=is_due)
