"""What has changed lately, as messages for all pages that listen to one process.

The index itself tells what has changed, so that the page also hears of what another process or node did. One look
serves all listeners, and nobody looks while nobody listens.
"""

from __future__ import annotations

import json
from collections import deque

import anyio
import anyio.to_thread

from lumenarc.archive import Archive
from lumenarc.errors import Unavailable
from lumenarc.services import changes

PAUSE_S = 0.5


class Feed:
    """The messages for all pages of one process; each listener keeps the number of the last one that it has sent."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = anyio.Lock()
        self._looked_at = 0.0
        self._seen: dict[tuple[str, str], int] = {}
        self._messages: deque[tuple[int, bytes]] = deque(maxlen=2 * changes.MOST)
        self.number = 0

    async def look(self) -> None:
        """Bring the messages up to date, unless somebody just has."""
        async with self._lock:
            if anyio.current_time() - self._looked_at < PAUSE_S / 2:
                return
            is_first = not self._looked_at
            since = self._archive.now_ms() - changes.MARGIN_MS
            self._looked_at = anyio.current_time()
            try:
                lately = await anyio.to_thread.run_sync(changes.since, self._archive, since)
            except Unavailable:
                return  # the database will be back; until then there is no news
            found = [("study", uid, at, json.dumps({"study_uid": uid})) for uid, at in reversed(lately.studies)]
            found += [("job", job.id, job.updated_at, json.dumps(job.as_json())) for job in reversed(lately.jobs)]
            # What was seen before and is still inside the margin is not news.
            before, self._seen = self._seen, {(kind, key): at for kind, key, at, _text in found}
            for kind, key, at, text in found:
                if before.get((kind, key)) != at and not is_first:
                    self.number += 1
                    self._messages.append((self.number, f"event: {kind}\ndata: {text}\n\n".encode()))

    def after(self, number: int) -> list[bytes]:
        """Return the messages after a number."""
        return [text for place, text in self._messages if place > number]
