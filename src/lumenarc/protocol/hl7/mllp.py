"""How are HL7 messages framed, and what does an acknowledgement say? (HL7 v2.8.1 Transport: MLLP; Chapter 2, 2.9.2)

0   1  0BH
1   n  the message, segments ended by CR
.   2  1CH 0DH
"""

from __future__ import annotations

from dataclasses import dataclass

from lumenarc.protocol.framing import BadFrame as BadFrame

START, END = b"\x0b", b"\x1c\r"
MAX_MESSAGE_BYTES = 16 << 20


def frame(message: bytes) -> bytes:
    """Return a message in its frame."""
    return START + message + END


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
            if not self._buffer.startswith(START):
                start = self._buffer.find(START)
                if bytes(self._buffer[: None if start < 0 else start]).strip(b"\r\n"):
                    raise BadFrame("The bytes do not begin with the start of a block.")
                del self._buffer[: len(self._buffer) if start < 0 else start]
                continue
            end = self._buffer.find(END, max(self._searched - 1, 0))
            if (len(self._buffer) if end < 0 else end) > self._max_bytes:
                raise BadFrame("The message is longer than allowed.")
            if end < 0:
                self._searched = len(self._buffer)
                break
            found.append(bytes(self._buffer[1:end]))
            del self._buffer[: end + 2]
            self._searched = 0
        return found

    def end(self) -> list[bytes]:
        """Return nothing: only the end of a block completes a message."""
        return []


@dataclass(frozen=True, slots=True)
class Header:
    """What the MSH segment says, as text; empty where it says nothing."""

    separator: str
    encoding_characters: str
    sending: tuple[str, str]
    receiving: tuple[str, str]
    message_type: str
    control_id: str
    processing_id: str
    version: str
    charset: str


def header(message: bytes) -> Header:
    """Read the MSH segment. Raises BadFrame when there is none."""
    first = message.replace(b"\n", b"\r").split(b"\r", 1)[0].decode("latin-1")
    if not first.startswith("MSH") or len(first) < 8:
        raise BadFrame("The message does not begin with MSH.")
    separator = first[3]
    fields = first.split(separator)
    fields += [""] * (20 - len(fields))
    return Header(
        separator, fields[1], (fields[2], fields[3]), (fields[4], fields[5]), fields[8], fields[9], fields[10],
        fields[11], fields[17],
    )  # fmt: skip


def acknowledgement(of: Header, code: str, text: str, control_id: str, moment: str, *, error_code: str = "") -> bytes:
    """Return an ACK: `code` AA, AE or AR, `moment` as HL7 writes it (YYYYMMDDHHMMSS).

    `error_code` of HL7 table 0357 adds an ERR segment, which receivers of v2.5 and later read instead of the text.
    """
    sep, trigger = of.separator, of.message_type.split(of.encoding_characters[:1] or "^")
    kind = (of.encoding_characters[:1] or "^").join(["ACK", *trigger[1:2], *(["ACK"] if trigger[1:2] else [])])
    safe = "".join(char if char.isprintable() and char not in (sep, *of.encoding_characters) else " " for char in text)
    msh = sep.join(("MSH", of.encoding_characters, *of.receiving, *of.sending, moment, "", kind, control_id,
                    of.processing_id or "P", of.version or "2.5", *[""] * 5, of.charset)).rstrip(sep)  # fmt: skip
    msa = sep.join(("MSA", code, of.control_id, safe)).rstrip(sep)
    err = ""
    if error_code:
        coded = (of.encoding_characters[:1] or "^").join((error_code, "", "HL70357"))
        err = sep.join(("ERR", "", "", coded, "E", "", "", "", safe)).rstrip(sep) + "\r"
    return f"{msh}\r{msa}\r{err}".encode("latin-1", "replace")


def acknowledged(message: bytes) -> tuple[str, str, str]:
    """Return code, control id and text of the MSA segment; empty strings when there is none."""
    separator = header(message).separator
    for segment in message.replace(b"\n", b"\r").split(b"\r"):
        if segment.startswith(b"MSA"):
            fields = [*segment.decode("latin-1").split(separator), "", "", ""]
            return fields[1], fields[2], fields[3]
    return "", "", ""
