"""Do two Connections joined in memory play whole associations as PS3.8 7 and 9.2 describe them?"""

from __future__ import annotations

import pytest
from wire_in_memory import Pair, acceptance, drain, request

from lumenarc.protocol.ul.connection import Aborted, Connection
from lumenarc.protocol.ul.failures import LocalError
from lumenarc.protocol.ul.negotiation import CALLED_UNKNOWN
from lumenarc.protocol.ul.pdu import Abort, ReleaseRp, ReleaseRq, encode
from lumenarc.protocol.ul.states import State

CUTS = pytest.mark.parametrize("cut", [1, 7, 1 << 20])


@CUTS
def test_accept_data_both_ways_release(cut: int) -> None:
    pair = Pair(cut)
    pair.establish()
    for side in (pair.scu, pair.scp):
        data = side.fragment_header(1, 1, 3) + b"abc" + side.fragment_header(1, 2, 0)
        assert pair.carry(side, data) == [(1, True, False, b"abc"), (1, False, True, b"")]
    pair.scu.release()
    assert pair.carry(pair.scu) == [ReleaseRq()]
    # The acceptor may still send what it owes (AR-7), and the requestor takes it (AR-6).
    late = pair.scp.fragment_header(1, 3, 1) + b"x"
    assert pair.carry(pair.scp, late) == [(1, True, True, b"x")]
    pair.scp.release_response()
    assert pair.carry(pair.scp) == [ReleaseRp()]
    assert (pair.scu.should_close, pair.scu.state) == (True, State.IDLE)
    assert pair.scp.needs_timer
    pair.scp.received(0)
    assert (pair.scp.should_close, pair.scp.state, drain(pair.scp)) == (True, State.IDLE, [])


@CUTS
def test_reject(cut: int) -> None:
    pair = Pair(cut)
    pair.scu.connecting(request())
    pair.scp.connected()
    pair.scu.connected()
    pair.carry(pair.scu)
    pair.scp.reject(CALLED_UNKNOWN)
    assert pair.carry(pair.scp) == [CALLED_UNKNOWN]
    assert (pair.scu.should_close, pair.scp.needs_timer) == (True, True)
    pair.scp.timer_expired()  # the requestor never closed: ARTIM does
    assert (pair.scp.should_close, pair.scp.state) == (True, State.IDLE)


def test_release_collision() -> None:
    pair = Pair()
    pair.establish()
    pair.scu.release()
    pair.scp.release()
    from_scu, from_scp = pair.scu.take_outgoing(), pair.scp.take_outgoing()
    assert pair.carry(pair.scu, from_scu) == [ReleaseRq()]
    assert pair.carry(pair.scp, from_scp) == [ReleaseRq()]
    assert (pair.scu.state, pair.scp.state) == (State.COLLISION_REQUESTOR, State.COLLISION_ACCEPTOR)
    with pytest.raises(LocalError):
        pair.scp.release_response()  # the requestor answers first
    pair.scu.release_response()
    assert pair.carry(pair.scu) == [ReleaseRp()]
    assert pair.scp.state is State.COLLISION_ACCEPTOR_ANSWERED
    pair.scp.release_response()
    assert pair.carry(pair.scp) == [ReleaseRp()]
    assert (pair.scu.state, pair.scp.state) == (State.IDLE, State.CLOSING)
    assert pair.scu.should_close


@pytest.mark.parametrize(("source", "reason"), [(0, 0), (2, 0), (2, 1), (2, 2), (2, 4), (2, 5), (2, 6)])
def test_abort_by_either_side(source: int, reason: int) -> None:
    for requestor_aborts in (True, False):
        pair = Pair()
        pair.establish()
        aborting, other = (pair.scu, pair.scp) if requestor_aborts else (pair.scp, pair.scu)
        aborting.abort(source, reason)
        (heard,) = pair.carry(aborting)
        assert isinstance(heard, Aborted)
        assert (heard.by_peer, heard.source, heard.reason) == (True, source, reason)
        assert other.should_close
        assert aborting.needs_timer
        aborting.abort()  # a second one has nothing to say
        assert aborting.take_outgoing() == b""


def test_artim_closes_who_never_asks() -> None:
    connection = Connection(is_requestor=False, max_pdu_bytes=16384)
    connection.connected()
    connection.receive_data(encode(request())[:40])
    assert (connection.next_event(), connection.needs_timer) == (None, True)
    connection.timer_expired()
    assert (connection.should_close, connection.next_event(), connection.take_outgoing()) == (True, None, b"")


def test_artim_does_not_run_in_an_association() -> None:
    pair = Pair()
    pair.establish()
    pair.scp.timer_expired()
    assert pair.scp.state is State.ESTABLISHED


def test_the_end_of_the_connection_within_an_association_is_told() -> None:
    pair = Pair()
    pair.establish()
    pair.scp.receive_data(b"\4\0\0")
    pair.scp.received(0)
    (heard,) = drain(pair.scp)
    assert isinstance(heard, Aborted)
    assert heard.by_peer
    assert pair.scp.should_close


def test_data_behind_an_abort_is_not_read() -> None:
    pair = Pair()
    pair.establish()
    pair.scu.abort()
    heard = pair.carry(pair.scu, bytes.fromhex("0400000000060000000201FF") * 3)
    assert [type(event) for event in heard] == [Aborted]


def test_whatever_comes_after_our_own_abort_is_ignored() -> None:
    pair = Pair()
    pair.establish()
    pair.scp.abort(2, 6)
    pair.scp.take_outgoing()
    data = pair.scu.fragment_header(1, 3, 1) + b"x"
    assert pair.carry(pair.scu, data * 50) == []
    assert pair.scp.take_outgoing() == b""
    assert pair.scp.needs_timer


@pytest.mark.parametrize(
    ("asked", "sent"), [(0, 1 << 20), (1, 128), (127, 128), (128, 128), (16384, 16384), (1 << 31, 1 << 20)]
)
def test_what_the_peer_takes_bounds_what_is_sent(asked: int, sent: int) -> None:
    pair = Pair()
    pair.establish(asked)
    assert (pair.scu.max_send_bytes, pair.scp.max_send_bytes) == (sent, sent)


@pytest.mark.parametrize(("n_bytes", "taken"), [(16378, True), (16442, True), (16443, False)])
def test_a_pdu_over_our_limit_ends_the_association(n_bytes: int, taken: bool) -> None:
    pair = Pair()
    pair.establish()
    heard = pair.carry(pair.scu, pair.scu.fragment_header(1, 0, n_bytes) + bytes(n_bytes))
    assert (heard == [(1, False, False, bytes(n_bytes))]) is taken
    assert isinstance(heard[0], Aborted) is not taken


def test_fragments_stay_where_they_were_received() -> None:
    """Slices of the receive buffer, not copies: that is what makes receiving fast."""
    pair = Pair()
    pair.establish()
    data = pair.scu.fragment_header(1, 2, 1000) + bytes(1000)
    room = pair.scp.writable()
    room[: len(data)] = data
    pair.scp.received(len(data))
    event = pair.scp.next_event()
    assert event is not None
    assert event.data.obj is room.obj  # type: ignore[union-attr]


def test_the_buffer_stays_bounded() -> None:
    pair = Pair(cut=5000)
    pair.establish()
    piece = pair.scu.fragment_header(1, 0, 16378) + bytes(16378)
    for _ in range(100):
        pair.carry(pair.scu, piece * 3)
    assert len(pair.scp.writable().obj) <= 2 * (16384 + 64)  # type: ignore[arg-type]


def test_nothing_is_sent_outside_an_association() -> None:
    connection = Connection(is_requestor=True, max_pdu_bytes=16384)
    for attempt in (
        lambda: connection.fragment_header(1, 3, 0),
        lambda: connection.accept(acceptance()),
        connection.release,
        connection.release_response,
        connection.connected,
    ):
        with pytest.raises(LocalError):
            attempt()
    connection.abort()
    connection.timer_expired()
    assert connection.take_outgoing() == b""


def test_an_abort_with_reason_is_encoded() -> None:
    assert encode(Abort(2, 6)) == bytes.fromhex("07000000000400000206")
