"""Do the audit trail tools understand rsyslogd, util-linux' logger and OpenSSL, and bear what strangers send?"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dicom_peers import free_port, running
from tools import run, serving

pytestmark = pytest.mark.conformance
AUDIT = '<?xml version="1.0" encoding="UTF-8"?><AuditMessage><ActiveParticipant UserName="Müller"/></AuditMessage>'
_CONFIGURATION = """
global(workDirectory="{root}" maxMessageSize="1m" parser.escapeControlCharactersOnReceive="off"
       defaultNetstreamDriverCAFile="{root}/cert.pem" defaultNetstreamDriverCertFile="{root}/cert.pem"
       defaultNetstreamDriverKeyFile="{root}/key.pem")
module(load="imudp") module(load="imtcp")
template(name="all" type="string"
  string="%pri-text%\\t%protocol-version%\\t%hostname%\\t%app-name%\\t%msgid%\\t%timereported:::date-rfc3339%\\t%msg%\\n")
ruleset(name="kept") {{ action(type="omfile" file="{root}/kept" template="all" asyncWriting="off" flushOnTXEnd="on") }}
input(type="imudp" address="127.0.0.1" port="{udp}" ruleset="kept")
input(type="imtcp" address="127.0.0.1" port="{tcp}" ruleset="kept")
input(type="imtcp" address="127.0.0.1" port="{tls}" ruleset="kept"
      streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
"""


@dataclass(frozen=True, slots=True)
class Rsyslogd:
    """A running rsyslogd: its ports, and what it has written."""

    udp: int
    tcp: int
    tls: int
    kept: Path

    def messages(self, n: int) -> list[list[str]]:
        """Wait for n messages; return their fields."""
        found: list[str] = []
        for _attempt in range(400):
            found = self.kept.read_text().splitlines() if self.kept.exists() else []
            if len(found) >= n:
                break
            time.sleep(0.05)
        return [line.split("\t") for line in found]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make key.pem and cert.pem of a server on this machine; return their folder."""
    root = tmp_path_factory.mktemp("certificate")
    words = ("-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1")
    alternative = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", root / "key.pem", "-out", root / "cert.pem")
    subprocess.run(["openssl", "req", *words, *alternative], check=True, capture_output=True)
    return root


@pytest.fixture
def rsyslogd(tmp_path: Path, certificate: Path) -> Iterator[Rsyslogd]:
    """Run rsyslogd with a port for each transport."""
    root = tmp_path / "rsyslog"
    shutil.copytree(certificate, root)
    peer = Rsyslogd(free_port(), free_port(), free_port(), root / "kept")
    text = _CONFIGURATION.format(root=root, udp=peer.udp, tcp=peer.tcp, tls=peer.tls)
    (root / "conf").write_text(text)
    command = ("/usr/sbin/rsyslogd", "-n", "-f", str(root / "conf"), "-i", str(root / "pid"))
    with running(command, peer.tcp, root / "log"):
        yield peer


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """Make a file with an audit message."""
    path = tmp_path / "audit.xml"
    path.write_text(AUDIT, "utf-8")
    return path


def wait_for(found: Callable[[], int], n: int) -> None:
    for _attempt in range(400):
        if found() >= n:
            return
        time.sleep(0.05)
    raise AssertionError(f"{found()} of {n} came")


def test_rsyslogd_takes_ours_over_every_transport(rsyslogd: Rsyslogd, audit: Path, certificate: Path) -> None:
    def send(port: int, *words: str | Path) -> None:
        ran = run("syslog", "-c", f"127.0.0.1:{port}", *words, audit)
        assert ran.code == 0, ran.err

    send(rsyslogd.udp, "--udp", "--utc")
    assert len(rsyslogd.messages(1)) == 1
    send(rsyslogd.tcp, "--app-name", "ris", "--level", "warning", "--facility", "local3", "--msg-id", "X")
    assert len(rsyslogd.messages(2)) == 2
    send(rsyslogd.tls, "--tls", "--tls-ca", certificate / "cert.pem", "--no-bom")
    by_udp, by_tcp, by_tls = rsyslogd.messages(3)
    host = socket.gethostname()
    assert by_udp[:5] == ["authpriv.notice", "1", host, "lumenarc", "DICOM+RFC3881"]
    assert by_udp[5].endswith(("Z", "+00:00"))
    assert by_tcp[:5] == ["local3.warning", "1", host, "ris", "X"]
    assert by_tls[:5] == ["authpriv.notice", "1", host, "lumenarc", "DICOM+RFC3881"]
    assert [each[6].lstrip("\ufeff") for each in (by_udp, by_tcp, by_tls)] == [AUDIT] * 3
    assert run("syslog", "-c", f"127.0.0.1:{rsyslogd.tls}", "--tls", audit).code == 3  # nobody we know signed for it


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(("--udp",), ("-d", "--rfc5424")), ((), ("-T", "--octet-count", "--rfc5424")), ((), ("-T", "--rfc5424"))],
    ids=["udp", "tcp, counted", "tcp, lines"],
)
def test_logger_of_util_linux(ours: tuple[str, ...], theirs: tuple[str, ...], tmp_path: Path) -> None:
    got = tmp_path / "got"
    with serving("syslogd", "-b", "127.0.0.1:0", *ours, "--directory", got, "--json") as receiver:
        to = ("logger", "-n", "127.0.0.1", "-P", str(receiver.port), *theirs, "-t", "modality", "-p", "authpriv.notice")
        for text in (AUDIT, "plain words"):
            subprocess.run([*to, "--msgid", "DICOM+RFC3881", text], check=True)
        wait_for(lambda: len(list(got.glob("*.*"))), 2)
        said = [json.loads(line) for line in receiver.stop().splitlines()]
    kinds = {(each["facility"], each["level"], each["app_name"], each["message_id"]) for each in said}
    assert kinds == {("authpriv", "notice", "modality", "DICOM+RFC3881")}
    assert all(each["structured_data"].startswith("[timeQuality ") for each in said)
    assert {Path(each["file"]).suffix: Path(each["file"]).read_text() for each in said} == {
        ".xml": AUDIT,
        ".txt": "plain words",
    }


def test_tls_of_openssl_and_ours(tmp_path: Path, certificate: Path, audit: Path) -> None:
    cert, key = certificate / "cert.pem", certificate / "key.pem"
    own = ("--tls", "--tls-cert", cert, "--tls-key", key, "--tls-ca", cert)
    got = tmp_path / "got"
    with serving("syslogd", "-b", "127.0.0.1:0", *own, "--directory", got) as receiver:
        there = f"127.0.0.1:{receiver.port}"
        known = ("-cert", cert, "-key", key, "-CAfile", cert, "-verify_return_error")
        message = b"<85>1 - - openssl - - - by openssl"
        with subprocess.Popen(
            ["openssl", "s_client", "-quiet", "-connect", there, *known],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as client:
            assert client.stdin is not None
            client.stdin.write(b"%d %s" % (len(message), message))
            client.stdin.flush()
            wait_for(lambda: len(list(got.iterdir())), 1)
            client.kill()
        assert run("syslog", "-c", there, *own, audit).code == 0
        wait_for(lambda: len(list(got.iterdir())), 2)
        assert {path.read_text() for path in got.iterdir()} == {"by openssl", AUDIT}
        # Whoever shows no certificate is not heard: with TLS 1.3 the sender learns it only when it closes.
        assert run("syslog", "-c", there, "--tls", "--tls-ca", cert, audit).code in (0, 3)
        assert len(list(got.iterdir())) == 2


def test_strangers_do_no_harm(tmp_path: Path) -> None:
    got = tmp_path / "got"
    with serving("syslogd", "-b", "127.0.0.1:0", "--directory", got, "--json") as receiver:
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"99999999999 x", b"4194305 x", b"<" + b"x" * (5 << 20), b"10 ab"):
            with socket.create_connection(("127.0.0.1", receiver.port), 5) as stranger, contextlib.suppress(OSError):
                stranger.sendall(data)
                stranger.shutdown(socket.SHUT_WR)
                assert stranger.recv(1) == b""  # closed, without an answer
        with socket.create_connection(("127.0.0.1", receiver.port), 5) as old:
            old.sendall(b"<13>Oct 11 22:14:15 host su: old style")
        wait_for(lambda: len(list(got.glob("*.log"))), 1)
        (said,) = [json.loads(line) for line in receiver.stop().splitlines()]
        assert Path(said["file"]).read_bytes() == b"<13>Oct 11 22:14:15 host su: old style"


def test_unsent_messages_wait_for_the_next_run(tmp_path: Path, audit: Path) -> None:
    port, spool, got = free_port(), tmp_path / "spool", tmp_path / "got"
    there = ("-c", f"127.0.0.1:{port}")
    assert run("syslog", *there, audit).code == 3
    ran = run("syslog", *there, "--spool-dir", spool, audit, tmp_path / "missing.xml")
    assert (ran.code, len(ran.err.splitlines())) == (3, 2)
    assert len(list(spool.iterdir())) == 1
    with serving("syslogd", "-b", f"127.0.0.1:{port}", "--directory", got):
        assert run("syslog", *there, "--spool-dir", spool).code == 0
        assert list(spool.iterdir()) == []
        assert run("syslog", *there, "--delay", "2", "--idle-timeout", "1", audit, audit).code == 0
        wait_for(lambda: len(list(got.iterdir())), 3)
    assert [path.read_text() for path in got.iterdir()] == [AUDIT] * 3


def test_message_is_sent_again_until_it_arrives(tmp_path: Path, audit: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        got: list[bytes] = []

        def serve() -> None:
            reset, _ = server.accept()  # the first time the peer resets the connection
            reset.recv(10)
            reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reset.close()
            taken, _ = server.accept()
            with taken:
                while data := taken.recv(65536):
                    got.append(data)

        thread = threading.Thread(target=serve)
        thread.start()
        ran = run("syslog", "-c", f"127.0.0.1:{server.getsockname()[1]}", "--retry", "0.05", "--json", audit)
        thread.join()
    assert ran.code == 0, ran.err
    assert [each["file"] for each in ran.objects()] == [str(audit)]
    length, _, message = b"".join(got).partition(b" ")
    assert int(length) == len(message)
    assert message.endswith(AUDIT.encode())
