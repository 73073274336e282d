"""One established association over a blocking socket, the same for both sides (PS3.8 7, PS3.7 6.3).

A thread owns it. Messages are asked for one at a time; the data set of a message is read, as slices of the receive
buffer, before the next message is asked for.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from lumenarc.errors import LumenarcError, PeerFailed, TooLarge
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.messages import Assembler, Chunk, Fragment, Message, fragments
from lumenarc.protocol.ul.connection import Aborted, Closed, Connection
from lumenarc.protocol.ul.failures import RemoteError
from lumenarc.protocol.ul.items import ContextResult
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.protocol.ul.pdu import Pdv, ReleaseRp, ReleaseRq
from lumenarc.protocol.ul.states import TABLE, Event, State
from lumenarc.transport.wire import LEAST_BYTES_PER_S, Timeouts, Wire

_FLUSH_BYTES = 1 << 20
_FLUSH_BUFFERS = 250
_BATCH_S = 0.02
_BATCH_BYTES = 64 << 10
_LINGER_S = 1.0
_LOOK_EVERY_S = 0.005
# What a message may take on the wire, fragment headers and refused data sets included.
MAX_MESSAGE_BYTES = 8 << 30


class AssociationEnded(PeerFailed):
    """The association is over before its time: aborted, lost, timed out or malformed."""


@dataclass(frozen=True, slots=True)
class Partners:
    """Who talks with whom, and what was agreed.

    `async_invoked` and `async_performed` count operations that the requestor may have outstanding towards the
    acceptor, and the other way round; 0 is without limit. `results` are the answers to all contexts, of a requestor.
    """

    calling: str
    called: str
    host: str
    contexts: dict[int, Context]
    async_invoked: int = 1
    async_performed: int = 1
    extended: dict[str, bytes] = field(default_factory=dict)
    implementation_version: str = ""
    results: tuple[ContextResult, ...] = ()
    identity_response: bytes | None = None


class Association:
    """An established association; not thread-safe but for `shut_down`."""

    def __init__(
        self,
        connection: Connection,
        wire: Wire,
        partners: Partners,
        timeouts: Timeouts,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self.partners = partners
        self.contexts = partners.contexts
        self.timeouts = timeouts
        self.n_stored = 0
        self.state = "idle"
        self._connection, self._wire = connection, wire
        self._max_message_bytes = max_message_bytes
        self._assembler = Assembler()
        self._parked: deque[Message] = deque()
        self._in_data_set = False
        self._deadline = 0.0
        self._n_received = 0
        self._out: list[Chunk] = []
        self._n_out = 0
        self._flushed_at = 0.0
        self._message_id = 0
        self._look_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the association, or abort it when something went wrong."""
        if kind is None:
            self.release()
        else:
            self.abort()

    # Receiving

    def next_message(self, timeout_s: float | None = None) -> Message | None:
        """Wait for the next command; None after an orderly release. Raises AssociationEnded."""
        if self._in_data_set:
            self.skip_data_set()
        if self._parked:
            message = self._parked.popleft()
            self._in_data_set = message.command.has_data_set
            return message
        self.flush()
        self._deadline = 0.0
        self._wire.set_timeout(timeout_s or self.timeouts.idle_s)
        found = self._next(wait=True)
        if found is None:
            return None
        if not isinstance(found, Message):
            raise self._broken(RemoteError("P-DATA-TF: a data set without a command."))
        self._in_data_set = found.command.has_data_set
        return found

    def wait(self, timeout_s: float) -> bool:
        """Send what waits, then say whether the peer says something within this time; changes nothing."""
        self.flush()
        return bool(self._parked) or self._connection.has_event or self._wire.is_readable(timeout_s)

    def put_back(self, message: Message) -> None:
        """Let `next_message` give this one again; nothing of its data set may have been read."""
        self._parked.appendleft(message)
        self._in_data_set = False

    def data_set(self) -> Iterator[memoryview]:
        """Yield the data set of the current message; each slice is valid until the next one."""
        while self._in_data_set:
            found = self._next(wait=True)
            if not isinstance(found, Fragment):
                raise AssociationEnded("The association was released within a message.")
            if found.is_last:
                self._in_data_set = False
            yield found.data

    def read_data_set(self, max_bytes: int) -> bytes:
        """Return the whole data set; raise TooLarge above `max_bytes` (the rest is skipped)."""
        if not self._in_data_set:
            return b""
        whole = bytearray()
        for piece in self.data_set():
            if len(whole) + len(piece) > max_bytes:
                self.skip_data_set()
                raise TooLarge("The data set of the request is larger than allowed.")
            whole += piece
        return bytes(whole)

    def skip_data_set(self) -> None:
        """Receive the rest of the current data set and forget it."""
        for _piece in self.data_set():
            pass

    def is_cancelled(self, message_id: int) -> bool:
        """Look, without waiting, whether a C-CANCEL for this message has come (PS3.7 9.3.2.3).

        The socket is looked at every few milliseconds only: whoever sends thousands of answers asks after each.
        """
        now = time.monotonic()
        if self._in_data_set or now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY_S
        while not self._parked:
            found = self._next(wait=False)
            if found is None:
                return False
            if not isinstance(found, Message):
                raise self._broken(RemoteError("P-DATA-TF: a data set without a command."))
            if found.command.field != commands.C_CANCEL_RQ:
                self._parked.append(found)
            elif found.command.message_id == message_id:
                return True
        return False

    def _next(self, *, wait: bool) -> Message | Fragment | None:
        """Return the next message or fragment; None after a release, or when there is none and `wait` is False."""
        connection = self._connection
        while True:
            event = connection.next_event()
            if event is None:
                if not wait and not self._wire.is_readable():
                    return None
                if self._assembler.is_between_messages and not connection.is_within_pdu:
                    self._deadline = 0.0
                self._receive()
            elif isinstance(event, Pdv):
                try:
                    found = self._assembler.take(event)
                except RemoteError as error:
                    raise self._broken(error) from error
                if found is not None:
                    return found
            elif isinstance(event, ReleaseRq | ReleaseRp | Closed):
                if self._released():
                    return None
            elif isinstance(event, Aborted):
                self._end()
                raise AssociationEnded(event.text)

    def _receive(self) -> None:
        try:
            n_bytes = self._wire.receive(self._connection.writable())
        except TimeoutError as error:
            self.abort(2, 0)
            raise AssociationEnded("The peer was silent for too long.") from error
        self._connection.received(n_bytes)
        now = time.monotonic()
        if not self._deadline:
            self._deadline, self._n_received = now + self.timeouts.dimse_s, 0
        self._n_received += n_bytes
        # A large object may take long as long as it moves; fragments without end, or a byte now and then, may not.
        if now > self._deadline + self._n_received / LEAST_BYTES_PER_S:
            self.abort(2, 0)
            raise AssociationEnded("A message took too long to arrive.")
        if self._n_received > self._max_message_bytes:
            self.abort(2, 0)
            raise AssociationEnded("A message is longer than allowed.")

    def _broken(self, error: RemoteError) -> AssociationEnded:
        self.abort(2, error.reason)
        return AssociationEnded(str(error))

    def _released(self) -> bool:
        """Take the next step of a release; return whether it was the last one (PS3.8 9.2.3, release collision)."""
        connection = self._connection
        if (Event.RELEASE_RESPONSE, connection.state) in TABLE:
            connection.release_response()
        if connection.state in (State.COLLISION_ACCEPTOR, State.COLLISION_REQUESTOR_ANSWERED):
            if outgoing := connection.take_outgoing():
                self._wire.send([outgoing])
            return False
        self._end()
        return True

    def _end(self) -> None:
        """Send what the state machine still has to say, and close."""
        self.state = "closed"
        outgoing = self._connection.take_outgoing()
        try:
            if outgoing:
                self._wire.send([outgoing])
        except PeerFailed:
            outgoing = b""
        self._wire.close(_LINGER_S if outgoing else 0.0)

    # Sending

    def new_message_id(self) -> int:
        """Return the next message id, 1 to 65535."""
        self._message_id = self._message_id % 65535 + 1
        return self._message_id

    def send(
        self,
        context_id: int,
        command: dict[int, Any] | bytes,
        data_set: Iterable[Chunk] | None = None,
        *,
        soon: bool = False,
    ) -> None:
        """Send a message; with `soon` it may wait a little for company. Raises AssociationEnded.

        Chunks of the data set are sent as they are: they must stay unchanged until the next flush. When they cannot
        be read to their end the association is aborted: only that keeps the peer from taking a part for the whole.
        A generator of chunks is closed, with the file that it reads, wherever the sending ends.
        """
        encoded = command if isinstance(command, bytes) else commands.encode(command)
        connection = self._connection
        parts = fragments(connection.fragment_header, context_id, connection.max_send_bytes, encoded, data_set)
        out, n_out = self._out, self._n_out
        try:
            for part in parts:
                out.append(part)
                n_out += len(part)
                if n_out >= _FLUSH_BYTES or len(out) >= _FLUSH_BUFFERS:
                    self.flush()
                    out, n_out = self._out, 0
            self._n_out = n_out
        except AssociationEnded:
            raise
        except BaseException as error:
            self.abort()
            if not isinstance(error, LumenarcError | OSError):
                raise
            raise AssociationEnded("An instance could not be read to its end.") from error
        finally:
            if isinstance(data_set, Generator):
                data_set.close()
        if not soon or self._n_out >= _BATCH_BYTES or time.monotonic() - self._flushed_at > _BATCH_S:
            self.flush()

    def flush(self) -> None:
        """Send what waits."""
        if not self._out:
            return
        out, self._out, self._n_out = self._out, [], 0
        try:
            self._wire.send(out)
        except PeerFailed as error:
            self._wire.close()
            self.state = "closed"
            raise AssociationEnded(str(error)) from error
        self._flushed_at = time.monotonic()

    # Ending

    @property
    def is_open(self) -> bool:
        """Whether messages can still be sent."""
        return self.state != "closed" and self._connection.state is State.ESTABLISHED

    def release(self) -> None:
        """End the association in good order (PS3.8 7.2); an unanswered release is no error."""
        if not self.is_open:
            self._end()
            return
        try:
            self.flush()
            self._connection.release()
            self._wire.send([self._connection.take_outgoing()])
            self._wire.set_timeout(self.timeouts.artim_s)
            until = time.monotonic() + self.timeouts.artim_s
            while self._next(wait=True) is not None:
                if time.monotonic() > until:
                    self.abort(2, 0)
                    return
        except PeerFailed:
            self._end()

    def abort(self, source: int = 0, reason: int = 0) -> None:
        """End the association at once, with A-ABORT (PS3.8 7.3)."""
        self._out.clear()
        if self.state != "closed":
            self._connection.abort(source, reason)
            self._end()

    def shut_down(self) -> None:
        """Cut the connection from another thread; its owner sees it as lost."""
        self._wire.shut_down()
