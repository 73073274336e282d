"""`send`: delivers studies, series or objects to a registered application entity (PS3.4 B)."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import delivery

TASK = Task(delivery.TASK, delivery.deliver, "Send objects to an application entity.", max_attempts=8)
