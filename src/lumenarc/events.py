"""What happened: plain values that use-cases publish and doors listen to."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StudyChanged:
    """Something of this study was stored, deleted, restored or corrected."""

    study_uid: str


@dataclass(frozen=True, slots=True)
class ConflictKept:
    """An object was kept out of sight because another with its SOP Instance UID is stored."""

    sop_instance_uid: str


Event = StudyChanged | ConflictKept


class Changes:
    """Hands events to whoever subscribed; a listener that does not keep up loses the oldest, never blocks a store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[queue.Queue[Event], ...] = ()

    def subscribe(self, capacity: int = 1000) -> queue.Queue[Event]:
        """Return a queue that gets every event from now on; give it back to `unsubscribe`."""
        listener: queue.Queue[Event] = queue.Queue(capacity)
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return listener

    def unsubscribe(self, listener: queue.Queue[Event]) -> None:
        """Stop filling a queue."""
        with self._lock:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

    def publish(self, event: Event) -> None:
        """Hand an event to every listener."""
        for listener in self._listeners:
            while True:
                try:
                    listener.put_nowait(event)
                    break
                except queue.Full:
                    try:
                        listener.get_nowait()
                    except queue.Empty:
                        continue
