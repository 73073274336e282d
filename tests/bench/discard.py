"""A receiver that accepts every association and instance, answers success and keeps nothing.

It shows the sender's own limit, so it does as little as can be done: it counts lengths and never looks at a data set.
When an association ends, the number of its instances is appended to a file.

    python tests/bench/discard.py PORT FILE
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from pathlib import Path

_QUICKACK = socket.TCP_QUICKACK if hasattr(socket, "TCP_QUICKACK") else 0


class _Stream:
    """Reads exact numbers of bytes from a socket through one large buffer."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._buffer = bytearray(1 << 20)
        self._view = memoryview(self._buffer)
        self._at = self._end = 0

    def take(self, n_bytes: int) -> memoryview:
        """Return the next bytes; they are valid until the next call. Raises EOFError."""
        if self._end - self._at < n_bytes:
            left = self._end - self._at
            self._view[:left] = bytes(self._view[self._at : self._end])
            self._at, self._end = 0, left
            while self._end < n_bytes:
                got = self._socket.recv_into(self._view[self._end :])
                if not got:
                    raise EOFError
                self._end += got
            if _QUICKACK:
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        self._at += n_bytes
        return self._view[self._at - n_bytes : self._at]


def _accept(request: bytes) -> bytes:
    """Answer A-ASSOCIATE-RQ: the first transfer syntax of every context (PS3.8 9.3.3)."""
    items = struct.pack(">BBH", 0x10, 0, 21) + b"1.2.840.10008.3.1.1.1"
    at = 68
    while at < len(request):
        kind, length = request[at], int.from_bytes(request[at + 2 : at + 4], "big")
        if kind == 0x20:
            inside = at + 8 + 4 + int.from_bytes(request[at + 10 : at + 12], "big")
            size = int.from_bytes(request[inside + 2 : inside + 4], "big")
            syntax = request[inside : inside + 4 + size]
            items += struct.pack(">BBHBBBB", 0x21, 0, 4 + len(syntax), request[at + 4], 0, 0, 0) + syntax
        at += 4 + length
    user = struct.pack(">BBHI", 0x51, 0, 4, 131072)
    user += struct.pack(">BBH", 0x52, 0, 6) + b"2.25.1"
    body = struct.pack(">H2x", 1) + request[4:68] + items + struct.pack(">BBH", 0x50, 0, len(user)) + user
    return struct.pack(">BBI", 2, 0, len(body)) + body


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def _command(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at < len(data):
        _group, number, length = struct.unpack_from("<HHI", data, at)
        found[number] = data[at + 8 : at + 8 + length]
        at += 8 + length
    return found


def _answer(context_id: int, rq: dict[int, bytes]) -> bytes:
    """Answer C-STORE or C-ECHO with success (PS3.7 9.3.1.2)."""
    code = struct.unpack("<H", rq[0x100])[0] | 0x8000
    elements = _element(2, rq[2]) + _element(0x100, struct.pack("<H", code)) + _element(0x120, rq[0x110])
    elements += _element(0x800, b"\1\1") + _element(0x900, b"\0\0")
    if 0x1000 in rq:
        elements += _element(0x1000, rq[0x1000])
    body = _element(0, struct.pack("<I", len(elements))) + elements
    return struct.pack(">BBIIBB", 4, 0, len(body) + 6, len(body) + 2, context_id, 3) + body


def _serve(connected: socket.socket, counts: Path) -> None:
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = _Stream(connected)
    command = b""
    rq: dict[int, bytes] = {}
    n_instances = 0
    try:
        while True:
            kind, length = struct.unpack(">BxI", stream.take(6))
            body = stream.take(length)
            if kind == 1:
                connected.sendall(_accept(bytes(body)))
            elif kind == 5:
                with counts.open("a") as out:
                    out.write(f"{n_instances}\n")
                connected.sendall(struct.pack(">BBII", 6, 0, 4, 0))
            elif kind != 4:
                return
            at = 0
            while kind == 4 and at < length:
                size, context_id, control = struct.unpack_from(">IBB", body, at)
                if control & 1:
                    command += bytes(body[at + 6 : at + 4 + size])
                    if control & 2:
                        rq, command = _command(command), b""
                if control & 2 and (not control & 1 or rq[0x800] == b"\1\1"):
                    n_instances += not control & 1
                    connected.sendall(_answer(context_id, rq))
                at += 4 + size
    except (EOFError, OSError):
        return
    finally:
        connected.close()


def main() -> None:
    """Listen until killed."""
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64) as listener:
        while True:
            connected, _address = listener.accept()
            threading.Thread(target=_serve, args=(connected, Path(sys.argv[2])), daemon=True).start()


if __name__ == "__main__":
    main()
