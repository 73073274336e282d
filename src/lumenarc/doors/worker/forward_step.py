"""`forward_step`: tells another application entity of a performed procedure step (PS3.4 F.7)."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import mpps, mpps_telling

TASK = Task(mpps.FORWARD, mpps_telling.forward, "Tell another AE of a performed procedure step.", max_attempts=30)
