"""`notify`: tells another application entity that all objects of a step are here (IAN, PS3.4 R)."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import mpps, mpps_telling

# With pauses that grow to ten minutes: objects may arrive for about a day.
TASK = Task(mpps.NOTIFY, mpps_telling.notify, "Notify another AE when the objects of a step are here.", 150)
