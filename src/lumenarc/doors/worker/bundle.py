"""`bundle`: packs studies into a ZIP that is downloaded when it is whole."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import bundle

TASK = Task(bundle.TASK, bundle.run, "Pack studies for download.")
