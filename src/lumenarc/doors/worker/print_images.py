"""`print`: prints images on a printer, film after film (PS3.4 H)."""

from __future__ import annotations

from typing import Any

from lumenarc.archive import Archive
from lumenarc.doors.worker.task import Task
from lumenarc.services.jobs import Running


def run(archive: Archive, job: Running) -> dict[str, Any]:
    """Print what is not printed yet."""
    from lumenarc.services import print_order

    return print_order.run(archive, job)


TASK = Task("print", run, "Print images on a printer.", max_attempts=8)
