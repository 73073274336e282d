"""`check`: reads every stored object and compares it with its digest (bit rot), while the archive runs."""

from __future__ import annotations

from typing import Any

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.services import check
from lumenarc.services.jobs import Running

_MAX_NAMED = 100


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Verify from the checkpoint on; the checkpoint holds the key of the last row, the count and what was corrupt."""
    after, n_before, corrupt = job.checkpoint or [0, 0, []]
    n_total = check.n_stored(archive)
    n_done = n_before
    for found in check.verified(archive, after):
        n_done += 1
        if found.problem:
            corrupt = [*corrupt, found.sop_instance_uid]
        job.progress(n_done, max(n_total, n_done), len(corrupt), checkpoint=[found.pk, n_done, corrupt])
    return {"instances": n_done, "n_corrupt": len(corrupt), "corrupt": corrupt[:_MAX_NAMED]}


TASK = Task("check", run, "Verify the digest of every stored object.")
