"""How often, how long, how much: counters that several processes share, each writing its own part.

The table of series is made before the processes are forked; one that is not in it is not counted. No value of a label
comes from what a peer sends.
"""

from __future__ import annotations

import mmap
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

# Upper ends of the buckets in seconds; the last one is open.
BUCKETS_S = (0.005, 0.05, 0.5, 5.0, 60.0)
_N_VALUES = len(BUCKETS_S) + 2
_VALUE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the table: a family and its labels, e.g. job and (("task", "send"), ("outcome", "done"))."""

    family: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """What was counted: how often, the sum of seconds or bytes, and how often within each bucket (cumulative)."""

    count: int
    sum: float
    within: tuple[int, ...]


class Table:
    """The counters of all processes; made before they are forked."""

    def __init__(self, series: tuple[Series, ...] = (), n_seats: int = 1) -> None:
        self.places = {one: place for place, one in enumerate(series)}
        self._n_seats = n_seats
        self._seat_bytes = max(len(self.places), 1) * _N_VALUES * _VALUE_BYTES
        self._memory = mmap.mmap(-1, n_seats * self._seat_bytes)

    def meter(self, seat: int = 0) -> Meter:
        """Return what one process counts with; counts of a process that is no more go on."""
        return Meter(self, memoryview(self._memory)[seat * self._seat_bytes : (seat + 1) * self._seat_bytes])

    def totals(self) -> Iterator[tuple[Series, Total]]:
        """Yield the series that were counted at all, over all processes."""
        for one, place in self.places.items():
            values = [0.0] * _N_VALUES
            for seat in range(self._n_seats):
                offset = seat * self._seat_bytes + place * _N_VALUES * _VALUE_BYTES
                found = struct.unpack_from(f"={_N_VALUES}d", self._memory, offset)
                values = [have + more for have, more in zip(values, found, strict=True)]
            if values[0]:
                yield one, Total(int(values[0]), values[1], tuple(int(value) for value in values[2:]))


class Meter:
    """Counts for one process; safe for its threads."""

    def __init__(self, table: Table, part: memoryview) -> None:
        self.table = table
        self._values = part.cast("d")
        self._lock = threading.Lock()
        self._starts: dict[tuple[str, ...], int] = {}

    def count(self, family: str, amount: float, n_times: int = 1, **labels: str) -> None:
        """Count an event with its seconds or bytes, or several alike."""
        name = (family, *labels.values())
        start = self._starts.get(name)
        if start is None:
            place = self.table.places.get(Series(family, tuple(labels.items())))
            if place is None:
                return
            start = self._starts[name] = place * _N_VALUES
        with self._lock:
            self._values[start] += n_times
            self._values[start + 1] += amount * n_times
            for number, end in enumerate(BUCKETS_S):
                if amount <= end:
                    self._values[start + 2 + number] += n_times
