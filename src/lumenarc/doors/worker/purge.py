"""`purge`: deletes for good what has been in the trash for longer than the setting trash_retention_days."""

from __future__ import annotations

from typing import Any

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.errors import NotFound
from lumenarc.services import delete
from lumenarc.services.jobs import Running


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Purge one deletion after the other."""
    due = delete.expired(archive)
    n_blobs = 0
    for n_done, trash_pk in enumerate(due):
        job.progress(n_done, len(due))
        try:
            n_blobs += delete.purge(archive, trash_pk)
        except NotFound:
            continue  # an administrator was faster
    job.progress(len(due), len(due))
    return {"deletions": len(due), "instances": n_blobs}


def is_due(archive: Archive) -> bool:
    """Tell whether something is over its time."""
    return bool(delete.expired(archive))


TASK = Task("purge", run, "Delete for good what is over its time in the trash.", is_due=is_due)
