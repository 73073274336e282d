"""Do messages survive being cut into fragments and put together again, in all sizes? (PS3.7 6.3, PS3.8 Annex E)"""

from __future__ import annotations

from itertools import pairwise

import pytest
from wire_in_memory import Pair

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.messages import Assembler, Chunk, Fragment, Message, fragments
from lumenarc.protocol.ul.failures import RemoteError
from lumenarc.protocol.ul.pdu import PDU_AND_PDV, Pdv, p_data_header

STORE = commands.request(1, 7, "1.2.840.10008.5.1.4.1.1.2", data_set=True, sop_instance_uid="1.2.3")
ECHO = commands.request(0x30, 7, "1.2.840.10008.1.1", data_set=False)


def pdv(data: bytes, *, command: bool, last: bool, context: int = 1) -> Pdv:
    return Pdv(context, command, last, memoryview(data))


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)] or [b""]


@pytest.mark.parametrize("limit", [8, 9, 128, 129, 16384])
@pytest.mark.parametrize("extra", [-7, -6, -5, -1, 0, 1, 2])
def test_sizes_around_the_limit(limit: int, extra: int) -> None:
    data = bytes(range(256)) * 200
    data = data[: max(0, 2 * (limit - 6) + extra)]
    whole = data + b"\0" * (len(data) % 2)  # fragments are even (PS3.8 E.2)
    for chunk_bytes in (1, 3, limit - 6, 65536):
        parts = [
            bytes(part) for part in fragments(p_data_header, 1, limit, commands.encode(STORE), cut(data, chunk_bytes))
        ]
        headers, pieces = parts[::2], parts[1::2]
        assert all(len(header) + len(piece) - 6 <= limit for header, piece in zip(headers, pieces, strict=True))
        controls = [header[11] for header in headers]
        n_command = sum(control & 1 for control in controls)
        assert controls[:n_command] == [1] * (n_command - 1) + [3]
        assert controls[n_command:] == [0] * (len(controls) - n_command - 1) + [2]
        assert b"".join(pieces) == commands.encode(STORE) + whole
        assert not any(len(piece) % 2 for piece in pieces)
        for header, piece in zip(headers, pieces, strict=True):
            assert PDU_AND_PDV.unpack(header)[1:3] == (len(piece) + 6, len(piece) + 2)


def test_a_message_without_data_set_ends_with_its_command() -> None:
    parts = [bytes(part) for part in fragments(p_data_header, 9, 16384, commands.encode(ECHO), None)]
    assert [(parts[0][10], parts[0][11])] == [(9, 3)]
    assert len(parts) == 2


@pytest.mark.parametrize("data_set", [[], [b""], [b"", b""]])
def test_an_empty_data_set_is_one_empty_last_fragment(data_set: list[Chunk]) -> None:
    parts = [bytes(part) for part in fragments(p_data_header, 1, 16384, commands.encode(STORE), data_set)]
    assert (parts[2][11], parts[3], len(parts)) == (2, b"", 4)


def test_nothing_is_copied() -> None:
    data = bytearray(100_000)
    pieces = [part for part in fragments(p_data_header, 1, 16384, b"cmd", [data]) if isinstance(part, memoryview)]
    assert {id(piece.obj) for piece in pieces[1:]} == {id(data)}


@pytest.mark.parametrize("wire_cut", [1, 11, 13, 1 << 20])
@pytest.mark.parametrize("max_length", [128, 0])
def test_over_a_connection(wire_cut: int, max_length: int) -> None:
    """One byte at a time, the smallest PDU, and no limit at all (0): the message that arrives is the one sent."""
    pair = Pair(wire_cut, max_pdu_bytes=1 << 21 if not max_length else 16384)
    pair.establish(max_length)
    data = bytes(range(256)) * 3 if wire_cut == 1 else bytes(range(256)) * 4096
    sent = b"".join(
        bytes(part)
        for part in fragments(pair.scu.fragment_header, 1, pair.scu.max_send_bytes, commands.encode(STORE), [data])
    )
    assembler, found, got = Assembler(), [], bytearray()
    for heard in pair.carry(pair.scu, sent):
        assert isinstance(heard, tuple)
        context, is_command, is_last, piece = heard
        taken = assembler.take(pdv(bytes(piece), command=is_command, last=is_last, context=context))
        if isinstance(taken, Message):
            found.append(taken)
        elif isinstance(taken, Fragment):
            got += taken.data
    assert found == [Message(1, commands.Command(STORE))]
    assert bytes(got) == data
    assert assembler.is_between_messages


def test_a_command_one_byte_at_a_time() -> None:
    assembler, raw = Assembler(), commands.encode(ECHO)
    for at in range(len(raw) - 1):
        assert assembler.take(pdv(raw[at : at + 1], command=True, last=False)) is None
        assert not assembler.is_between_messages
    assert assembler.take(pdv(raw[-1:], command=True, last=True)) == Message(1, commands.Command(ECHO))
    assert assembler.is_between_messages


FIRST = pdv(commands.encode(STORE), command=True, last=True)


@pytest.mark.parametrize(
    ("sequence", "why"),
    [
        ([pdv(b"x", command=False, last=True)], "without a command"),
        ([FIRST, pdv(b"", command=True, last=True)], "interrupted"),
        ([FIRST, pdv(b"", command=False, last=False, context=3)], "interrupted"),
        ([pdv(b"x", command=True, last=False), pdv(b"x", command=True, last=True, context=3)], "changes"),
        ([pdv(b"x", command=True, last=False), pdv(b"x", command=False, last=True)], "without a command"),
        ([pdv(bytes(1 << 16), command=True, last=False), pdv(b"x", command=True, last=False)], "longer"),
        ([pdv(b"", command=True, last=True)], "no Command Field"),
    ],
)
def test_what_annex_e_forbids(sequence: list[Pdv], why: str) -> None:
    assembler = Assembler()
    for before in sequence[:-1]:
        assembler.take(before)
    with pytest.raises(RemoteError, match=why):
        assembler.take(sequence[-1])


def test_fragments_of_an_unlimited_peer_are_bounded() -> None:
    pair = Pair()
    pair.establish(0)
    data = bytes(3 << 20)
    headers = list(fragments(pair.scu.fragment_header, 1, pair.scu.max_send_bytes, b"c", [data]))[::2]
    sizes = [PDU_AND_PDV.unpack(bytes(header))[1] for header in headers]
    assert max(sizes) == 1 << 20
    assert all(earlier >= later for earlier, later in pairwise(sizes[1:]))
