"""How is a multipart body taken apart while it arrives, and put together? (RFC 2046 5.1, PS3.18 8.6.1.2)

The parser holds no more than the piece it was given, a delimiter and one part's headers, whatever the body's size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lumenarc.errors import BadRequest

MAX_HEADER_BYTES = 16 << 10
MAX_PARTS = 100_000
_MAX_PADDING = 256
_BREAKS = re.compile("[\r\n]")
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,199}[0-9A-Za-z'()+_,\-./:=?]")


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part starts; header names are in lower case."""

    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class PartData:
    """The next bytes of the part."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part is complete."""


Event = PartBegin | PartData | PartEnd
Parts = Iterator[tuple[dict[str, str], Iterator[bytes]]]
"""Each part's headers and its data."""


class MultipartParser:
    """Turns the pieces of a body into events; call `feed` for each piece and `close` at the end."""

    __slots__ = ("_buffer", "_delimiter", "_state")

    def __init__(self, boundary: str) -> None:
        """Expect parts between `boundary`; raise BadRequest when it can be none."""
        if not _BOUNDARY.fullmatch(boundary):
            raise BadRequest("The multipart body has no valid boundary.")
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        # The first delimiter may stand at the very beginning, without its line break.
        self._buffer = bytearray(b"\r\n")
        self._state = "preamble"

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield what the next piece completes; raise BadRequest for headers without end or meaning."""
        self._buffer += piece
        while True:
            if self._state == "end":
                self._buffer.clear()
                return
            if self._state == "headers":
                headers = self._headers()
                if headers is None:
                    return
                self._state = "body"
                yield PartBegin(headers)
            data, found = self._until_delimiter()
            if data and self._state == "body":
                yield PartData(data)
            if found is None:
                return
            if found:
                if self._state == "body":
                    yield PartEnd()
                self._state = found

    def close(self) -> None:
        """Say that the body is over; raise BadRequest when it was cut."""
        if self._state != "end":
            raise BadRequest("The multipart body ends before its last boundary.")

    def _until_delimiter(self) -> tuple[bytes, str | None]:
        """Take bytes up to a delimiter; the state behind it, "" for text that only looks like one, None for more."""
        buffer, delimiter = self._buffer, self._delimiter
        at = buffer.find(delimiter)
        if at < 0:
            keep = min(len(buffer), len(delimiter) - 1)
            return self._take(len(buffer) - keep), None
        behind = at + len(delimiter)
        tail = bytes(buffer[behind : behind + _MAX_PADDING])
        if tail.startswith(b"--"):
            data = self._take(at)
            self._take(len(delimiter) + 2)
            return data, "end"
        line = re.match(rb"[ \t]*\r\n", tail)
        if line:
            data = self._take(at)
            # The line break stays: a part without headers begins with its empty line.
            self._take(len(delimiter) + line.end() - 2)
            return data, "headers"
        if len(tail) < _MAX_PADDING and re.fullmatch(rb"-|[ \t]*\r?", tail):
            return self._take(at), None
        return self._take(behind), ""

    def _headers(self) -> dict[str, str] | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise BadRequest("The headers of a part are too long.")
            return None
        if end > MAX_HEADER_BYTES:
            raise BadRequest("The headers of a part are too long.")
        headers = {}
        for line in re.sub(r"\r\n[ \t]+", " ", self._take(end).decode("utf-8", "replace")).split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
            elif line.strip():
                raise BadRequest("A header of a part has no colon.")
        self._take(4)
        # An empty body is followed by its delimiter at once, whose line break the empty line may be.
        if self._buffer.startswith(self._delimiter[2:]):
            self._buffer[:0] = b"\r\n"
        return headers

    def _take(self, n_bytes: int) -> bytes:
        data = bytes(self._buffer[:n_bytes])
        del self._buffer[:n_bytes]
        return data


def parts_of(parser: MultipartParser, chunks: Iterator[bytes]) -> Parts:
    """Yield each part's headers and its data while they arrive; what a reader leaves of a part is passed over."""
    events = (event for chunk in chunks for event in parser.feed(chunk))

    def data() -> Iterator[bytes]:
        for event in events:
            if isinstance(event, PartEnd):
                return
            if isinstance(event, PartData):
                yield event.data
        raise BadRequest("The multipart body ends inside a part.")

    n_parts = 0
    for event in events:
        if isinstance(event, PartBegin):
            n_parts += 1
            if n_parts > MAX_PARTS:
                raise BadRequest("The multipart body has too many parts.")
            part = data()
            yield event.headers, part
            for _rest in part:
                pass
    if not n_parts:
        raise BadRequest("The multipart body has no parts.")
    parser.close()


def part_head(boundary: str, headers: dict[str, str]) -> bytes:
    """Return what stands before a part's data."""
    # A line break in a value would begin a header of somebody else's making.
    lines = "".join(f"{name}: {_BREAKS.sub('', value)}\r\n" for name, value in headers.items())
    return f"\r\n--{boundary}\r\n{lines}\r\n".encode()


def closing(boundary: str) -> bytes:
    """Return what stands behind the last part."""
    return f"\r\n--{boundary}--\r\n".encode()
