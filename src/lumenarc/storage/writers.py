"""Who is storing into a data folder right now: a lock that writers share, and that mending takes for itself.

A blob without a row is one being written as long as anybody writes; only when nobody does may it be mended or set
aside. The lock is the kernel's (flock), so a killed process leaves none behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lumenarc.errors import Unavailable


class Writers:
    """The held lock; `alone` tells whether nobody else holds it."""

    def __init__(self, held: int) -> None:
        self._held = held
        self.alone = self.try_alone()

    def try_alone(self) -> bool:
        """Take the lock for ourselves when nobody else has it; keep what we have otherwise."""
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fcntl.flock(self._held, fcntl.LOCK_SH)
            return False
        return True

    def share(self) -> None:
        """Let other writers in."""
        fcntl.flock(self._held, fcntl.LOCK_SH)
        self.alone = False


@contextmanager
def joined(folder: Path) -> Iterator[Writers]:
    """Become a writer of a data folder, alone if possible; waits while somebody mends it."""
    held = os.open(folder / "writers", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        yield Writers(held)
    finally:
        with suppress(OSError):
            os.close(held)


@contextmanager
def kept_out(folder: Path) -> Iterator[None]:
    """Keep writers out of a data folder while it is mended; raise Unavailable when somebody is storing."""
    with joined(folder) as writers:
        if not writers.alone:
            raise Unavailable("Something is storing into this archive; stop it before it is repaired.")
        yield
