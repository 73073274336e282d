"""The seven PDUs of the upper layer as values and bytes (PS3.8 9.3).

    offset  size  field
    0       1     type: 01 A-ASSOCIATE-RQ, 02 -AC, 03 -RJ, 04 P-DATA-TF, 05 A-RELEASE-RQ, 06 -RP, 07 A-ABORT
    1       1     reserved
    2       4     length of what follows, big-endian

A-ASSOCIATE-RQ and -AC:  6: protocol version (2), reserved (2), called (16), calling (16), reserved (32), items.
A-ASSOCIATE-RJ:          6: reserved, result, source, reason.
P-DATA-TF:               6: PDVs, each: length (4), context id (1), control (1: bit 0 command, bit 1 last), fragment.
A-RELEASE-RQ and -RP:    6: reserved (4).
A-ABORT:                 6: reserved (2), source, reason.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from lumenarc.protocol.ul import items
from lumenarc.protocol.ul.failures import RemoteError
from lumenarc.protocol.ul.items import (
    APPLICATION_CONTEXT,
    INVALID_PARAMETER,
    ContextResult,
    ProposedContext,
    UserInformation,
)

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = range(1, 8)
MAX_ASSOCIATE_BYTES = 1 << 20
UNRECOGNIZED_PDU = 1
UNEXPECTED_PDU = 2

_FIXED = struct.Struct(">H2x16s16s32x")
_PDV = struct.Struct(">IBB")
PDU_AND_PDV = struct.Struct(">BxIIBB")


@dataclass(frozen=True, slots=True)
class AssociateRq:
    """A-ASSOCIATE-RQ (PS3.8 9.3.2)."""

    called: str
    calling: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation
    application_context: str = APPLICATION_CONTEXT
    version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateAc:
    """A-ASSOCIATE-AC (PS3.8 9.3.3); the titles only echo the request."""

    called: str
    calling: str
    contexts: tuple[ContextResult, ...]
    user: UserInformation
    application_context: str = APPLICATION_CONTEXT
    version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateRj:
    """A-ASSOCIATE-RJ (PS3.8 9.3.4): result 1 permanent, 2 transient; source 1 user, 2 ACSE, 3 presentation."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class ReleaseRq:
    """A-RELEASE-RQ (PS3.8 9.3.6)."""


@dataclass(frozen=True, slots=True)
class ReleaseRp:
    """A-RELEASE-RP (PS3.8 9.3.7)."""


@dataclass(frozen=True, slots=True)
class Abort:
    """A-ABORT (PS3.8 9.3.8): source 0 service user, 2 service provider."""

    source: int
    reason: int


class Pdv(NamedTuple):
    """One fragment of a P-DATA-TF; `data` is a slice of the receive buffer, valid until the next event is asked for.

    A tuple, because there are so many: making a frozen dataclass takes four times as long.
    """

    context_id: int
    is_command: bool
    is_last: bool
    data: memoryview


Pdu = AssociateRq | AssociateAc | AssociateRj | ReleaseRq | ReleaseRp | Abort


def length_limit(kind: int, max_p_data: int) -> int:
    """Return how long a PDU of a type may claim to be; 0 when there is no such type."""
    if kind in (ASSOCIATE_RQ, ASSOCIATE_AC):
        return MAX_ASSOCIATE_BYTES
    if kind == P_DATA:
        return max_p_data
    return 1024 if kind in (ASSOCIATE_RJ, RELEASE_RQ, RELEASE_RP, ABORT) else 0


def encode(pdu: Pdu) -> bytes:
    """Return the bytes of a PDU."""
    match pdu:
        case AssociateRq():
            proposed = b"".join(items.encode_proposed(context) for context in pdu.contexts)
            return _associate(ASSOCIATE_RQ, pdu, proposed)
        case AssociateAc():
            results = b"".join(items.encode_result(context) for context in pdu.contexts)
            return _associate(ASSOCIATE_AC, pdu, results)
        case AssociateRj():
            return bytes((ASSOCIATE_RJ, 0, 0, 0, 0, 4, 0, pdu.result, pdu.source, pdu.reason))
        case ReleaseRq():
            return bytes((RELEASE_RQ, 0, 0, 0, 0, 4, 0, 0, 0, 0))
        case ReleaseRp():
            return bytes((RELEASE_RP, 0, 0, 0, 0, 4, 0, 0, 0, 0))
        case Abort():
            return bytes((ABORT, 0, 0, 0, 0, 4, 0, 0, pdu.source, pdu.reason))


def _associate(kind: int, pdu: AssociateRq | AssociateAc, contexts: bytes) -> bytes:
    fixed = _FIXED.pack(pdu.version, _title(pdu.called), _title(pdu.calling))
    application = items.item(0x10, pdu.application_context.encode("latin-1"))
    body = fixed + application + contexts + items.encode_user(pdu.user)
    return struct.pack(">BxI", kind, len(body)) + body


def _title(title: str) -> bytes:
    return title.encode("latin-1", "replace")[:16].ljust(16)


def decode(kind: int, body: bytes) -> Pdu:
    """Read the body of any PDU but P-DATA-TF; raise RemoteError naming the field."""
    if kind == ASSOCIATE_RQ:
        fixed, application, contexts, user = _decode_associate(body, 0x20)
        proposed = tuple(items.decode_proposed(context) for context in contexts)
        _unique([context.id for context in proposed])
        return AssociateRq(fixed[1], fixed[2], proposed, user, application, fixed[0])
    if kind == ASSOCIATE_AC:
        fixed, application, contexts, user = _decode_associate(body, 0x21)
        results = tuple(items.decode_result(context) for context in contexts)
        return AssociateAc(fixed[1], fixed[2], results, user, application, fixed[0])
    if kind == ASSOCIATE_RJ:
        return AssociateRj(*_four(body, "A-ASSOCIATE-RJ")[1:])
    if kind == RELEASE_RQ:
        _four(body, "A-RELEASE-RQ")
        return ReleaseRq()
    if kind == RELEASE_RP:
        _four(body, "A-RELEASE-RP")
        return ReleaseRp()
    if kind == ABORT:
        return Abort(*_four(body, "A-ABORT")[2:])
    raise RemoteError(f"PDU type {kind:02X}H does not exist.", UNRECOGNIZED_PDU)


def _four(body: bytes, name: str) -> bytes:
    if len(body) < 4:
        raise RemoteError(f"{name}: {len(body)} bytes instead of 4.", INVALID_PARAMETER)
    return body[:4]


def _unique(ids: list[int]) -> None:
    if len(set(ids)) != len(ids):
        raise RemoteError("Presentation context: an id is used twice.", INVALID_PARAMETER)


def _decode_associate(body: bytes, wanted: int) -> tuple[tuple[int, str, str], str, list[bytes], UserInformation]:
    if len(body) < _FIXED.size:
        raise RemoteError("A-ASSOCIATE: the fixed fields are cut off.", INVALID_PARAMETER)
    version, called, calling = _FIXED.unpack_from(body)
    application, contexts, user = "", [], UserInformation()
    for kind, value in items.split(body[_FIXED.size :], "A-ASSOCIATE"):
        if kind == 0x10:
            application = items.text(value)
        elif kind == wanted:
            contexts.append(value)
        elif kind == 0x50:
            user = items.decode_user(value)
    return (version, items.text(called), items.text(calling)), application, contexts, user


def split_p_data(body: memoryview) -> list[Pdv]:
    """Return the fragments of a P-DATA-TF as slices of `body`."""
    found: list[Pdv] = []
    at, end = 0, len(body)
    while at < end:
        if end - at < 6:
            raise RemoteError("P-DATA-TF: a PDV header is cut off.", INVALID_PARAMETER)
        length, context_id, control = _PDV.unpack_from(body, at)
        stop = at + 4 + length
        if length < 2 or stop > end:
            raise RemoteError(f"P-DATA-TF: a PDV of {length} bytes does not fit.", INVALID_PARAMETER)
        found.append(Pdv(context_id, control & 1 == 1, control & 2 == 2, body[at + 6 : stop]))
        at = stop
    if not found:
        raise RemoteError("P-DATA-TF: no PDV.", INVALID_PARAMETER)
    return found


def p_data_header(context_id: int, control: int, n_bytes: int) -> bytes:
    """Return the 12 bytes before a fragment that travels alone in its P-DATA-TF."""
    return PDU_AND_PDV.pack(P_DATA, n_bytes + 6, n_bytes + 2, context_id, control)
