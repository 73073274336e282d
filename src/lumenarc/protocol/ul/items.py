"""The items inside A-ASSOCIATE PDUs: contexts and user information (PS3.8 9.3.2, 9.3.3; PS3.7 D.3.3).

Every item begins alike:

    offset  size  field
    0       1     item type
    1       1     reserved (57H: item version)
    2       2     length of what follows, big-endian
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from lumenarc.protocol.ul.failures import RemoteError

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
INVALID_PARAMETER = 6
# In one PDU or item; 128 contexts with every transfer syntax need far less, and reading costs the others time.
MAX_ITEMS = 1024

_HEAD = struct.Struct(">BxH")


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context of an A-ASSOCIATE-RQ (item 20H)."""

    id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextResult:
    """The answer to a context (item 21H): 0 accepted, 1 user, 2 provider, 3 abstract, 4 transfer syntax."""

    id: int
    result: int
    transfer_syntax: str = ""


@dataclass(frozen=True, slots=True)
class CommonExtended:
    """SOP class common extended negotiation (item 57H, PS3.7 D.3.3.6)."""

    sop_class_uid: str
    service_class_uid: str
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """Who asks (item 58H, PS3.7 D.3.3.7): 1 user name, 2 with passcode, 3 Kerberos, 4 SAML, 5 JWT."""

    kind: int
    primary: bytes
    secondary: bytes = b""
    wants_response: bool = False


@dataclass(frozen=True, slots=True)
class UserInformation:
    """The user information item (50H); `max_length` 0 means without limit."""

    max_length: int = 0
    implementation_uid: str = ""
    implementation_version: str = ""
    async_window: tuple[int, int] | None = None
    roles: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    extended: dict[str, bytes] = field(default_factory=dict)
    common_extended: tuple[CommonExtended, ...] = ()
    identity: UserIdentity | None = None
    identity_response: bytes | None = None


def item(kind: int, body: bytes, version: int = 0) -> bytes:
    """Return an item with its header."""
    return struct.pack(">BBH", kind, version, len(body)) + body


def split(data: bytes, where: str) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of each item; raise RemoteError where a length lies, or the items are too many."""
    at, end, n_items = 0, len(data), 0
    while at < end:
        n_items += 1
        if n_items > MAX_ITEMS:
            raise RemoteError(f"{where}: more than {MAX_ITEMS} items.", INVALID_PARAMETER)
        if end - at < 4:
            raise RemoteError(f"{where}: {end - at} bytes after the last item.", INVALID_PARAMETER)
        kind, length = _HEAD.unpack_from(data, at)
        at += 4
        if length > end - at:
            raise RemoteError(f"{where}: item {kind:02X}H is longer than what is left.", INVALID_PARAMETER)
        yield kind, data[at : at + length]
        at += length


def text(data: bytes) -> str:
    """Return a UID or name without padding; foreign bytes survive as Latin-1."""
    return data.decode("latin-1").strip(" \0")


def _prefixed(data: bytes, at: int, where: str) -> tuple[bytes, int]:
    if at + 2 > len(data):
        raise RemoteError(f"{where}: a length is cut off.", INVALID_PARAMETER)
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    if end > len(data):
        raise RemoteError(f"{where}: a value is longer than the item.", INVALID_PARAMETER)
    return data[at + 2 : end], end


def _with_length(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def encode_proposed(context: ProposedContext) -> bytes:
    """Return item 20H: id, three reserved bytes, abstract syntax (30H), transfer syntaxes (40H)."""
    parts = [bytes((context.id, 0, 0, 0)), item(0x30, context.abstract_syntax.encode("latin-1"))]
    parts += [item(0x40, uid.encode("latin-1")) for uid in context.transfer_syntaxes]
    return item(0x20, b"".join(parts))


def decode_proposed(body: bytes) -> ProposedContext:
    """Read the body of item 20H."""
    if len(body) < 4:
        raise RemoteError("Presentation context: no id.", INVALID_PARAMETER)
    abstract, syntaxes = "", []
    for kind, value in split(body[4:], "Presentation context"):
        if kind == 0x30:
            abstract = text(value)
        elif kind == 0x40:
            syntaxes.append(text(value))
    return ProposedContext(body[0], abstract, tuple(syntaxes))


def encode_result(context: ContextResult) -> bytes:
    """Return item 21H: id, reserved, result, reserved, transfer syntax (40H)."""
    syntax = item(0x40, context.transfer_syntax.encode("latin-1"))
    return item(0x21, bytes((context.id, 0, context.result, 0)) + syntax)


def decode_result(body: bytes) -> ContextResult:
    """Read the body of item 21H; the transfer syntax only counts when accepted."""
    if len(body) < 4:
        raise RemoteError("Presentation context result: too short.", INVALID_PARAMETER)
    syntax = ""
    for kind, value in split(body[4:], "Presentation context result"):
        if kind == 0x40:
            syntax = text(value)
    return ContextResult(body[0], body[2], syntax)


def encode_user(user: UserInformation) -> bytes:
    """Return item 50H with its sub-items in the order of their types."""
    parts = [item(0x51, user.max_length.to_bytes(4, "big"))]
    if user.implementation_uid:
        parts.append(item(0x52, user.implementation_uid.encode("latin-1")))
    if user.async_window is not None:
        parts.append(item(0x53, struct.pack(">HH", *user.async_window)))
    for uid, (scu, scp) in user.roles.items():
        parts.append(item(0x54, _with_length(uid.encode("latin-1")) + bytes((scu, scp))))
    if user.implementation_version:
        parts.append(item(0x55, user.implementation_version.encode("latin-1")))
    for uid, information in user.extended.items():
        parts.append(item(0x56, _with_length(uid.encode("latin-1")) + information))
    for common in user.common_extended:
        related = b"".join(_with_length(uid.encode("latin-1")) for uid in common.related)
        uids = (common.sop_class_uid, common.service_class_uid)
        parts.append(item(0x57, b"".join(_with_length(uid.encode("latin-1")) for uid in uids) + _with_length(related)))
    if user.identity is not None:
        asked = user.identity
        body = bytes((asked.kind, asked.wants_response)) + _with_length(asked.primary) + _with_length(asked.secondary)
        parts.append(item(0x58, body))
    if user.identity_response is not None:
        parts.append(item(0x59, _with_length(user.identity_response)))
    return item(0x50, b"".join(parts))


def decode_user(body: bytes) -> UserInformation:
    """Read the body of item 50H; unknown sub-items are ignored as PS3.8 9.3.2 asks."""
    found: dict[str, object] = {}
    roles: dict[str, tuple[bool, bool]] = {}
    extended: dict[str, bytes] = {}
    commons: list[CommonExtended] = []
    for kind, value in split(body, "User information"):
        if kind == 0x51:
            found["max_length"] = int.from_bytes(_sized(value, 4, "Maximum length"), "big")
        elif kind == 0x52:
            found["implementation_uid"] = text(value)
        elif kind == 0x53:
            found["async_window"] = struct.unpack(">HH", _sized(value, 4, "Asynchronous operations window"))
        elif kind == 0x54:
            uid, at = _prefixed(value, 0, "Role selection")
            flags = _sized(value[at : at + 2], 2, "Role selection")
            roles[text(uid)] = (flags[0] == 1, flags[1] == 1)
        elif kind == 0x55:
            found["implementation_version"] = text(value)
        elif kind == 0x56:
            uid, at = _prefixed(value, 0, "Extended negotiation")
            extended[text(uid)] = value[at:]
        elif kind == 0x57:
            commons.append(_decode_common(value))
        elif kind == 0x58:
            found["identity"] = _decode_identity(value)
        elif kind == 0x59:
            found["identity_response"] = _prefixed(value, 0, "User identity response")[0]
    return UserInformation(roles=roles, extended=extended, common_extended=tuple(commons), **found)  # type: ignore[arg-type]  # the keys above


def _sized(value: bytes, n: int, where: str) -> bytes:
    if len(value) != n:
        raise RemoteError(f"{where}: {len(value)} bytes instead of {n}.", INVALID_PARAMETER)
    return value


def _decode_common(value: bytes) -> CommonExtended:
    where = "Common extended negotiation"
    sop_class, at = _prefixed(value, 0, where)
    service_class, at = _prefixed(value, at, where)
    listed, _end = _prefixed(value, at, where)
    related, at = [], 0
    while at < len(listed):
        uid, at = _prefixed(listed, at, where)
        related.append(text(uid))
    return CommonExtended(text(sop_class), text(service_class), tuple(related))


def _decode_identity(value: bytes) -> UserIdentity:
    if len(value) < 2:
        raise RemoteError("User identity: too short.", INVALID_PARAMETER)
    primary, at = _prefixed(value, 2, "User identity")
    secondary, _end = _prefixed(value, at, "User identity")
    return UserIdentity(value[0], primary, secondary, value[1] == 1)
