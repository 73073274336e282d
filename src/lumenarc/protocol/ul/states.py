"""What happens at each event in each state of an association: Table 9-10 as data (PS3.8 9.2.3).

A line per event; a state that is not on it cannot see that event, and meeting it is our own mistake.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """The 13 states of PS3.8 Table 9-1 to 9-5."""

    IDLE = 1
    OPEN = 2
    AWAIT_RESPONSE = 3
    CONNECTING = 4
    AWAIT_ANSWER = 5
    ESTABLISHED = 6
    RELEASING = 7
    RELEASE_ASKED = 8
    COLLISION_REQUESTOR = 9
    COLLISION_ACCEPTOR = 10
    COLLISION_REQUESTOR_ANSWERED = 11
    COLLISION_ACCEPTOR_ANSWERED = 12
    CLOSING = 13


class Event(IntEnum):
    """The 19 events of PS3.8 Table 9-10."""

    ASSOCIATE = 1
    CONNECTED = 2
    AC_PDU = 3
    RJ_PDU = 4
    INCOMING = 5
    RQ_PDU = 6
    ACCEPT = 7
    REJECT = 8
    DATA = 9
    DATA_PDU = 10
    RELEASE = 11
    RELEASE_RQ_PDU = 12
    RELEASE_RP_PDU = 13
    RELEASE_RESPONSE = 14
    ABORT = 15
    ABORT_PDU = 16
    CLOSED = 17
    TIMER = 18
    INVALID_PDU = 19


NEXT_STATE: dict[str, State] = {
    "AE-1": State.CONNECTING, "AE-2": State.AWAIT_ANSWER, "AE-3": State.ESTABLISHED, "AE-4": State.IDLE,
    "AE-5": State.OPEN, "AE-6": State.AWAIT_RESPONSE, "AE-7": State.ESTABLISHED, "AE-8": State.CLOSING,
    "DT-1": State.ESTABLISHED, "DT-2": State.ESTABLISHED,
    "AR-1": State.RELEASING, "AR-2": State.RELEASE_ASKED, "AR-3": State.IDLE, "AR-4": State.CLOSING,
    "AR-5": State.IDLE, "AR-6": State.RELEASING, "AR-7": State.RELEASE_ASKED,
    "AR-8": State.COLLISION_REQUESTOR, "AR-9": State.COLLISION_REQUESTOR_ANSWERED,
    "AR-10": State.COLLISION_ACCEPTOR_ANSWERED,
    "AA-1": State.CLOSING, "AA-2": State.IDLE, "AA-3": State.IDLE, "AA-4": State.IDLE, "AA-5": State.IDLE,
    "AA-6": State.CLOSING, "AA-7": State.CLOSING, "AA-8": State.CLOSING,
}  # fmt: skip

# event: {state number: action}
_LINES: dict[int, dict[int, str]] = {
    1: {1: "AE-1"},
    2: {4: "AE-2"},
    3: {2: "AA-1", 3: "AA-8", 5: "AE-3"} | dict.fromkeys(range(6, 13), "AA-8") | {13: "AA-6"},
    4: {2: "AA-1", 3: "AA-8", 5: "AE-4"} | dict.fromkeys(range(6, 13), "AA-8") | {13: "AA-6"},
    5: {1: "AE-5"},
    6: {2: "AE-6", 3: "AA-8", 5: "AA-8"} | dict.fromkeys(range(6, 13), "AA-8") | {13: "AA-7"},
    7: {3: "AE-7"},
    8: {3: "AE-8"},
    9: {6: "DT-1", 8: "AR-7"},
    10: {2: "AA-1", 3: "AA-8", 5: "AA-8", 6: "DT-2", 7: "AR-6"} | dict.fromkeys(range(8, 13), "AA-8") | {13: "AA-6"},
    11: {6: "AR-1"},
    12: {2: "AA-1", 3: "AA-8", 5: "AA-8", 6: "AR-2", 7: "AR-8"} | dict.fromkeys(range(8, 13), "AA-8") | {13: "AA-6"},
    13: {2: "AA-1", 3: "AA-8", 5: "AA-8", 6: "AA-8", 7: "AR-3", 8: "AA-8", 9: "AA-8", 10: "AR-10", 11: "AR-3"}
    | {12: "AA-8", 13: "AA-6"},
    14: {8: "AR-4", 9: "AR-9", 12: "AR-4"},
    15: {3: "AA-1", 4: "AA-2", 5: "AA-1"} | dict.fromkeys(range(6, 13), "AA-1"),
    16: {2: "AA-2", 3: "AA-3", 5: "AA-3"} | dict.fromkeys(range(6, 13), "AA-3") | {13: "AA-2"},
    17: {2: "AA-5", 3: "AA-4", 4: "AA-4", 5: "AA-4"} | dict.fromkeys(range(6, 13), "AA-4") | {13: "AR-5"},
    18: {2: "AA-2", 13: "AA-2"},
    19: {2: "AA-1", 3: "AA-8", 5: "AA-8"} | dict.fromkeys(range(6, 13), "AA-8") | {13: "AA-7"},
}

TABLE: dict[tuple[Event, State], str] = {
    (Event(event), State(state)): action for event, line in _LINES.items() for state, action in line.items()
}
