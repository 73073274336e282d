"""The Archive: what every use-case gets as its first argument, and how it is opened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lumenarc.config import Settings
from lumenarc.errors import OutOfResources
from lumenarc.events import Changes
from lumenarc.imaging.pool import ImagingPool
from lumenarc.index.db import Index
from lumenarc.index.instances import Inserter
from lumenarc.index.parents import Policy
from lumenarc.storage.blob import BlobStore
from lumenarc.storage.filesystem import FileStore
from lumenarc.storage.verified import Verified

_MS_PER_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Archive:
    """Index, storage, settings, events, decoding processes and clock; shared by all threads."""

    settings: Settings
    index: Index
    inserter: Inserter
    storage: BlobStore
    changes: Changes
    now_ms: Callable[[], int]
    imaging: ImagingPool
    verified: Verified = field(default_factory=Verified)

    def close(self) -> None:
        """End the decoding processes, close the storage and the database connections."""
        self.imaging.close()
        try:
            self.storage.close()
        finally:
            self.index.close()


def now_ms() -> int:
    """Return the time in ms since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def open_archive(settings: Settings, clock: Callable[[], int] = now_ms) -> Archive:
    """Open the archive in its data folder, which is made when it is missing.

    Raises OutOfResources when the folder cannot be written, Unavailable when the database does not answer.
    """
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o750)
        storage = FileStore(settings.data, sync=settings.sync == "full", min_free_bytes=settings.min_free_bytes)
    except OSError as error:
        raise OutOfResources("The data folder cannot be written.") from error
    index = Index(settings.database_url, sync=settings.sync == "full")
    policy = Policy(
        duplicate=settings.duplicate_policy,
        patient_conflict=settings.patient_conflict,
        trash_retention_ms=settings.trash_retention_days * _MS_PER_DAY,
    )
    imaging = ImagingPool(settings.imaging_workers, settings.imaging_memory_bytes, timeout_s=settings.imaging_timeout_s)
    return Archive(settings, index, Inserter(index, policy), storage, Changes(), clock, imaging)
