"""How does one association behave over a socket: release collisions, slow readers, cancels? (PS3.8 7.2, 9.2)"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from wire_in_memory import acceptance, drain, request

from lumenarc.errors import PeerFailed
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.messages import fragments
from lumenarc.protocol.ul.connection import Connection
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.protocol.ul.pdu import ReleaseRp, ReleaseRq, encode, p_data_header
from lumenarc.protocol.ul.states import State
from lumenarc.transport import association, wire
from lumenarc.transport.association import Association, AssociationEnded, Partners
from lumenarc.transport.wire import Timeouts, Wire

VERIFICATION = "1.2.840.10008.1.1"
PARTNERS = Partners("SCU", "ARC", "127.0.0.1", {1: Context(1, VERIFICATION, "1.2.840.10008.1.2", True, True)})
QUICK = Timeouts(artim_s=0.3, idle_s=0.3, dimse_s=0.3, send_s=0.3)
PATIENT = Timeouts(60, 60, 60, 60, 60)


@contextlib.contextmanager
def established(*, is_requestor: bool, timeouts: Timeouts = PATIENT) -> Iterator[tuple[Association, socket.socket]]:
    """Yield an association in Sta6 and the bare socket of its peer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.socket()
        theirs.settimeout(30)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)  # what is in flight stays little
        theirs.connect(listener.getsockname())
        ours, _address = listener.accept()
    connection = Connection(is_requestor=is_requestor, max_pdu_bytes=16384)
    if is_requestor:
        connection.connecting(request())
        connection.connected()
        connection.receive_data(encode(acceptance()))
    else:
        connection.connected()
        connection.receive_data(encode(request()))
        drain(connection)
        connection.accept(acceptance())
    drain(connection)
    connection.take_outgoing()
    assert connection.state is State.ESTABLISHED
    with ours, theirs:
        yield Association(connection, Wire(ours, timeouts), PARTNERS, timeouts), theirs


def message(values: dict[int, object], data_set: list[bytes] | None = None) -> bytes:
    return b"".join(bytes(part) for part in fragments(p_data_header, 1, 16384, commands.encode(values), data_set))


def read(theirs: socket.socket, n_bytes: int) -> bytes:
    found = b""
    while len(found) < n_bytes and (piece := theirs.recv(n_bytes - len(found))):
        found += piece
    return found


RQ, RP = encode(ReleaseRq()), encode(ReleaseRp())


@pytest.mark.parametrize("is_requestor", [True, False])
def test_a_release_is_answered(is_requestor: bool) -> None:
    with established(is_requestor=is_requestor) as (assoc, theirs):
        theirs.sendall(RP if is_requestor else RQ)
        if is_requestor:
            assoc.release()
            assert read(theirs, 10) == RQ
        else:
            theirs.shutdown(socket.SHUT_WR)
            assert assoc.next_message() is None
            assert read(theirs, 10) == RP
        assert not assoc.is_open


def test_a_release_collision_of_the_requestor() -> None:
    """Sta9: it answers first, then waits for the answer (AR-9, AR-3)."""
    with established(is_requestor=True) as (assoc, theirs):
        theirs.sendall(RQ + RP)
        assoc.release()
        assert read(theirs, 20) == RQ + RP
        assert theirs.recv(1) == b""


def test_a_release_collision_of_the_acceptor() -> None:
    """Sta10: it waits for the answer to its own request before it answers (AR-10, AR-4)."""
    with established(is_requestor=False) as (assoc, theirs):
        theirs.sendall(RQ + RP)
        theirs.shutdown(socket.SHUT_WR)
        assoc.release()
        assert read(theirs, 20) == RQ + RP
        assert theirs.recv(1) == b""


def test_an_acceptor_does_not_answer_before_it_is_answered() -> None:
    with established(is_requestor=False, timeouts=QUICK) as (assoc, theirs):
        theirs.sendall(RQ)
        assoc.release()
        assert read(theirs, 20) == RQ + bytes.fromhex("07000000000400000200"), "an abort when ARTIM is over"


def test_late_data_cannot_keep_a_release_from_ending() -> None:
    late = message(commands.request(commands.C_ECHO_RQ, 1, VERIFICATION, data_set=False))
    with established(is_requestor=True, timeouts=QUICK) as (assoc, theirs):

        def chatter() -> None:
            with contextlib.suppress(OSError):
                while True:
                    theirs.sendall(late)

        thread = threading.Thread(target=chatter)
        thread.start()
        assoc.release()
        thread.join(30)
        assert not thread.is_alive()
        assert not assoc.is_open


def test_an_unanswered_release_ends() -> None:
    with established(is_requestor=True, timeouts=QUICK) as (assoc, theirs):
        assoc.release()
        assert read(theirs, 20)[:10] == RQ
        assert not assoc.is_open


def test_a_cancel_is_seen_between_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "_LOOK_EVERY_S", 0.0)
    with established(is_requestor=False) as (assoc, theirs):
        theirs.sendall(message(commands.request(commands.C_FIND_RQ, 7, "1.2", data_set=True), [b"querys"]))
        found = assoc.next_message()
        assert found is not None
        assert assoc.read_data_set(100) == b"querys"
        assert not assoc.is_cancelled(7)
        theirs.sendall(message(commands.cancel(6)))
        assert not assoc.is_cancelled(7)
        theirs.sendall(message(commands.cancel(7))[:-3])
        assert not assoc.is_cancelled(7)
        theirs.sendall(message(commands.cancel(7))[-3:])
        assert assoc.is_cancelled(7)


def test_a_request_that_comes_early_waits_its_turn() -> None:
    early = message(commands.request(commands.C_FIND_RQ, 8, "1.2", data_set=True), [b"second"])
    with established(is_requestor=False) as (assoc, theirs):
        theirs.sendall(early)
        assert not assoc.is_cancelled(7)
        found = assoc.next_message()
        assert found is not None
        assert (found.command.message_id, assoc.read_data_set(100)) == (8, b"second")


def test_a_slow_answer_does_not_count_against_the_next_message() -> None:
    """Between messages the clock of a message stands still, however long the answer takes."""
    with established(is_requestor=False, timeouts=Timeouts(60, 60, 60, 0.2, 60)) as (assoc, theirs):
        theirs.sendall(message(commands.request(commands.C_FIND_RQ, 7, "1.2", data_set=True), [b"querys"]))
        assert assoc.next_message() is not None
        assoc.skip_data_set()
        assert not threading.Event().wait(0.4)
        theirs.sendall(message(commands.cancel(7)))
        assert assoc.is_cancelled(7)


def test_a_data_set_is_skipped_by_asking_for_the_next_message() -> None:
    store = commands.request(commands.C_STORE_RQ, 1, "1.2", data_set=True, sop_instance_uid="1.3")
    with established(is_requestor=False) as (assoc, theirs):
        thread = threading.Thread(target=theirs.sendall, args=(message(store, [bytes(200_000)]) * 2,))
        thread.start()
        assert assoc.next_message() is not None
        next(assoc.data_set())
        found = assoc.next_message()
        assert found is not None
        assert sum(len(piece) for piece in assoc.data_set()) == 200_000
        thread.join()


def test_a_peer_that_takes_bytes_too_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's own time-out begins anew with every byte that is taken."""
    monkeypatch.setattr(wire, "LEAST_BYTES_PER_S", 1 << 40)
    with established(is_requestor=False, timeouts=QUICK) as (assoc, theirs):
        over = threading.Event()

        def sip() -> None:
            while not over.wait(0.02):
                theirs.recv(16384)

        thread = threading.Thread(target=sip)
        thread.start()
        try:
            with pytest.raises(AssociationEnded, match="took no bytes in time"):
                assoc.send(1, {0x100: 0x8020, 0x120: 1, 0x800: 1, 0x900: 0xFF00}, [bytes(32 << 20)])
        finally:
            over.set()
            thread.join()


def test_a_lost_connection_is_an_error_with_one_sentence() -> None:
    with established(is_requestor=False) as (assoc, theirs):
        theirs.close()
        with pytest.raises(PeerFailed, match="The peer closed the connection"):
            assoc.next_message()
    with established(is_requestor=False) as (assoc, theirs):
        assoc.shut_down()
        with pytest.raises(AssociationEnded):
            assoc.next_message()
