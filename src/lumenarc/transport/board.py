"""Who holds which associations, when several processes serve one port? A board in memory that they share.

Each process has a seat on it, on which it alone writes; everyone reads everything. So limits count all associations,
each process can list them, and who has fewer takes the next connection. Two processes that look at the same moment may
both take the last free place: the limit is exceeded by no more than the number of processes.
"""

from __future__ import annotations

import mmap
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass

# number (0: free), since, n_stored, state, host, calling AE title, called AE title
_ENTRY = struct.Struct("=QdI12s48s16s16s")
# connections without an association, associations
_HEAD = struct.Struct("=II")
_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class AssociationInfo:
    """One open association, for monitoring; `since` in seconds since the epoch."""

    id: int
    calling: str
    called: str
    host: str
    since: float
    n_stored: int
    state: str


class Board:
    """Shared by a process and those that it forks afterwards."""

    def __init__(self, n_seats: int = 1, n_places: int = 200) -> None:
        self.n_seats, self._n_places = n_seats, n_places
        # After the entries of a seat one byte for each: whether somebody wants the association to be cut.
        self._seat_bytes = _HEAD_BYTES + n_places * (_ENTRY.size + 1)
        self._memory = mmap.mmap(-1, n_seats * self._seat_bytes)

    def seat(self, number: int = 0) -> Seat:
        """Return a seat, 0 to n_seats - 1, for the one process that will write on it."""
        return Seat(self, number)

    def clear(self, number: int) -> None:
        """Forget what a process has written that is no more."""
        start = number * self._seat_bytes
        self._memory[start : start + self._seat_bytes] = bytes(self._seat_bytes)

    def loads(self) -> list[int]:
        """Return how many connections each seat has."""
        return [sum(_HEAD.unpack_from(self._memory, number * self._seat_bytes)) for number in range(self.n_seats)]

    def n_open(self) -> int:
        """Count the associations of all seats."""
        return sum(_HEAD.unpack_from(self._memory, number * self._seat_bytes)[1] for number in range(self.n_seats))

    def n_of_host(self, host: str) -> int:
        """Count the associations that one host has with all seats."""
        wanted = _packed(host, 48)
        return sum(raw[4] == wanted for raw in self._entries())

    def entries(self) -> list[AssociationInfo]:
        """Return the associations of all seats."""
        return [
            AssociationInfo(number, _text(calling), _text(called), _text(host), since, n_stored, _text(state))
            for number, since, n_stored, state, host, calling, called in self._entries()
            if state.rstrip(b"\0")
        ]

    def _entries(self) -> Iterator[tuple[int, float, int, bytes, bytes, bytes, bytes]]:
        for number in range(self.n_seats):
            missing = _HEAD.unpack_from(self._memory, number * self._seat_bytes)[1]
            for place in range(self._n_places):
                if missing <= 0:
                    break
                raw = _ENTRY.unpack_from(self._memory, self._place(number, place))
                if raw[0]:
                    missing -= 1
                    yield raw

    def _place(self, seat: int, place: int) -> int:
        return seat * self._seat_bytes + _HEAD_BYTES + place * _ENTRY.size

    def _mark(self, seat: int, place: int) -> int:
        return self._place(seat, self._n_places) + place

    def write(self, seat: int, place: int, raw: bytes) -> None:
        """Put an entry at a place of a seat."""
        start = self._place(seat, place)
        self._memory[start : start + _ENTRY.size] = raw

    def ask_to_cut(self, number: int) -> bool:
        """Mark an association for the process that has it; return whether there is one."""
        seat = number % self.n_seats
        for place in range(self._n_places if number > 0 else 0):
            if _ENTRY.unpack_from(self._memory, self._place(seat, place))[0] == number:
                self._memory[self._mark(seat, place)] = 1
                return True
        return False

    def is_to_be_cut(self, seat: int, place: int) -> bool:
        """Tell whether an association was marked, and unmark it."""
        mark = self._mark(seat, place)
        wanted = bool(self._memory[mark])
        self._memory[mark] = 0
        return wanted

    def write_head(self, seat: int, n_waiting: int, n_open: int) -> None:
        """Put the counts of a seat."""
        _HEAD.pack_into(self._memory, seat * self._seat_bytes, n_waiting, n_open)


class Seat:
    """What one process writes; safe for its threads."""

    def __init__(self, board: Board, number: int) -> None:
        self.board, self._number = board, number
        self._n_waiting = 0
        self._n_ids = 0
        self._places: dict[int, int] = {}
        self._free: list[int] = []
        self._lock = threading.Lock()

    def new_id(self) -> int:
        """Return a number that no other association of any seat has."""
        with self._lock:
            self._n_ids += 1
            return self._n_ids * self.board.n_seats + self._number

    def take(self, number: int, host: str, since: float) -> None:
        """Count an association that is being established."""
        with self._lock:
            self._places[number] = self._free.pop() if self._free else len(self._places)
            self._write_head()
        self.tell(AssociationInfo(number, "", "", host, since, 0, ""))

    def tell(self, info: AssociationInfo) -> bool:
        """Say how it stands with an association that was taken; return whether another process wants it cut."""
        names = (_packed(info.state, 12), _packed(info.host, 48), _packed(info.calling, 16), _packed(info.called, 16))
        raw = _ENTRY.pack(info.id, info.since, min(info.n_stored, 0xFFFFFFFF), *names)
        with self._lock:
            if (place := self._places.get(info.id)) is None:
                return False
            self.board.write(self._number, place, raw)
            return self.board.is_to_be_cut(self._number, place)

    def leave(self, number: int) -> None:
        """Count an association no longer."""
        with self._lock:
            place = self._places.pop(number, None)
            if place is not None:
                self._free.append(place)
                self.board.write(self._number, place, bytes(_ENTRY.size))
                self.board.is_to_be_cut(self._number, place)  # whoever is next here shall not be
                self._write_head()

    def set_waiting(self, n_waiting: int) -> None:
        """Say how many connections there are without an association."""
        with self._lock:
            self._n_waiting = n_waiting
            self._write_head()

    def _write_head(self) -> None:
        self.board.write_head(self._number, self._n_waiting, len(self._places))

    @property
    def is_alone(self) -> bool:
        """Whether nobody else serves the port."""
        return self.board.n_seats == 1

    def should_yield(self) -> bool:
        """Tell whether another process has fewer connections."""
        loads = self.board.loads()
        return loads[self._number] > min(loads)


def _packed(text: str, size: int) -> bytes:
    return text.encode("utf-8", "replace")[:size].ljust(size, b"\0")


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("utf-8", "replace")
