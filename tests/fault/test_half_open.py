"""Do peers that fall silent, trickle or never read hold anything for long? On the live server, DICOM and HTTP.

The time-outs are shortened by settings; nothing is asserted about how long anything takes but that it ends.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.ul.items import ProposedContext, UserInformation
from lumenarc.protocol.ul.pdu import AssociateRq, encode
from process_figures import figures, settled
from raw_peer import CT, EXPLICIT, RawPeer, ct_image, element, part10
from served import Served, serve
from stow import MULTIPART, body_of, stored

pytestmark = pytest.mark.fault
N_SOCKETS = 1000
STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
SHORT = {
    "LUMENARC_ARTIM_TIMEOUT_S": "3",
    "LUMENARC_IDLE_TIMEOUT_S": "1",
    "LUMENARC_SEND_TIMEOUT_S": "1",
    "LUMENARC_DIMSE_TIMEOUT_S": "1",
    "LUMENARC_MIN_FREE_BYTES": "0",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = serve(tmp_path_factory.mktemp("archive"), environment=SHORT)
    yield found
    found.stop()


def echo(served: Served) -> None:
    command = ("echoscu", "-aec", "LUMENARC", served.dicom_host, str(served.dicom_port))
    subprocess.run(command, check=True, timeout=60)
    assert httpx.get(f"{served.http}healthz", timeout=60).status_code == 200


def http_socket(served: Served) -> socket.socket:
    address = urlsplit(served.http)
    return socket.create_connection((address.hostname or "", address.port or 0), 60)


def ends(held: socket.socket) -> bytes:
    """Return what a server still says before it closes; fail when it does not close."""
    found = b""
    with suppress(ConnectionError):
        while piece := held.recv(65536):
            found += piece
    return found


@pytest.fixture
def held() -> Iterator[list[socket.socket]]:
    """Give a list of sockets that are closed whatever happens: thousands left open would break the tests after us."""
    opened: list[socket.socket] = []
    yield opened
    for one in opened:
        one.close()


def test_a_thousand_half_open_sockets_on_each_port(
    archive_server: Callable[..., Served], held: list[socket.socket]
) -> None:
    # Long enough that all of them can be opened on a busy machine before the first is closed.
    served = archive_server(environment=SHORT | {"LUMENARC_ARTIM_TIMEOUT_S": "20"})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * N_SOCKETS)), hard))
    before = figures(served.process.pid)
    for _ in range(N_SOCKETS):
        held += [socket.create_connection((served.dicom_host, served.dicom_port), 60), http_socket(served)]
        held[-2].sendall(b"\1\0\0")
        held[-1].sendall(b"GET")
    # The last of them may still wait to be accepted.
    during = settled(served.process.pid, lambda now: now.n_sockets >= before.n_sockets + len(held), 10)
    began = time.monotonic()
    echo(served)
    print(f"echo and GET beside {len(held)} half-open sockets: {time.monotonic() - began:.2f} s")
    assert during.n_sockets >= before.n_sockets + len(held)
    assert during.n_threads <= before.n_threads + 4
    for one in held:
        assert ends(one) == b""
        one.close()
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets)
    assert after.n_sockets <= before.n_sockets
    print(f"memory before, during, after: {before.resident_bytes}, {during.resident_bytes}, {after.resident_bytes}")
    assert after.resident_bytes < before.resident_bytes + (50 << 20)


def test_silent_connections_never_take_the_last_descriptors(
    archive_server: Callable[..., Served], held: list[socket.socket]
) -> None:
    """A process that may open 400 files serves on beside 1,000 half-open sockets: the oldest ones make room."""
    served = archive_server(environment={"LUMENARC_MIN_FREE_BYTES": "0"})
    resource.prlimit(served.process.pid, resource.RLIMIT_NOFILE, (400, 400))
    for _ in range(N_SOCKETS // 2):
        held += [socket.create_connection((served.dicom_host, served.dicom_port), 60), http_socket(served)]
        held[-2].sendall(b"\1\0\0")
        held[-1].sendall(b"GET")
    echo(served)
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        assert raw.associate().store(ct_image("1.2.3.5.1", bytes(1 << 20)), "1.2.3.5.1") == 0
        raw.release()
    answer = httpx.get(f"{served.http}dicom-web/studies", timeout=60)
    assert [study["0020000D"]["Value"][0] for study in answer.json()] == ["1.2.3.5"]
    assert figures(served.process.pid).n_sockets < 250
    for one in held:
        one.close()


def test_too_many_associations_are_told_so(archive_server: Callable[..., Served]) -> None:
    served = archive_server(environment={"LUMENARC_MAX_ASSOCIATIONS": "3"})
    held = [RawPeer(served.dicom_host, served.dicom_port).associate() for _ in range(3)]
    with RawPeer(served.dicom_host, served.dicom_port) as fourth:
        assert fourth.ask() == (3, b"\0\2\3\2"), "rejected for now, local limit exceeded (PS3.8 Table 9-21)"
    command = ("echoscu", "-aec", "LUMENARC", served.dicom_host, str(served.dicom_port))
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode != 0
    assert "Local Limit Exceeded" in found.stderr
    assert [raw.echo() for raw in held] == [0, 0, 0]
    for raw in held:
        raw.release()


HEAD = b"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/dicom\r\n"
SILENCES = {
    "nothing": (b"", b""),
    "half a head": (b"GET /healthz HTTP/1.1\r\nHost: local", b""),
    "a second request begun": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET", b"200 OK"),
    "4 GiB announced": (HEAD + b"Content-Length: 4294967295\r\n\r\n", b"400 Bad Request"),
    "4 GiB announced, some sent": (HEAD + b"Content-Length: 4294967295\r\n\r\n" + bytes(300_000), b"400 Bad Request"),
    "a chunk without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\nabc", b"400 Bad Request"),
    "more than is taken": (HEAD + b"Content-Length: 99999999999999\r\n\r\n", b"413 Request"),
    "a length that is none": (HEAD + b"Content-Length: -1\r\n\r\n", b"400 Bad Request"),
}


def test_silence_over_http(served: Served) -> None:
    before = figures(served.process.pid)
    held = {what: http_socket(served) for what in SILENCES}
    for what, one in held.items():
        one.sendall(SILENCES[what][0])
    for what, one in held.items():
        answered = SILENCES[what][1]
        with one:
            said = ends(one)
        assert answered in said.partition(b"\r\n\r\n")[0], what
        assert (said == b"") is (answered == b""), what
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets)
    assert after.n_sockets <= before.n_sockets
    assert after.resident_bytes < before.resident_bytes + (20 << 20), "nothing is reserved by a declared length"


@pytest.mark.parametrize("line", [b"X-Long: " + b"a" * 1000, b"X: y\r\n" * 100])
def test_a_head_without_end(served: Served, line: bytes) -> None:
    with http_socket(served) as held:
        held.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        with suppress(ConnectionError):
            for _ in range(100_000):
                held.sendall(line)
            pytest.fail("100 MB of head were taken")


def test_trailers_without_end(served: Served) -> None:
    with http_socket(served) as held:
        held.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n")
        with suppress(ConnectionError):
            for _ in range(100_000):
                held.sendall(b"X-Trailer: " + b"a" * 1000 + b"\r\n")
            pytest.fail("100 MB of trailers were taken")


def test_requests_without_end_in_one_breath(served: Served) -> None:
    with http_socket(served) as held, suppress(ConnectionError):
        held.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50_000)
        assert ends(held).count(b"200 OK") < 50_000
    echo(served)


def test_a_body_that_trickles(served: Served) -> None:
    """A byte at a time, each within the idle time-out: the body as a whole is too slow."""
    with http_socket(served) as held:
        held.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
        held.settimeout(0.05)
        said = b""
        for _ in range(10_000):
            held.sendall(b"x")
            with suppress(TimeoutError):
                said += held.recv(65536)
            if said.endswith(b"}"):
                break
    assert b"400 Bad Request" in said
    assert b"too slowly" in said


def test_a_body_packed_by_gzip_is_not_taken(served: Served) -> None:
    headers = {"Content-Type": "application/dicom", "Content-Encoding": "gzip"}
    answer = httpx.post(f"{served.http}dicom-web/studies", content=bytes(100), headers=headers, timeout=60)
    assert answer.status_code == 415


def test_a_download_that_nobody_takes(served: Served) -> None:
    uid = "1.2.3.4.1"
    file = part10(ct_image(uid, bytes(24 << 20)), uid)
    assert stored(httpx.post(f"{served.http}dicom-web/studies", content=body_of([file]), headers=MULTIPART, timeout=60))
    before = figures(served.process.pid)
    held = [http_socket(served) for _ in range(20)]
    for one in held:
        one.sendall(b"GET /dicom-web/studies/1.2.3.4 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    during = settled(served.process.pid, lambda now: now.n_blobs >= 20)
    assert during.n_blobs >= 20
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets and not now.n_blobs)
    assert after.n_blobs == 0
    assert after.n_sockets <= before.n_sockets
    assert after.peak_bytes < before.resident_bytes + (200 << 20)
    for one in held:
        one.close()


def test_a_c_get_that_nobody_takes(served: Served) -> None:
    """The archive sends 24 MB to each of 20 peers that read nothing: threads, files and sockets come back."""
    uid = "1.2.3.6.1"
    file = part10(ct_image(uid, bytes(24 << 20)), uid)
    assert stored(httpx.post(f"{served.http}dicom-web/studies", content=body_of([file]), headers=MULTIPART, timeout=60))
    before = figures(served.process.pid)
    contexts = (ProposedContext(1, STUDY_GET, (EXPLICIT,)), ProposedContext(3, CT, (EXPLICIT,)))
    rq = AssociateRq("LUMENARC", "STUCK", contexts, UserInformation(16384, "1.2.3", roles={CT: (False, True)}))
    keys = element(0x00080052, "CS", "STUDY") + element(0x0020000D, "UI", "1.2.3.6")
    command = commands.request(commands.C_GET_RQ, 1, STUDY_GET, data_set=True)
    held = [RawPeer(served.dicom_host, served.dicom_port) for _ in range(20)]
    for raw in held:
        raw.send(encode(rq))
        answer = raw.pdu()
        assert answer is not None
        assert answer[0] == 2
        raw.send(b"".join(raw.message(1, command, [keys])))
    settled(served.process.pid, lambda now: now.n_sockets > before.n_sockets + 10, 10)
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets and not now.n_blobs)
    assert after.n_blobs == 0
    assert after.n_sockets <= before.n_sockets
    assert after.peak_bytes < before.resident_bytes + (200 << 20)
    echo(served)
    for raw in held:
        raw.socket.close()


@pytest.mark.parametrize("sent", [b"", b"\4\0", b"\4\0\0\0\xff\0"])
def test_a_silent_association_is_aborted(served: Served, sent: bytes) -> None:
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        raw.associate()
        raw.send(sent)
        assert raw.pdu() == (7, b"\0\0\2\0")


def test_a_sender_that_vanishes_leaves_no_file(served: Served) -> None:
    before = figures(served.process.pid)
    files = sorted((served.data / "blobs").rglob("*.dcm"))
    held = [RawPeer(served.dicom_host, served.dicom_port).associate() for _ in range(20)]
    for number, raw in enumerate(held):
        command = {2: CT, 0x100: 1, 0x110: 1, 0x700: 0, 0x800: 1, 0x1000: f"1.2.9.{number}"}
        raw.send(b"".join(raw.message(3, command, [bytes(1 << 20)]))[:-1])
    assert len(sorted((served.data / "blobs").rglob("*.dcm"))) > len(files)
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets and not now.n_blobs)
    assert after.n_blobs == 0
    assert after.n_sockets <= before.n_sockets
    assert sorted((served.data / "blobs").rglob("*.dcm")) == files


def test_a_web_sender_that_vanishes_leaves_no_file(served: Served) -> None:
    """Its connection ends within a part: the instance was never whole, and nothing of it stays."""
    before = figures(served.process.pid)
    files = sorted((served.data / "blobs").rglob("*.dcm"))
    held = [http_socket(served) for _ in range(10)]
    for number, one in enumerate(held):
        uid = f"1.2.8.{number}"
        body = body_of([part10(ct_image(uid, bytes(8 << 20)), uid)])
        head = "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Content-Length: {len(body)}\r\nContent-Type: {MULTIPART['Content-Type']}\r\n\r\n"
        one.sendall(head.encode() + body[: 2 << 20])
    settled(served.process.pid, lambda now: now.n_blobs > 0, 5)
    for one in held:
        one.close()
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets and not now.n_blobs)
    assert after.n_blobs == 0
    assert after.n_sockets <= before.n_sockets
    assert sorted((served.data / "blobs").rglob("*.dcm")) == files
