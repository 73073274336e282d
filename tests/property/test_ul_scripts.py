"""Do PDUs survive writing and reading, however they are cut, and do both sides agree whatever they do? (PS3.8 9)"""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from wire_in_memory import Pair, acceptance, drain, request

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.messages import Assembler, fragments
from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.connection import Aborted, Connection
from lumenarc.protocol.ul.failures import LocalError, RemoteError
from lumenarc.protocol.ul.items import CommonExtended, ContextResult, ProposedContext, UserIdentity, UserInformation
from lumenarc.protocol.ul.pdu import Abort, AssociateAc, AssociateRj, AssociateRq, Pdu, Pdv, ReleaseRp, ReleaseRq
from lumenarc.protocol.ul.states import State

UIDS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,4}){0,6}", fullmatch=True)
TITLES = st.from_regex(r"[!-~]([ -~]{0,14}[!-~])?", fullmatch=True)
BYTE, WORD, LONG = st.integers(0, 255), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
FLAGS = st.tuples(st.booleans(), st.booleans())
USERS = st.builds(
    UserInformation,
    max_length=LONG,
    implementation_uid=UIDS,
    implementation_version=TITLES,
    async_window=st.none() | st.tuples(WORD, WORD),
    roles=st.dictionaries(UIDS, FLAGS, max_size=3),
    extended=st.dictionaries(UIDS, st.binary(max_size=9), max_size=3),
    common_extended=st.lists(
        st.builds(CommonExtended, UIDS, UIDS, st.lists(UIDS, max_size=3).map(tuple)), max_size=2
    ).map(tuple),
    identity=st.none() | st.builds(UserIdentity, BYTE, st.binary(max_size=300), st.binary(max_size=20), st.booleans()),
    identity_response=st.none() | st.binary(max_size=300),
)
PROPOSED = st.lists(
    st.builds(ProposedContext, BYTE, UIDS, st.lists(UIDS, max_size=4).map(tuple)), max_size=6, unique_by=lambda c: c.id
).map(tuple)
RESULTS = st.lists(st.builds(ContextResult, BYTE, BYTE, UIDS), max_size=6).map(tuple)
PDUS: st.SearchStrategy[Pdu] = st.one_of(
    st.builds(AssociateRq, TITLES, TITLES, PROPOSED, USERS, UIDS, WORD),
    st.builds(AssociateAc, TITLES, TITLES, RESULTS, USERS, UIDS, WORD),
    st.builds(AssociateRj, BYTE, BYTE, BYTE),
    st.just(ReleaseRq()),
    st.just(ReleaseRp()),
    st.builds(Abort, BYTE, BYTE),
)


@given(PDUS)
def test_pdus_come_back(pdu: Pdu) -> None:
    raw = pdus.encode(pdu)
    assert len(raw) == 6 + int.from_bytes(raw[2:6], "big")
    assert pdus.decode(raw[0], raw[6:]) == pdu


@given(PDUS, st.integers(0, 400), BYTE, st.sampled_from(["cut", "flip", "insert"]))
def test_a_damaged_pdu_is_read_or_refused(pdu: Pdu, at: int, byte: int, how: str) -> None:
    """Never anything but a PDU or RemoteError, whatever the bytes."""
    body = bytearray(pdus.encode(pdu)[6:])
    at %= len(body)
    body[at : at + (how == "flip")] = b"" if how == "cut" else bytes((byte,))
    with contextlib.suppress(RemoteError):
        pdus.decode(pdus.encode(pdu)[0], bytes(body[:at] if how == "cut" else body))


@given(st.binary(max_size=200), st.integers(1, 200))
def test_random_bytes_end_in_an_abort_or_wait_for_more(data: bytes, cut: int) -> None:
    connection = Connection(is_requestor=False, max_pdu_bytes=4096)
    connection.connected()
    for at in range(0, len(data), cut):
        connection.receive_data(data[at : at + cut])
        drain(connection)
    assert connection.state in (State.OPEN, State.CLOSING, State.IDLE, State.AWAIT_RESPONSE)
    assert len(connection.take_outgoing()) <= 10 * max(1, len(data) // 6)


@given(
    st.lists(st.tuples(st.binary(max_size=300), st.booleans()), max_size=4),
    st.lists(st.integers(1, 97), min_size=1, max_size=8),
    st.sampled_from([8, 33, 128, 16384]),
)
def test_messages_survive_random_cuts(messages: list[tuple[bytes, bool]], cuts: list[int], limit: int) -> None:
    pair = Pair()
    pair.establish()
    sent = b"".join(
        bytes(part)
        for number, (data, has) in enumerate(messages, 1)
        for part in fragments(
            pair.scu.fragment_header,
            1,
            limit,
            commands.encode(commands.request(0x20, number, "1.2", data_set=has)),
            [data] if has else None,
        )
    )
    assembler, found, at, turn = Assembler(), list[tuple[int, bytearray]](), 0, 0
    while at < len(sent):
        n_bytes = cuts[turn % len(cuts)]
        pair.scp.receive_data(sent[at : at + n_bytes])
        at, turn = at + n_bytes, turn + 1
        while (event := pair.scp.next_event()) is not None:
            assert isinstance(event, Pdv)
            taken: Any = assembler.take(event)
            if taken is not None and hasattr(taken, "command"):
                found.append((taken.command.message_id, bytearray()))
            elif taken is not None:
                found[-1][1].extend(taken.data)
    assert assembler.is_between_messages
    assert [(number, bytes(data)) for number, data in found] == [
        (number, data + b"\0" * (len(data) % 2) if has else b"") for number, (data, has) in enumerate(messages, 1)
    ]


ACTIONS = st.sampled_from(
    ["connect", "accept", "reject", "data", "data", "release", "respond", "abort", "timer", "deliver", "deliver"]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(["scu", "scp"]), ACTIONS), max_size=40), st.booleans())
def test_random_scripts_of_both_sides(script: list[tuple[str, str]], established: bool) -> None:
    """Whatever both do, in any order: neither sees a protocol violation by the other, and both come to rest."""
    pair, heard = Pair(), []
    sides = {"scu": pair.scu, "scp": pair.scp}
    waiting = {"scu": b"", "scp": b""}
    if established:
        pair.establish()
    else:
        pair.scu.connecting(request())
        pair.scp.connected()
    for name, action in script:
        side, other = sides[name], sides["scp" if name == "scu" else "scu"]
        data = b""
        with contextlib.suppress(LocalError):  # not possible now: nothing may have happened then
            if action == "data":
                data = side.fragment_header(1, 3, 2) + b"ok"
            elif action == "accept":
                side.accept(acceptance())
            elif action == "reject":
                side.reject(AssociateRj(1, 1, 1))
            elif action in ("abort", "release", "timer"):
                {"abort": side.abort, "release": side.release, "timer": side.timer_expired}[action]()
            elif action == "respond":
                side.release_response()
            elif action == "connect" and side is pair.scu:
                side.connected()
        if pair.scu.state is not State.CONNECTING:
            waiting[name] += side.take_outgoing() + data
        if action == "deliver" and waiting[name] and not other.should_close:
            other.receive_data(waiting[name])
            waiting[name] = b""
            heard += drain(other)
    assert not [event for event in heard if isinstance(event, Aborted) and not event.by_peer]
    for side in sides.values():
        side.received(0)
        drain(side)
        assert side.state is State.IDLE
