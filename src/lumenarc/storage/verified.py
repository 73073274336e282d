"""Which blobs were compared with their digest a moment ago, and need not be compared again?

Comparing takes as long as reading. What a blob said of itself then (file number and time of its last change) must be
unchanged, and after ten minutes its bytes may have come from the disk anew, so it is compared again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MAX_BLOBS = 50_000
_LASTS_S = 600.0

Stamp = tuple[int, ...]


class Verified:
    """Remembers blobs by key; safe for many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Stamp, float]] = {}

    def holds(self, key: str, stamp: Stamp) -> bool:
        """Tell whether this blob, unchanged since, was found whole within the last ten minutes."""
        found = self._known.get(key)
        return found is not None and found[0] == stamp and self._clock() < found[1]

    def add(self, key: str, stamp: Stamp) -> None:
        """Remember that a blob with this stamp is whole."""
        with self._lock:
            if len(self._known) >= _MAX_BLOBS:
                self._known.clear()
            self._known[key] = (stamp, self._clock() + _LASTS_S)
