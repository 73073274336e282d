"""How fragments become messages and messages fragments (PS3.7 6.3.1, PS3.8 Annex E).

The assembler holds command sets (bounded) and lets data set fragments pass through, so that an instance of any size
needs no memory here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.commands import MAX_COMMAND_BYTES, Command
from lumenarc.protocol.ul.failures import RemoteError
from lumenarc.protocol.ul.pdu import Pdv

Chunk = bytes | bytearray | memoryview
_UNEXPECTED_PARAMETER = 5


@dataclass(frozen=True, slots=True)
class Message:
    """A command that has arrived; its data set, if any, follows as fragments."""

    context_id: int
    command: Command


class Fragment(NamedTuple):
    """A piece of the data set of the current message."""

    data: memoryview
    is_last: bool


class Assembler:
    """Puts the fragments of one association together."""

    __slots__ = ("_command", "_context_id", "_in_data_set")

    def __init__(self) -> None:
        self._command = bytearray()
        self._context_id = 0
        self._in_data_set = False

    @property
    def is_between_messages(self) -> bool:
        """Whether nothing of a message is outstanding."""
        return not self._in_data_set and not self._context_id

    def take(self, pdv: Pdv) -> Message | Fragment | None:
        """Take a fragment; return what it completes. Raises RemoteError for what PS3.8 Annex E forbids."""
        if self._in_data_set:
            if pdv.is_command or pdv.context_id != self._context_id:
                raise RemoteError("P-DATA-TF: a data set is interrupted by another message.", _UNEXPECTED_PARAMETER)
            if pdv.is_last:
                self._in_data_set, self._context_id = False, 0
            return Fragment(pdv.data, pdv.is_last)
        if not pdv.is_command:
            raise RemoteError("P-DATA-TF: a data set without a command.", _UNEXPECTED_PARAMETER)
        if self._context_id and pdv.context_id != self._context_id:
            raise RemoteError("P-DATA-TF: a command changes its presentation context.", _UNEXPECTED_PARAMETER)
        self._context_id = pdv.context_id
        if len(self._command) + len(pdv.data) > MAX_COMMAND_BYTES:
            raise RemoteError("Command set: longer than allowed.")
        self._command += pdv.data
        if not pdv.is_last:
            return None
        command = commands.decode(self._command)
        self._command = bytearray()
        self._in_data_set = command.has_data_set
        if not self._in_data_set:
            self._context_id = 0
        return Message(pdv.context_id, command)


def fragments(
    header: Callable[[int, int, int], bytes],
    context_id: int,
    max_pdu_bytes: int,
    command: bytes,
    data_set: Iterable[Chunk] | None,
) -> Iterator[Chunk]:
    """Yield the buffers of a message in the order of sending, P-DATA headers among them; nothing is copied.

    `header` is Connection.fragment_header. `max_pdu_bytes` is the length that the peer takes. Fragments have an even
    length (PS3.8 E.2): a data set of odd length, as a deflated one may be kept, gets the byte of PS3.5 A.5.
    """
    room = (max_pdu_bytes - 6) & ~1
    view = memoryview(command)
    for at in range(0, len(view), room):
        piece = view[at : at + room]
        yield header(context_id, 3 if at + room >= len(view) else 1, len(piece))
        yield piece
    if data_set is None:
        return
    # Nearly all fragments are full and not the last: they share their header.
    full = header(context_id, 0, room)
    held = memoryview(b"")
    for current in _even(data_set):
        for at in range(0, len(held), room):
            piece = held[at : at + room]
            yield full if len(piece) == room else header(context_id, 0, len(piece))
            yield piece
        held = current
    last_at = max(len(held) - 1, 0) // room * room
    for at in range(0, last_at, room):
        yield full
        yield held[at : at + room]
    yield header(context_id, 2, len(held) - last_at)
    yield held[last_at:]


def _even(chunks: Iterable[Chunk]) -> Iterator[memoryview]:
    """Yield the same bytes in chunks of even length; only behind an odd chunk is anything copied."""
    odd = b""
    for chunk in chunks:
        current = memoryview(odd + bytes(chunk)) if odd else memoryview(chunk)
        n_even = len(current) & ~1
        odd = bytes(current[n_even:])
        if n_even:
            yield current[:n_even]
    if odd:
        yield memoryview(odd + b"\0")
