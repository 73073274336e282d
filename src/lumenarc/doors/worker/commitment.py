"""`commitment`: tells who asked which instances are safe, over an association of ours (PS3.4 J.3.3)."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import commitment

# With pauses that grow to ten minutes: about four hours.
TASK = Task(commitment.TASK, commitment.run, "Answer a storage commitment request.", max_attempts=30)
