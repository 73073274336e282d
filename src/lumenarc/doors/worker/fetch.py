"""`fetch`: brings a study of another archive here."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import fetching

TASK = Task("fetch", fetching.run_fetch, "Fetch a study from another archive.")
