"""Does a Connection do what PS3.8 Table 9-10 says, in each of its 19 x 13 cells?

The table is judged by pynetdicom's, written by others from the same page; what each action does is written here.
"""

from __future__ import annotations

from itertools import product

import pytest
from pynetdicom.fsm import TRANSITION_TABLE

from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.connection import Aborted, Closed, Connection
from lumenarc.protocol.ul.failures import LocalError
from lumenarc.protocol.ul.items import ContextResult, ProposedContext, UserInformation
from lumenarc.protocol.ul.pdu import Abort, AssociateAc, AssociateRj, AssociateRq, Pdv, ReleaseRp, ReleaseRq
from lumenarc.protocol.ul.states import TABLE, Event, State

USER = UserInformation(16384, "1.2.3")
RQ = AssociateRq("CALLED", "CALLING", (ProposedContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),), USER)
AC = AssociateAc("CALLED", "CALLING", (ContextResult(1, 0, "1.2.840.10008.1.2"),), USER)
RJ = AssociateRj(1, 1, 7)
P_DATA = bytes.fromhex("0400 00000008 00000004 01 03 AABB".replace(" ", ""))
USER_ABORT, RELEASE_RQ, RELEASE_RP = Abort(0, 0), ReleaseRq(), ReleaseRp()

PDU_BYTES = {
    Event.AC_PDU: pdus.encode(AC),
    Event.RJ_PDU: pdus.encode(RJ),
    Event.RQ_PDU: pdus.encode(RQ),
    Event.DATA_PDU: P_DATA,
    Event.RELEASE_RQ_PDU: pdus.encode(RELEASE_RQ),
    Event.RELEASE_RP_PDU: pdus.encode(RELEASE_RP),
    Event.ABORT_PDU: pdus.encode(USER_ABORT),
    Event.INVALID_PDU: bytes.fromhex("990000000000"),
}
UNEXPECTED, UNRECOGNIZED = pdus.encode(Abort(2, 2)), pdus.encode(Abort(2, 1))
CELLS = list(product(Event, State, (False, True)))


def standard(event: Event, state: State) -> str:
    """Return the action of a cell as pynetdicom has it, "" for a blank one."""
    return TRANSITION_TABLE.get((f"Evt{event.value}", f"Sta{state.value}"), "")


def in_state(state: State, *, is_requestor: bool) -> Connection:
    connection = Connection(is_requestor=is_requestor, max_pdu_bytes=16384)
    connection.state = state
    return connection


def happen(connection: Connection, event: Event) -> bytes:
    """Let an event happen; return what is sent."""
    if event in PDU_BYTES:
        connection.receive_data(PDU_BYTES[event])
    elif event is Event.CLOSED:
        connection.received(0)
    elif event is Event.DATA:
        return connection.fragment_header(1, 3, 2) + b"\xaa\xbb"
    else:
        {
            Event.ASSOCIATE: lambda: connection.connecting(RQ),
            Event.CONNECTED: connection.connected,
            Event.INCOMING: connection.connected,
            Event.ACCEPT: lambda: connection.accept(AC),
            Event.REJECT: lambda: connection.reject(RJ),
            Event.RELEASE: connection.release,
            Event.RELEASE_RESPONSE: connection.release_response,
            Event.ABORT: connection.abort,
            Event.TIMER: connection.timer_expired,
        }[event]()
    return b""


def test_the_table_is_that_of_the_standard() -> None:
    ours = {(f"Evt{event.value}", f"Sta{state.value}"): action for (event, state), action in TABLE.items()}
    assert ours == TRANSITION_TABLE
    assert len(CELLS) == 2 * 19 * 13


def next_state(action: str, is_requestor: bool) -> int:
    """Return the state that PS3.8 Tables 9-6 to 9-9 name behind an action."""
    if action == "AR-8":
        return 9 if is_requestor else 10
    return {
        "AE-1": 4, "AE-2": 5, "AE-3": 6, "AE-4": 1, "AE-5": 2, "AE-6": 3, "AE-7": 6, "AE-8": 13, "DT-1": 6, "DT-2": 6,
        "AR-1": 7, "AR-2": 8, "AR-3": 1, "AR-4": 13, "AR-5": 1, "AR-6": 7, "AR-7": 8, "AR-9": 11, "AR-10": 12,
        "AA-1": 13, "AA-2": 1, "AA-3": 1, "AA-4": 1, "AA-5": 1, "AA-6": 13, "AA-7": 13, "AA-8": 13,
    }[action]  # fmt: skip


def sent(action: str, event: Event) -> bytes:
    """Return the bytes that an action sends."""
    refusal = UNRECOGNIZED if event is Event.INVALID_PDU else UNEXPECTED
    if action == "AA-1":
        return pdus.encode(USER_ABORT) if event is Event.ABORT else refusal
    return {
        "AE-1": pdus.encode(RQ), "AE-7": pdus.encode(AC), "AE-8": pdus.encode(RJ), "DT-1": P_DATA, "AR-7": P_DATA,
        "AR-1": pdus.encode(RELEASE_RQ), "AR-4": pdus.encode(RELEASE_RP), "AR-9": pdus.encode(RELEASE_RP),
        "AA-7": refusal, "AA-8": refusal,
    }.get(action, b"")  # fmt: skip


def told(action: str, event: Event) -> list[object]:
    """Return what the local user is told, abort texts apart."""
    pdu = {"AE-3": AC, "AE-4": RJ, "AE-6": RQ, "AR-2": RELEASE_RQ, "AR-8": RELEASE_RQ}
    if action in pdu:
        return [pdu[action]]
    if action in ("DT-2", "AR-6"):
        return [Pdv(1, True, True, memoryview(b"\xaa\xbb"))]
    if action in ("AR-3", "AR-10"):
        return [RELEASE_RP]
    if action == "AA-8" or (action == "AA-1" and event is not Event.ABORT):
        return [Aborted(False, 2, 1 if event is Event.INVALID_PDU else 2, "")]
    if action in ("AA-3", "AA-4"):
        return [Aborted(True, 0, 0, "")]
    if action == "AA-5" or (action == "AA-2" and event is Event.ABORT_PDU):
        return [Closed(False)]
    return []


def events_of(connection: Connection) -> list[object]:
    found: list[object] = []
    while (event := connection.next_event()) is not None:
        if isinstance(event, Aborted):
            event = Aborted(event.by_peer, event.source, event.reason, "")
        found.append(event)
    return found


@pytest.mark.parametrize(("event", "state", "is_requestor"), CELLS)
def test_each_cell(event: Event, state: State, is_requestor: bool) -> None:
    action = standard(event, state)
    if (event in (Event.CONNECTED, Event.INCOMING)) and is_requestor == (event is Event.INCOMING):
        event = Event.CONNECTED if is_requestor else Event.INCOMING  # each side has one of the two
        action = standard(event, state)
    connection = in_state(state, is_requestor=is_requestor)
    if not action:
        nothing_happens(connection, event, state)
        return
    data = happen(connection, event)
    heard = events_of(connection)
    assert connection.state == next_state(action, is_requestor)
    assert data + connection.take_outgoing() == sent(action, event)
    assert heard == told(action, event)
    assert connection.needs_timer == (connection.state in (2, 13))
    assert connection.should_close == (action in ("AE-4", "AR-3", "AR-5", "AA-2", "AA-3", "AA-4", "AA-5"))


def nothing_happens(connection: Connection, event: Event, state: State) -> None:
    """A blank cell: our own mistake is refused, and a peer cannot bring anything about."""
    by_us = event not in PDU_BYTES and event not in (Event.CLOSED, Event.ABORT, Event.TIMER)
    if by_us:
        with pytest.raises(LocalError):
            happen(connection, event)
    else:
        assert happen(connection, event) == b""
    assert events_of(connection) == []
    assert (connection.state, connection.take_outgoing(), connection.should_close) == (state, b"", False)


def test_aborts_say_who_and_why() -> None:
    for source, reason, expected in ((0, 0, (0, 0)), (0, 5, (0, 0)), (2, 6, (2, 6)), (2, 0, (2, 0))):
        connection = in_state(State.ESTABLISHED, is_requestor=True)
        connection.abort(source, reason)
        assert connection.take_outgoing() == pdus.encode(Abort(*expected)), "only the provider has reasons (9.3.8)"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("030000000002 0000", 6),  # A-ASSOCIATE-RJ of two bytes
        ("0400 00000000", 6),  # P-DATA without PDV
        ("0400 00000005 00000001 01", 6),  # a cut PDV header
        ("0400 00000006 00000001 0103", 6),  # a PDV shorter than its header
        ("0400 00000006 FFFFFFFF 0103", 6),  # a PDV longer than the PDU
        ("0400 FFFFFFFF", 6),  # a P-DATA of 4 GiB
        ("0500 00001000", 6),  # a release of 4 KiB
        ("0000 00000000", 1),
        ("0800 00000000", 1),
        ("FF00 FFFFFFFF", 1),
    ],
)
def test_malformed_pdus_are_answered_with_their_reason(data: str, reason: int) -> None:
    connection = in_state(State.ESTABLISHED, is_requestor=False)
    connection.receive_data(bytes.fromhex(data.replace(" ", "")))
    assert events_of(connection) == [Aborted(False, 2, reason, "")]
    assert connection.take_outgoing() == pdus.encode(Abort(2, reason))
    assert connection.needs_timer
    connection.timer_expired()
    assert connection.should_close


def test_a_lying_length_reserves_nothing() -> None:
    connection = Connection(is_requestor=False, max_pdu_bytes=131072)
    connection.connected()
    connection.receive_data(bytes.fromhex("0100000FFFFF"))  # a request of just under 1 MiB, of which nothing comes
    assert connection.next_event() is None
    assert len(connection.writable()) <= 4096
