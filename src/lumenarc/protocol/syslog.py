"""How do audit messages travel as syslog? (RFC 5424; framing on streams: RFC 5425 4.3, RFC 6587 3.4; PS3.15 A.6)

    <PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [BOM]MSG

On a stream each message follows its length and a space ("octet counting"). Senders of the older kind write messages
that begin with "<" and end with LF; both are taken, one connection may mix them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lumenarc.protocol.framing import BadFrame

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "console", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
AUDIT_FACILITY, AUDIT_LEVEL, AUDIT_MESSAGE_ID = "authpriv", "notice", "DICOM+RFC3881"
"""What PS3.15 A.6 wants of audit messages."""
MAX_MESSAGE_BYTES = 4 << 20
MAX_DATAGRAM_BYTES = 65_507
BOM = b"\xef\xbb\xbf"
_NIL = "-"
_VALUE = rb'[^"\\\]]*+(?:\\[\s\S][^"\\\]]*+)*+'
_NAME = rb"[!#-<>-\\^-~]{1,32}+"
_ENTRY = re.compile(
    rb"<(\d{1,3})>[1-9]\d{0,2} ([!-~]{1,64}) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) "
    rb"(-|(?:\[" + _NAME + rb"(?: " + _NAME + rb'="' + _VALUE + rb'")*+\])++)(?: |\Z)'
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its header; "-" is nothing. `body` has no byte order mark, `is_utf8` says that it had one."""

    facility: str
    level: str
    moment: str
    host: str
    app_name: str
    process: str
    message_id: str
    body: bytes
    structured_data: str = _NIL
    is_utf8: bool = True


def compose(entry: Entry) -> bytes:
    """Return a message as RFC 5424 writes it; what a header field cannot hold becomes "_" or is cut."""
    priority = FACILITIES.index(entry.facility) * 8 + LEVELS.index(entry.level)
    fields = (
        _field(entry.moment, 64), _field(entry.host, 255), _field(entry.app_name, 48), _field(entry.process, 128),
        _field(entry.message_id, 32), entry.structured_data,
    )  # fmt: skip
    head = f"<{priority}>1 {' '.join(fields)} ".encode()
    return head + (BOM if entry.is_utf8 else b"") + entry.body


def _field(text: str, limit: int) -> str:
    return "".join(character if "!" <= character <= "~" else "_" for character in text[:limit]) or _NIL


def parse(message: bytes) -> Entry:
    """Take a message apart. Raises BadFrame when it is none of RFC 5424."""
    found = _ENTRY.match(message)
    priority = int(found[1]) if found else 192
    if found is None or priority > 191:
        raise BadFrame("The message has no header of RFC 5424.")
    moment, host, app_name, process, message_id, data = (
        group.decode("utf-8", "replace") for group in found.groups()[1:]
    )
    body = message[found.end() :]
    return Entry(
        FACILITIES[priority // 8], LEVELS[priority % 8], moment, host, app_name, process, message_id,
        body.removeprefix(BOM), data, body.startswith(BOM),
    )  # fmt: skip


def frame(message: bytes) -> bytes:
    """Return a message as it stands on a stream."""
    return b"%d %s" % (len(message), message)


class Unframer:
    """Takes bytes as they come, gives messages."""

    def __init__(self, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._buffer = bytearray()
        self._max_bytes = max_bytes
        self._searched = 0

    @property
    def is_inside(self) -> bool:
        """Whether a message has begun and is not complete."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the messages that are complete now. Raises BadFrame."""
        self._buffer += data
        found: list[bytes] = []
        while self._buffer:
            first = self._buffer[:1]
            if first.isspace() or first == b"\0":  # what some write after a frame
                del self._buffer[:1]
                continue
            if first == b"<":
                message = self._line()
            elif first.isdigit():
                message = self._counted()
            else:
                raise BadFrame("The bytes begin with neither a length nor a priority.")
            if message is None:
                break
            found.append(message)
        return found

    def end(self) -> list[bytes]:
        """Return what the end of the stream completes: a message without its LF. Raises BadFrame."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        if rest and not rest.startswith(b"<"):
            raise BadFrame("The stream ends inside a message.")
        return [rest] if rest else []

    def _counted(self) -> bytes | None:
        digits, space, _ = bytes(self._buffer[:11]).partition(b" ")
        if not digits.isdigit() or (not space and len(digits) > 10) or int(digits) > self._max_bytes:
            raise BadFrame("The length of a message is none, or more than allowed.")
        start = len(digits) + 1
        end = start + int(digits)
        if not space or len(self._buffer) < end:
            return None
        message = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return message

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        if (len(self._buffer) if end < 0 else end) > self._max_bytes:
            raise BadFrame("The message is longer than allowed.")
        self._searched = len(self._buffer) if end < 0 else 0
        if end < 0:
            return None
        message = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return message
