"""`regroup`: splits a series, or merges some into one."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import regroup

TASK = Task(regroup.TASK, regroup.run, "Split or merge series.")
