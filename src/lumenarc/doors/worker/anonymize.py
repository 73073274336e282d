"""`anonymize`: makes an anonymised copy of a study, stored as a study of its own (PS3.15 E)."""

from __future__ import annotations

from lumenarc.doors.worker.task import Task
from lumenarc.services import anonymize

TASK = Task("anonymize", anonymize.run, "Make an anonymised copy of a study.")
