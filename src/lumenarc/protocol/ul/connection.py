"""One end of an association without a socket: bytes in, events out, bytes to send back (PS3.8 9.2).

The pump receives into `writable()`, tells `received(n)`, and asks `next_event()` until it answers None. P-DATA
fragments are slices of the receive buffer. What must be sent stands in `take_outgoing()`; `needs_timer` says that
ARTIM runs, `should_close` that the transport is to be closed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.failures import LocalError, RemoteError
from lumenarc.protocol.ul.items import INVALID_PARAMETER
from lumenarc.protocol.ul.pdu import (
    P_DATA,
    PDU_AND_PDV,
    Abort,
    AssociateAc,
    AssociateRj,
    AssociateRq,
    Pdv,
    ReleaseRp,
    ReleaseRq,
)
from lumenarc.protocol.ul.states import NEXT_STATE, TABLE, Event, State

_FIRST_BUFFER_BYTES = 4096
_P_DATA_SLACK_BYTES = 64
_UNLIMITED_SEND_BYTES = 1 << 20
_LEAST_PDU_BYTES = 128


@dataclass(frozen=True, slots=True)
class Aborted:
    """The association is over; `by_peer` says who ended it, `text` why, for the log."""

    by_peer: bool
    source: int
    reason: int
    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The transport connection ended; `orderly` after a release."""

    orderly: bool


Received = AssociateRq | AssociateAc | AssociateRj | ReleaseRq | ReleaseRp | Pdv | Aborted | Closed

_EVENT_OF = {
    pdus.ASSOCIATE_RQ: Event.RQ_PDU,
    pdus.ASSOCIATE_AC: Event.AC_PDU,
    pdus.ASSOCIATE_RJ: Event.RJ_PDU,
    pdus.P_DATA: Event.DATA_PDU,
    pdus.RELEASE_RQ: Event.RELEASE_RQ_PDU,
    pdus.RELEASE_RP: Event.RELEASE_RP_PDU,
    pdus.ABORT: Event.ABORT_PDU,
}


class Connection:
    """The upper layer state machine of one side."""

    __slots__ = (
        "_buffer",
        "_closed_told",
        "_end",
        "_events",
        "_is_requestor",
        "_max_p_data",
        "_outgoing",
        "_start",
        "_view",
        "max_send_bytes",
        "should_close",
        "state",
    )

    def __init__(self, *, is_requestor: bool, max_pdu_bytes: int) -> None:
        self._is_requestor = is_requestor
        self._max_p_data = max_pdu_bytes + _P_DATA_SLACK_BYTES
        self._buffer = bytearray(_FIRST_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._events: deque[Received] = deque()
        self._outgoing: list[bytes] = []
        self._closed_told = False
        self.max_send_bytes = _UNLIMITED_SEND_BYTES
        self.should_close = False
        self.state = State.IDLE

    @property
    def needs_timer(self) -> bool:
        """Whether ARTIM runs (PS3.8 9.1.5)."""
        return self.state in (State.OPEN, State.CLOSING)

    @property
    def has_event(self) -> bool:
        """Whether something whole may have been received that `next_event` has not given yet."""
        if self._events:
            return True
        n_left = self._end - self._start
        return n_left >= 6 and n_left >= 6 + int.from_bytes(self._view[self._start + 2 : self._start + 6], "big")

    @property
    def is_within_pdu(self) -> bool:
        """Whether bytes wait for the rest of their PDU; asked when `next_event` has answered None."""
        return self._start != self._end

    def take_outgoing(self) -> bytes:
        """Return what must be sent now, once."""
        sent = b"".join(self._outgoing)
        self._outgoing.clear()
        return sent

    # Receiving

    def writable(self) -> memoryview:
        """Return where to receive into; slices handed out before lose their meaning."""
        if self._start == self._end:
            self._start = self._end = 0
        elif self._start and (self._start > len(self._buffer) // 2 or self._end == len(self._buffer)):
            n_left = self._end - self._start
            self._view[:n_left] = bytes(self._view[self._start : self._end])
            self._start, self._end = 0, n_left
        if self._end == len(self._buffer):
            self._resize(2 * len(self._buffer))
        return self._view[self._end :]

    def received(self, n_bytes: int) -> None:
        """Say how many bytes were received into `writable()`; 0 is the end of the transport connection."""
        if n_bytes == 0:
            self._step(Event.CLOSED)
        self._end += n_bytes

    def receive_data(self, data: bytes | memoryview) -> None:
        """Copy data in; for the paths where speed does not matter."""
        while data:
            room = self.writable()
            n_bytes = min(len(room), len(data))
            room[:n_bytes] = data[:n_bytes]
            self.received(n_bytes)
            data = data[n_bytes:]

    def next_event(self) -> Received | None:
        """Return what came next, None when more must be received first. Never raises for what a peer sends."""
        while not self._events:
            if self.should_close and self.state is State.IDLE:
                return None
            n_left = self._end - self._start
            if n_left < 6:
                return None
            kind = self._buffer[self._start]
            length = int.from_bytes(self._view[self._start + 2 : self._start + 6], "big")
            limit = pdus.length_limit(kind, self._max_p_data)
            if length > limit:
                text = f"PDU type {kind:02X}H of {length} bytes." if limit else f"PDU type {kind:02X}H does not exist."
                self._start = self._end
                self._invalid(RemoteError(text, INVALID_PARAMETER if limit else pdus.UNRECOGNIZED_PDU))
                continue
            if n_left < 6 + length:
                return None
            body = self._view[self._start + 6 : self._start + 6 + length]
            self._start += 6 + length
            self._take(kind, body)
        return self._events.popleft()

    def _take(self, kind: int, body: memoryview) -> None:
        try:
            if kind == P_DATA:
                fragments = pdus.split_p_data(body)
                # DT-2, nearly always: nothing changes.
                if self.state is State.ESTABLISHED or self._step(Event.DATA_PDU) == "AR-6":
                    self._events.extend(fragments)
                return
            found = pdus.decode(kind, bytes(body))
        except RemoteError as error:
            self._invalid(error)
            return
        action = self._step(_EVENT_OF[kind], found)
        if action in ("AE-3", "AE-4", "AE-6", "AR-2", "AR-3", "AR-8", "AR-10"):
            if isinstance(found, AssociateRq | AssociateAc):
                self._established(found)
            assert not isinstance(found, Abort)
            self._events.append(found)

    def _established(self, found: AssociateRq | AssociateAc) -> None:
        asked = found.user.max_length or _UNLIMITED_SEND_BYTES
        self.max_send_bytes = min(max(asked, _LEAST_PDU_BYTES), _UNLIMITED_SEND_BYTES)

    def _resize(self, n_bytes: int) -> None:
        larger = bytearray(n_bytes)
        n_left = self._end - self._start
        larger[:n_left] = self._view[self._start : self._end]
        self._buffer, self._view = larger, memoryview(larger)
        self._start, self._end = 0, n_left

    def _invalid(self, error: RemoteError) -> None:
        self._step(Event.INVALID_PDU, error)

    # Sending

    def connecting(self, request: AssociateRq) -> None:
        """Begin as requestor; `connected` sends the request."""
        self._local(Event.ASSOCIATE)
        self._outgoing.append(pdus.encode(request))

    def connected(self) -> None:
        """Say that the transport connection stands."""
        self._local(Event.CONNECTED if self._is_requestor else Event.INCOMING)

    def accept(self, answer: AssociateAc) -> None:
        """Accept the association."""
        self._local(Event.ACCEPT)
        self._outgoing.append(pdus.encode(answer))

    def reject(self, answer: AssociateRj) -> None:
        """Refuse the association."""
        self._local(Event.REJECT)
        self._outgoing.append(pdus.encode(answer))

    def release(self) -> None:
        """Ask for the release of the association."""
        self._local(Event.RELEASE)

    def release_response(self) -> None:
        """Agree to the release."""
        self._local(Event.RELEASE_RESPONSE)

    def abort(self, source: int = 0, reason: int = 0) -> None:
        """End the association at once."""
        if (Event.ABORT, self.state) in TABLE:
            self._step(Event.ABORT, RemoteError("", reason), source)

    def timer_expired(self) -> None:
        """Say that ARTIM ran out."""
        if self.needs_timer:
            self._step(Event.TIMER)

    def fragment_header(self, context_id: int, control: int, n_bytes: int) -> bytes:
        """Return what goes before a fragment; control: 1 command, 2 last. Raises LocalError when not established."""
        if self.state is not State.ESTABLISHED and self.state is not State.RELEASE_ASKED:
            raise LocalError(f"Data cannot be sent in state {self.state}.")
        return PDU_AND_PDV.pack(P_DATA, n_bytes + 6, n_bytes + 2, context_id, control)

    # The machine

    def _local(self, event: Event) -> None:
        if (event, self.state) not in TABLE:
            raise LocalError(f"{event.name} is not possible in state {self.state}.")
        self._step(event)

    def _step(self, event: Event, what: object = None, source: int = 0) -> str:
        """Take one cell of Table 9-10: change the state, note what to send and to tell."""
        action = TABLE.get((event, self.state))
        if action is None:
            return ""
        self.state = NEXT_STATE[action]
        if action == "AR-8" and not self._is_requestor:
            self.state = State.COLLISION_ACCEPTOR
        if action in ("AE-3", "AE-7"):
            self._resize(max(len(self._buffer), 2 * self._max_p_data))
        if action in ("AR-1", "AR-4", "AR-9"):
            self._outgoing.append(pdus.encode(ReleaseRq() if action == "AR-1" else ReleaseRp()))
        if action == "AR-10":
            return action
        if action[:2] == "AA":
            self._abort_action(action, what, source)
        if self.state is State.IDLE and action[:2] != "AE":
            self.should_close = True
        if action in ("AE-4", "AR-5"):
            self.should_close = True
        return action

    def _abort_action(self, action: str, what: object, source: int) -> None:
        """AA-1: A-ABORT by us; AA-3: A-ABORT by the peer; AA-4: connection lost; AA-8: A-ABORT by the provider."""
        error = what if isinstance(what, RemoteError) else RemoteError("Unexpected PDU.", pdus.UNEXPECTED_PDU)
        if action in ("AA-1", "AA-7", "AA-8"):
            by_us = action == "AA-1" and isinstance(what, RemoteError) and not str(what)
            # Only the service provider gives a reason (PS3.8 9.3.8).
            given = Abort(source if by_us else 2, error.reason if source or not by_us else 0)
            self._outgoing.append(pdus.encode(given))
            if not by_us and action != "AA-7":
                self._events.append(Aborted(False, given.source, given.reason, str(error)))
        elif action == "AA-3" and isinstance(what, Abort):
            self._events.append(Aborted(True, what.source, what.reason, "The peer aborted the association."))
        elif action == "AA-4":
            self._events.append(Aborted(True, 0, 0, "The peer closed the connection."))
        elif action == "AA-5" or (action == "AA-2" and isinstance(what, Abort)):
            self._events.append(Closed(False))
