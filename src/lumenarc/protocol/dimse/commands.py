"""Command sets: the 22 DIMSE messages as values and bytes (PS3.7 6.3, 9.3, 10.3, Annex E).

A command set is group 0000 in implicit VR little endian:

    offset  size  field
    0       2     group (0000)
    2       2     element
    4       4     length
    8       n     value, padded to even
"""

from __future__ import annotations

import struct
from typing import Any

from lumenarc.protocol.ul.failures import RemoteError

C_STORE_RQ, C_GET_RQ, C_FIND_RQ, C_MOVE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0FFF
N_EVENT_REPORT_RQ, N_GET_RQ, N_SET_RQ, N_ACTION_RQ, N_CREATE_RQ, N_DELETE_RQ = range(0x0100, 0x0160, 0x10)
RESPONSE = 0x8000
NO_DATA_SET = 0x0101
MAX_COMMAND_BYTES = 64 << 10
_MAX_ELEMENTS = 256

AFFECTED_SOP_CLASS, REQUESTED_SOP_CLASS, COMMAND_FIELD, MESSAGE_ID, MESSAGE_ID_RESPONDED = 2, 3, 0x100, 0x110, 0x120
MOVE_DESTINATION, PRIORITY, DATA_SET_TYPE, STATUS = 0x600, 0x700, 0x800, 0x900
OFFENDING_ELEMENT, ERROR_COMMENT, ERROR_ID = 0x901, 0x902, 0x903
AFFECTED_SOP_INSTANCE, REQUESTED_SOP_INSTANCE = 0x1000, 0x1001
EVENT_TYPE, ATTRIBUTE_LIST, ACTION_TYPE = 0x1002, 0x1005, 0x1008
REMAINING, COMPLETED, FAILED, WARNING = 0x1020, 0x1021, 0x1022, 0x1023
MOVE_ORIGINATOR, MOVE_ORIGINATOR_MESSAGE_ID = 0x1030, 0x1031
_COUNTS = frozenset((REMAINING, COMPLETED, FAILED, WARNING))

# element: value representation (PS3.7 Table E.1-1)
VR: dict[int, str] = dict.fromkeys((2, 3, 0x1000, 0x1001), "UI")
VR |= dict.fromkeys((0x100, 0x110, 0x120, 0x700, 0x800, 0x900, 0x903, 0x1002, 0x1008), "US")
VR |= dict.fromkeys((0x1020, 0x1021, 0x1022, 0x1023, 0x1031), "US")
VR |= {0x600: "AE", 0x1030: "AE", 0x901: "AT", 0x1005: "AT", 0x902: "LO"}

NAMES = {
    C_STORE_RQ: "C-STORE", C_GET_RQ: "C-GET", C_FIND_RQ: "C-FIND", C_MOVE_RQ: "C-MOVE", C_ECHO_RQ: "C-ECHO",
    C_CANCEL_RQ: "C-CANCEL", N_EVENT_REPORT_RQ: "N-EVENT-REPORT", N_GET_RQ: "N-GET", N_SET_RQ: "N-SET",
    N_ACTION_RQ: "N-ACTION", N_CREATE_RQ: "N-CREATE", N_DELETE_RQ: "N-DELETE",
}  # fmt: skip
# These name the object by Requested SOP Class/Instance UID, the others by the affected ones (PS3.7 10.3).
_BY_REQUESTED = frozenset((N_GET_RQ, N_SET_RQ, N_ACTION_RQ, N_DELETE_RQ))

_HEAD = struct.Struct("<HHI")
Value = int | str | tuple[int, ...]


class Command:
    """A command set: `values` by element number of group 0000; text is unpadded, AT a tuple of tags."""

    __slots__ = ("values",)

    def __init__(self, values: dict[int, Value]) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Command) and other.values == self.values

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.values.items())))

    def __repr__(self) -> str:
        return f"<{self.name} message {self.message_id}>"

    def _int(self, element: int, default: int = 0) -> int:
        value = self.values.get(element, default)
        return value if isinstance(value, int) else default

    def _str(self, element: int) -> str:
        value = self.values.get(element, "")
        return value if isinstance(value, str) else ""

    @property
    def field(self) -> int:
        """The command field: which message this is."""
        return self._int(COMMAND_FIELD)

    @property
    def name(self) -> str:
        """The name of the message, like C-STORE-RSP."""
        name = NAMES.get(self.field & ~RESPONSE, f"command {self.field:04X}H")
        return f"{name}-{'RSP' if self.is_response else 'RQ'}"

    @property
    def is_response(self) -> bool:
        """Whether this answers a request."""
        return self.field & RESPONSE != 0

    @property
    def has_data_set(self) -> bool:
        """Whether a data set follows."""
        return self._int(DATA_SET_TYPE, NO_DATA_SET) != NO_DATA_SET

    @property
    def message_id(self) -> int:
        """The id of a request, or of the request that this answers or cancels."""
        names_another = self.is_response or self.field == C_CANCEL_RQ
        return self._int(MESSAGE_ID_RESPONDED if names_another else MESSAGE_ID)

    @property
    def status(self) -> int:
        """The status of a response."""
        return self._int(STATUS)

    @property
    def error_comment(self) -> str:
        """What the peer says about a failure; untrusted text."""
        return self._str(ERROR_COMMENT)

    @property
    def sop_class_uid(self) -> str:
        """The affected or requested SOP class."""
        return self._str(AFFECTED_SOP_CLASS) or self._str(REQUESTED_SOP_CLASS)

    @property
    def sop_instance_uid(self) -> str:
        """The affected or requested SOP instance."""
        return self._str(AFFECTED_SOP_INSTANCE) or self._str(REQUESTED_SOP_INSTANCE)

    @property
    def priority(self) -> int:
        """The priority of a request: 0 medium, 1 high, 2 low."""
        return self._int(PRIORITY)

    @property
    def move_destination(self) -> str:
        """Where a C-MOVE goes."""
        return self._str(MOVE_DESTINATION)

    @property
    def move_originator(self) -> tuple[str, int] | None:
        """Who asked for the C-MOVE that a C-STORE belongs to, and with which message."""
        title = self._str(MOVE_ORIGINATOR)
        return (title, self._int(MOVE_ORIGINATOR_MESSAGE_ID)) if title else None

    @property
    def action_type(self) -> int:
        """The action of an N-ACTION."""
        return self._int(ACTION_TYPE)

    @property
    def event_type(self) -> int:
        """The event of an N-EVENT-REPORT."""
        return self._int(EVENT_TYPE)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Remaining, completed, failed and warning sub-operations."""
        return self._int(REMAINING), self._int(COMPLETED), self._int(FAILED), self._int(WARNING)

    @property
    def offending_elements(self) -> tuple[int, ...]:
        """The tags that a failure is about."""
        value = self.values.get(OFFENDING_ELEMENT, ())
        return value if isinstance(value, tuple) else ()

    @property
    def attribute_list(self) -> tuple[int, ...]:
        """The tags that an N-GET asks for."""
        value = self.values.get(ATTRIBUTE_LIST, ())
        return value if isinstance(value, tuple) else ()


def encode(values: dict[int, Any]) -> bytes:
    """Return a command set with its group length; elements in ascending order."""
    parts: list[bytes] = []
    for element in sorted(values):
        value = values[element]
        vr = VR[element]
        if vr == "US":
            # Sub-operations are counted beyond what the element can say: then it says as much as it can.
            raw = (min(value, 0xFFFF) if element in _COUNTS else value).to_bytes(2, "little")
        elif vr == "AT":
            raw = b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in value)
        else:
            raw = value.encode("latin-1", "replace")
            if len(raw) & 1:
                raw += b"\0" if vr == "UI" else b" "
        parts.append(_HEAD.pack(0, element, len(raw)) + raw)
    body = b"".join(parts)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def decode(data: bytes | bytearray) -> Command:
    """Read a command set; raise RemoteError naming the element that does not fit."""
    values: dict[int, Value] = {}
    at, end, n_elements = 0, len(data), 0
    unpack = _HEAD.unpack_from
    while at < end:
        if end - at < 8:
            raise RemoteError("Command set: an element header is cut off.")
        group, element, length = unpack(data, at)
        at += 8
        n_elements += 1
        if group != 0 or length > end - at or n_elements > _MAX_ELEMENTS:
            raise RemoteError(f"Command set: ({group:04X},{element:04X}) of {length} bytes does not fit.")
        vr = VR.get(element)
        if vr == "US":
            if length < 2:
                raise RemoteError(f"Command set: (0000,{element:04X}) is too short.")
            values[element] = data[at] | data[at + 1] << 8
        elif vr == "AT":
            pairs = struct.iter_unpack("<HH", data[at : at + length - length % 4])
            values[element] = tuple(group << 16 | tag for group, tag in pairs)
        elif vr is not None:
            values[element] = data[at : at + length].decode("latin-1").strip(" \0")
        at += length
    if COMMAND_FIELD not in values:
        raise RemoteError("Command set: no Command Field (0000,0100).")
    found = Command(values)
    names_another = found.is_response or found.field == C_CANCEL_RQ
    if (MESSAGE_ID_RESPONDED if names_another else MESSAGE_ID) not in values:
        raise RemoteError("Command set: no Message ID.")
    return found


def request(field: int, message_id: int, sop_class_uid: str, *, data_set: bool, **more: Any) -> dict[int, Any]:
    """Return the elements of a request.

    `more`: sop_instance_uid, priority, destination, originator (title, message id), action_type, event_type, tags.
    """
    by_requested = field in _BY_REQUESTED
    values: dict[int, Any] = {
        REQUESTED_SOP_CLASS if by_requested else AFFECTED_SOP_CLASS: sop_class_uid,
        COMMAND_FIELD: field,
        MESSAGE_ID: message_id,
        DATA_SET_TYPE: 1 if data_set else NO_DATA_SET,
    }
    if field in (C_STORE_RQ, C_GET_RQ, C_FIND_RQ, C_MOVE_RQ):
        values[PRIORITY] = more.get("priority", 0)
    if more.get("sop_instance_uid"):
        values[REQUESTED_SOP_INSTANCE if by_requested else AFFECTED_SOP_INSTANCE] = more["sop_instance_uid"]
    if more.get("originator"):
        values[MOVE_ORIGINATOR], values[MOVE_ORIGINATOR_MESSAGE_ID] = more["originator"]
    names = {"destination": MOVE_DESTINATION, "action_type": ACTION_TYPE, "event_type": EVENT_TYPE}
    for name, element in (names | {"tags": ATTRIBUTE_LIST}).items():
        if more.get(name) is not None:
            values[element] = more[name]
    return values


def cancel(message_id: int) -> dict[int, Any]:
    """Return the elements of a C-CANCEL-RQ (PS3.7 9.3.2.3)."""
    return {COMMAND_FIELD: C_CANCEL_RQ, MESSAGE_ID_RESPONDED: message_id, DATA_SET_TYPE: NO_DATA_SET}


def response(rq: Command, status: int, *, data_set: bool = False) -> dict[int, Any]:
    """Return the elements of a response to a request; add comments and counts to it."""
    values: dict[int, Any] = {
        COMMAND_FIELD: rq.field | RESPONSE,
        MESSAGE_ID_RESPONDED: rq.message_id,
        DATA_SET_TYPE: 1 if data_set else NO_DATA_SET,
        STATUS: status,
    }
    if rq.sop_class_uid:
        values[AFFECTED_SOP_CLASS] = rq.sop_class_uid
    if rq.sop_instance_uid:
        values[AFFECTED_SOP_INSTANCE] = rq.sop_instance_uid
    for element in (ACTION_TYPE, EVENT_TYPE):
        if element in rq.values:
            values[element] = rq.values[element]
    return values
