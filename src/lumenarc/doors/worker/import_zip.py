"""`import`: takes in a ZIP archive that was uploaded."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import uploads

TASK = Task(uploads.TASK, uploads.run, "Import an uploaded ZIP archive.")
