"""`metadata`: makes the metadata of larger series ready when they have gone quiet, before the first viewer asks."""

from __future__ import annotations

import time
from typing import Any

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.errors import NotFound
from lumenarc.services import metadata
from lumenarc.services.jobs import Running


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Make one series after the other, with pauses as long as the work: whoever stores or asks goes first."""
    due = metadata.not_ready(archive)
    for n_done, (study_uid, series_uid) in enumerate(due):
        job.progress(n_done, len(due))
        began = time.monotonic()
        try:
            metadata.make_ready(archive, study_uid, series_uid)
        except NotFound:
            continue  # deleted meanwhile
        time.sleep(time.monotonic() - began)
    job.progress(len(due), len(due))
    return {"series": len(due)}


def is_due(archive: Archive) -> bool:
    """Tell whether a larger series has gone quiet without its metadata being ready."""
    return bool(metadata.not_ready(archive, most=1))


TASK = Task("metadata", run, "Make the metadata of larger series ready for viewers.", is_due=is_due)
