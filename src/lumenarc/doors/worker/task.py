"""What a task is: one kind of job, with the use-case that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lumenarc.archive import Archive
from lumenarc.services.jobs import Running


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the table of tasks.

    `run` does the work and returns the result; it reports through `Running.progress`, raises a leaf of the error tree,
    and bears being run twice. `is_due` is asked every minute and queues the job by itself.
    """

    name: str
    run: Callable[[Archive, Running], dict[str, Any]]
    doc: str
    max_attempts: int = 5
    is_due: Callable[[Archive], bool] | None = None
