"""THE table of tasks, one line each."""

from __future__ import annotations

from lumenarc.doors.worker import (
    anonymize,
    bundle,
    check,
    commitment,
    evict,
    fetch,
    films,
    forward_step,
    import_zip,
    notify,
    print_images,
    purge,
    ready,
    regroup,
    send,
)
from lumenarc.doors.worker.task import Task

TASKS: tuple[Task, ...] = (
    send.TASK,
    purge.TASK,
    check.TASK,
    anonymize.TASK,
    fetch.TASK,
    import_zip.TASK,
    evict.TASK,
    ready.TASK,
    bundle.TASK,
    regroup.TASK,
    commitment.TASK,
    films.TASK,
    print_images.TASK,
    forward_step.TASK,
    notify.TASK,
)
