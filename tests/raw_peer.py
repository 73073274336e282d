"""How do tests misbehave on a DICOM port? A peer over a bare socket that sends exactly the bytes it is told to."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Self

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.dimse.messages import fragments
from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.items import ProposedContext, UserInformation
from lumenarc.protocol.ul.pdu import AssociateAc, AssociateRq, p_data_header

CT, ECHO = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
CONTEXTS = (
    ProposedContext(1, ECHO, (IMPLICIT,)),
    ProposedContext(3, CT, (EXPLICIT,)),
    ProposedContext(5, STUDY_FIND, (EXPLICIT,)),
    ProposedContext(7, CT, (DEFLATED,)),
)


def element(tag: int, vr: str, value: bytes | str) -> bytes:
    """Return an element in explicit VR little endian, padded to even length."""
    raw = value.encode("utf-8") if isinstance(value, str) else value
    raw += (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(raw) % 2)
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in ("OB", "OW", "UN", "SQ", "UT"):
        return head + struct.pack("<HI", 0, len(raw)) + raw
    return head + struct.pack("<H", len(raw)) + raw


def ct_image(uid: str, pixels: bytes = b"", /, **more: str) -> bytes:
    """Return a small data set in explicit VR little endian; `more` by lower-case keyword, None leaves one out."""
    study = more.get("study_uid", uid.rpartition(".")[0])
    return b"".join(
        (
            element(0x00080005, "CS", "ISO_IR 192"),
            element(0x00080016, "UI", more.get("sop_class_uid", CT)),
            element(0x00080018, "UI", uid),
            element(0x00080060, "CS", "CT"),
            element(0x00100010, "PN", more.get("patient_name", "Doe^Jane")),
            element(0x00100020, "LO", more.get("patient_id", "P1")),
            element(0x00100030, "DA", more.get("birth_date", "19700101")),
            element(0x0020000D, "UI", study),
            element(0x0020000E, "UI", more.get("series_uid", f"{study}.1")),
            struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, len(pixels)) + pixels if pixels else b"",
        )
    )


def part10(data_set: bytes, uid: str, syntax: str = EXPLICIT, sop_class: str = CT) -> bytes:
    """Return a DICOM file with a plain File Meta header, as any modality writes it."""
    meta = (
        element(0x00020001, "OB", b"\0\1")
        + element(0x00020002, "UI", sop_class)
        + element(0x00020003, "UI", uid)
        + element(0x00020010, "UI", syntax)
    )
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta)) + meta + data_set


class RawPeer:
    """A connected socket; nothing happens on it but what a test asks for."""

    def __init__(self, host: str, port: int, timeout_s: float = 60.0) -> None:
        self.socket = socket.create_connection((host, port), timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.accepted: AssociateAc | None = None
        self.max_send_bytes = 16384
        self._message_id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def receive(self, n_bytes: int) -> bytes | None:
        """Return exactly so many bytes, None when the connection ends before."""
        found = b""
        while len(found) < n_bytes:
            try:
                piece = self.socket.recv(n_bytes - len(found))
            except ConnectionError:
                return None
            if not piece:
                return None
            found += piece
        return found

    def pdu(self) -> tuple[int, bytes] | None:
        """Return type and body of the next PDU, None at the end of the connection."""
        head = self.receive(6)
        if head is None:
            return None
        body = self.receive(int.from_bytes(head[2:6], "big"))
        return None if body is None else (head[0], body)

    def ask(
        self,
        calling: str = "RAW",
        called: str = "LUMENARC",
        contexts: tuple[ProposedContext, ...] = CONTEXTS,
        max_length: int = 16384,
    ) -> tuple[int, bytes] | None:
        """Send an A-ASSOCIATE-RQ and return the answer."""
        rq = AssociateRq(called, calling, contexts, UserInformation(max_length, "1.2.826.0.1.3680043.9.7"))
        self.send(pdus.encode(rq))
        return self.pdu()

    def associate(self, calling: str = "RAW", called: str = "LUMENARC", max_length: int = 16384) -> Self:
        """Open an association; it must be accepted."""
        answer = self.ask(calling, called, max_length=max_length)
        assert answer is not None, "the connection was closed"
        assert answer[0] == 2, f"PDU type {answer[0]} instead of an acceptance: {answer[1].hex()}"
        accepted = pdus.decode(*answer)
        assert isinstance(accepted, AssociateAc)
        self.accepted = accepted
        self.max_send_bytes = accepted.user.max_length or 1 << 20
        return self

    def message(self, context_id: int, command: dict[int, object], data_set: Iterable[bytes] | None) -> Iterator[bytes]:
        """Return the bytes of a message in pieces."""
        for part in fragments(p_data_header, context_id, self.max_send_bytes, commands.encode(command), data_set):
            yield bytes(part)

    def response(self) -> Command | None:
        """Return the next command that comes, its data set skipped; None when the association ends."""
        command = bytearray()
        found: Command | None = None
        while True:
            answer = self.pdu()
            if answer is None or answer[0] != pdus.P_DATA:
                return None
            for pdv in pdus.split_p_data(memoryview(answer[1])):
                if pdv.is_command:
                    command += pdv.data
                    if pdv.is_last:
                        found = commands.decode(command)
                if pdv.is_last and found is not None and (not pdv.is_command or not found.has_data_set):
                    return found

    def echo(self) -> int:
        """Return the status of a C-ECHO, -1 when the association ended."""
        self._message_id += 1
        command = commands.request(commands.C_ECHO_RQ, self._message_id, ECHO, data_set=False)
        self.send(b"".join(self.message(1, command, None)))
        found = self.response()
        return -1 if found is None else found.status

    def store(self, data_set: bytes, uid: str, *, context_id: int = 3, sop_class: str = CT) -> int:
        """Return the status of a C-STORE, -1 when the association ended before it came."""
        self._message_id += 1
        command = commands.request(
            commands.C_STORE_RQ, self._message_id, sop_class, data_set=True, sop_instance_uid=uid
        )
        try:
            self.send(b"".join(self.message(context_id, command, [data_set])))
            found = self.response()
        except OSError:
            return -1
        return -1 if found is None else found.status

    def release(self) -> None:
        """End the association in good order; the answer must come."""
        self.send(pdus.encode(pdus.ReleaseRq()))
        answer = self.pdu()
        assert answer is not None
        assert answer[0] == pdus.RELEASE_RP
        self.socket.close()

    def is_closed(self, timeout_s: float) -> bool:
        """Wait until the other side has closed; what it still sends is passed over."""
        self.socket.settimeout(timeout_s)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True
