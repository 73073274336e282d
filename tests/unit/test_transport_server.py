"""Does the DICOM listener keep its limits and its patience, whatever peers do to it? (PS3.8 9.1.5, PS3.7 9)"""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from dimse_server import TITLE, Recorder, serving
from lumenarc.errors import Unavailable
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.items import ProposedContext, UserInformation
from lumenarc.protocol.ul.pdu import AssociateRj, AssociateRq, encode, p_data_header
from lumenarc.transport.association import Association
from lumenarc.transport.board import Board
from lumenarc.transport.lobby import Lobby, Visitor
from lumenarc.transport.requests import Admitted, Caller, Response, StoreSink
from lumenarc.transport.server import Server, ServerOptions
from lumenarc.transport.wire import Timeouts
from raw_peer import CONTEXTS, CT, IMPLICIT, STUDY_FIND, RawPeer

PATIENT = Timeouts(artim_s=60, idle_s=60, dimse_s=60, send_s=60)
OPTIONS = ServerOptions(timeouts=PATIENT)


def quick(**seconds: float) -> ServerOptions:
    return ServerOptions(timeouts=replace(PATIENT, **seconds))


def peer(server: Server, host: str = "127.0.0.1") -> RawPeer:
    return RawPeer(host, server.port)


def joined(server: Server) -> RawPeer:
    return peer(server).associate(called=TITLE)


def find_request() -> dict[int, object]:
    return commands.request(commands.C_FIND_RQ, 7, STUDY_FIND, data_set=True)


def refusal(answer: tuple[int, bytes] | None) -> AssociateRj:
    assert answer is not None
    found = pdus.decode(*answer)
    assert isinstance(found, AssociateRj)
    return found


def test_echo_store_release() -> None:
    recorder = Recorder()
    with serving(recorder, OPTIONS) as server, joined(server) as raw:
        assert raw.echo() == 0
        assert raw.store(b"abcdef" * 50_000, "1.2.3") == 0
        assert raw.echo() == 0
        raw.release()
    assert [(uid, data) for uid, _syntax, data in recorder.stored] == [("1.2.3", b"abcdef" * 50_000)]


def test_one_byte_at_a_time() -> None:
    recorder = Recorder()
    with serving(recorder, OPTIONS) as server, peer(server) as raw:
        rq = AssociateRq(TITLE, "SLOW", CONTEXTS, UserInformation(128, "1.2"))
        command = commands.request(commands.C_STORE_RQ, 1, CT, data_set=True, sop_instance_uid="1.2.3")
        for byte in encode(rq) + b"".join(raw.message(3, command, [b"data"])):
            raw.send(bytes((byte,)))
        answer = raw.pdu()
        assert answer is not None
        assert answer[0] == pdus.ASSOCIATE_AC
        found = raw.response()
        assert found is not None
        assert found.status == 0
    assert recorder.stored[0][2] == b"data"


@pytest.mark.parametrize(
    ("version", "context", "called", "expected"),
    [
        (1, "1.2.840.10008.3.1.1.1", "NOBODY", AssociateRj(1, 1, 7)),
        (2, "1.2.840.10008.3.1.1.1", TITLE, AssociateRj(1, 2, 2)),
        (1, "1.2.3", TITLE, AssociateRj(1, 1, 2)),
    ],
)
def test_rejections(version: int, context: str, called: str, expected: AssociateRj) -> None:
    with serving(Recorder(), OPTIONS) as server, peer(server) as raw:
        raw.send(encode(AssociateRq(called, "RAW", CONTEXTS, UserInformation(), context, version)))
        assert refusal(raw.pdu()) == expected


def test_the_limit_is_said_and_slots_come_back() -> None:
    with serving(Recorder(), replace(OPTIONS, max_associations=2)) as server:
        first, second = joined(server), joined(server)
        with peer(server) as third:
            assert refusal(third.ask(called=TITLE)) == AssociateRj(2, 3, 2)
        first.release()
        second.send(encode(pdus.Abort(0, 0)))
        assert second.is_closed(10)
        for _attempt in range(100):
            with peer(server) as fourth:
                answer = fourth.ask(called=TITLE)
                if answer is not None and answer[0] == pdus.ASSOCIATE_AC:
                    break
        else:
            pytest.fail("the slots never came back")


def own_address() -> str:
    """Return an address of this machine that is not loopback; nothing is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))
        return str(probe.getsockname()[0])


def test_one_machine_cannot_take_all_slots() -> None:
    with serving(Recorder(), replace(OPTIONS, host="0.0.0.0", max_associations_per_ip=2)) as server:
        host = own_address()
        held = [peer(server, host).associate(called=TITLE) for _ in range(2)]
        with peer(server, host) as third:
            assert refusal(third.ask(called=TITLE)) == AssociateRj(2, 3, 2)
        others = [joined(server) for _ in range(4)]  # loopback is one machine with many programs
        assert [raw.echo() for raw in (*held, *others)] == [0] * 6
        for raw in (*held, *others):
            raw.socket.close()


@pytest.mark.parametrize("first", [b"", b"\1\0\0", encode(AssociateRq(TITLE, "RAW", CONTEXTS, UserInformation()))[:-1]])
def test_artim_closes_who_does_not_ask(first: bytes) -> None:
    with serving(Recorder(), quick(artim_s=0.2)) as server, peer(server) as raw:
        raw.send(first)
        assert raw.is_closed(30)


def test_half_open_sockets_take_no_slot() -> None:
    with serving(Recorder(), replace(OPTIONS, max_associations=1)) as server:
        silent = [peer(server) for _ in range(100)]
        for raw in silent:
            raw.send(b"\1\0\0")
        with joined(server) as raw:
            assert raw.echo() == 0
        for raw in silent:
            raw.socket.close()


@pytest.mark.parametrize("before", ["nothing", "echo", "half a message"])
def test_silence_ends_an_association(before: str) -> None:
    recorder = Recorder()
    with serving(recorder, quick(idle_s=0.2)) as server, joined(server) as raw:
        if before == "echo":
            assert raw.echo() == 0
        elif before == "half a message":
            command = commands.request(commands.C_STORE_RQ, 1, CT, data_set=True, sop_instance_uid="1.2.3")
            raw.send(b"".join(raw.message(3, command, [bytes(100)]))[:-1])
        assert raw.pdu() == (pdus.ABORT, b"\0\0\2\0")
        assert raw.is_closed(10)
    assert recorder.n_aborted == (before == "half a message")


def test_a_byte_now_and_then_is_not_progress() -> None:
    """Each byte comes within the idle time-out; the message as a whole does not come within its own."""
    with serving(Recorder(), quick(dimse_s=0.3)) as server, joined(server) as raw:
        command = commands.request(commands.C_STORE_RQ, 1, CT, data_set=True, sop_instance_uid="1.2.3")
        sent = b"".join(raw.message(3, command, [bytes(5000)]))
        for byte in sent:
            raw.send(bytes((byte,)))
            if raw.is_closed(0.02):
                return
        pytest.fail("a trickle was listened to for longer than a message may take")


@pytest.mark.parametrize("n_bytes", [0, 1000])
def test_fragments_without_end(n_bytes: int) -> None:
    recorder = Recorder()
    with serving(recorder, replace(OPTIONS, max_message_bytes=1 << 20)) as server, joined(server) as raw:
        command = commands.request(commands.C_STORE_RQ, 1, CT, data_set=True, sop_instance_uid="1.2.3")
        raw.send(b"".join(list(raw.message(3, command, [b"x"]))[:2]))
        piece = (p_data_header(3, 0, n_bytes) + bytes(n_bytes)) * 1000
        for n_sent in count():
            try:
                raw.send(piece)
            except OSError:
                break
            assert n_sent * len(piece) < 100 << 20, "it was never told to stop"
    assert (recorder.n_aborted, recorder.stored) == (1, [])


def test_a_request_too_large_is_refused_and_the_next_one_served() -> None:
    recorder = Recorder(answers=[Response(0)])
    with serving(recorder, replace(OPTIONS, max_data_set_bytes=1000)) as server, joined(server) as raw:
        raw.send(b"".join(raw.message(5, find_request(), [bytes(100_000)])))
        found = raw.response()
        assert found is not None
        assert (found.status, found.error_comment) == (0xC003, "The data set of the request is larger than allowed.")
        assert raw.echo() == 0
    assert [rq.name for rq, _ in recorder.requests] == ["C-ECHO-RQ"]


def endless() -> Iterator[Response]:
    for _ in range(100_000):
        yield Response(0xFF00, bytes(10_000))


class Endless(Recorder):
    """Answers a query with a gigabyte, until nobody listens any more."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()

    def handle(self, assoc: Association, context: object, rq: commands.Command, data_set: bytes) -> Iterator[Response]:
        try:
            for answer in endless():
                self.n_yielded += 1
                yield answer
        finally:
            self.closed.set()


def test_a_peer_that_stops_reading_is_left() -> None:
    handler = Endless()
    with serving(handler, quick(send_s=0.3)) as server, joined(server) as raw:
        raw.send(b"".join(raw.message(5, find_request(), [b""])))
        assert handler.closed.wait(30)
    assert 0 < handler.n_yielded < 100_000


class Broken(Recorder):
    """Has mistakes of its own."""

    def begin_store(self, assoc: Association, context: object, rq: commands.Command) -> StoreSink:
        raise ValueError("secret")

    def handle(self, assoc: Association, context: object, rq: commands.Command, data_set: bytes) -> Iterator[Response]:
        if rq.field == commands.C_ECHO_RQ:
            return iter((Response(0),))
        raise KeyError("secret")


def test_our_own_mistakes_cost_one_request() -> None:
    with serving(Broken(), OPTIONS) as server, joined(server) as raw:
        assert raw.store(bytes(500_000), "1.2.3") == 0x0110
        raw.send(b"".join(raw.message(5, find_request(), [b"query"])))
        found = raw.response()
        assert found is not None
        assert found.status == 0x0110
        assert "secret" not in found.error_comment
        assert raw.echo() == 0


@pytest.mark.parametrize("error", [Unavailable("The database is away."), KeyError("secret")])
def test_who_cannot_be_judged_now_may_try_again(error: Exception) -> None:
    class Away(Recorder):
        def admit(self, caller: Caller) -> Admitted | AssociateRj:
            raise error

    with serving(Away(), OPTIONS) as server:
        for _ in range(3):
            with peer(server) as raw:
                assert refusal(raw.ask(called=TITLE)) == AssociateRj(2, 3, 1)


def test_a_mistake_in_the_lobby_costs_one_visitor() -> None:
    arrivals: list[str] = []

    def arrived(visitor: Visitor, request: AssociateRq) -> AssociateRj | None:
        arrivals.append(request.calling)
        if len(arrivals) == 1:
            raise KeyError("secret")
        return AssociateRj(1, 1, 1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        lobby = Lobby(listener, None, 16384, 60, arrived, Board(1, 10).seat())
        thread = threading.Thread(target=lobby.run)
        thread.start()
        try:
            port = listener.getsockname()[1]
            with RawPeer("127.0.0.1", port) as raw:
                assert raw.ask(called=TITLE) is None
            with RawPeer("127.0.0.1", port) as raw:
                assert refusal(raw.ask(called=TITLE)) == AssociateRj(1, 1, 1)
        finally:
            lobby.stop()
            thread.join()


def test_a_full_disk_is_said_after_the_data_set() -> None:
    recorder = Recorder(fail_after=1000)
    with serving(recorder, OPTIONS) as server, joined(server) as raw:
        assert raw.store(bytes(1 << 20), "1.2.3") == 0xA700
        assert raw.store(b"small", "1.2.4") == 0
    assert [uid for uid, _, _ in recorder.stored] == ["1.2.4"]
    assert recorder.n_aborted == 1


ABORTS = {
    "no such context": (9, commands.request(commands.C_ECHO_RQ, 1, "1.2", data_set=False), b"\0\0\2\6"),
    "a response": (1, {0x100: 0x8030, 0x120: 1, 0x800: 0x101, 0x900: 0}, b"\0\0\0\0"),
}


@pytest.mark.parametrize("what", ABORTS)
def test_messages_that_make_no_sense(what: str) -> None:
    context_id, command, said = ABORTS[what]
    with serving(Recorder(), OPTIONS) as server, joined(server) as raw:
        raw.send(b"".join(raw.message(context_id, command, None)))
        assert raw.pdu() == (pdus.ABORT, said)


def test_a_store_without_data_set_and_a_cancel_of_nothing() -> None:
    with serving(Recorder(), OPTIONS) as server, joined(server) as raw:
        raw.send(b"".join(raw.message(5, commands.cancel(99), None)))
        command = commands.request(commands.C_STORE_RQ, 5, CT, data_set=False, sop_instance_uid="1.2.3")
        raw.send(b"".join(raw.message(3, command, None)))
        found = raw.response()
        assert found is not None
        assert (found.status, found.message_id) == (0xC000, 5)
        assert raw.echo() == 0


def test_many_sessions_leave_nothing_behind() -> None:
    with serving(Recorder(), OPTIONS) as server:
        for turn in range(200):
            with peer(server) as raw:
                if turn % 4:
                    raw.ask(called=TITLE if turn % 4 > 1 else "NOBODY")
                if turn % 4 == 3:
                    raw.send(encode(pdus.Abort(0, 0)))
        for _attempt in range(1000):
            if not server.associations() and not server._lobby._visitors:
                break
            with joined(server) as raw:  # gives the others time
                raw.echo()
        assert not server._lobby._visitors
        assert server._lobby._n_bytes == 0


def certificate(folder: Path) -> tuple[Path, Path]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost", "-days", "2")
    subprocess.run((*made, *files), check=True, capture_output=True)
    return cert, key


def test_a_long_request_in_one_tls_record(tmp_path: Path) -> None:
    """What TLS has decrypted and holds back is read too: no selector tells of it."""
    cert, key = certificate(tmp_path)
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(cert))
    ours.load_cert_chain(cert, key)
    contexts = tuple(ProposedContext(n, f"1.2.{n}", (IMPLICIT,)) for n in range(1, 256, 2))
    with serving(Recorder(), replace(OPTIONS, tls=ours)) as server, peer(server) as raw:
        raw.socket = theirs.wrap_socket(raw.socket, server_hostname="localhost")
        rq = encode(AssociateRq(TITLE, "TLS", contexts, UserInformation()))
        assert 4096 < len(rq) < 16384
        raw.send(rq)
        answer = raw.pdu()
        assert answer is not None
        assert answer[0] == pdus.ASSOCIATE_AC
