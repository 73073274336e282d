"""Does the running server survive 10,000 damaged PDUs, HTTP requests and files, and keep what it accepted?

N_FUZZ sets how many (a third of each kind), SEED which. Beside them an association echoes and a client asks for
/healthz without a break; before and after, threads, sockets, files and memory are counted.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.items import UserInformation
from lumenarc.protocol.ul.pdu import AssociateRq
from process_figures import settled
from raw_peer import CONTEXTS, CT, ECHO, STUDY_FIND, RawPeer, ct_image, element, part10
from served import Served, serve
from stow import BOUNDARY, MULTIPART, body_of, data_set_of, stored

N_FUZZ = int(os.environ.get("N_FUZZ", "300"))
LIMITS = {"LUMENARC_MIN_FREE_BYTES": "0", "LUMENARC_MAX_INFLATED_BYTES": str(64 << 20), "LUMENARC_IDLE_TIMEOUT_S": "20"}
NAMES = (
    "CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm", "JPEG2000.dcm", "SC_rgb_rle_2frame.dcm", "test-SR.dcm",
    "UN_sequence.dcm", "nested_priv_SQ.dcm", "reportsi.dcm", "rtplan.dcm", "ExplVR_LitEndNoMeta.dcm",
)  # fmt: skip
ODD = (
    b"\0",
    b"\xff",
    b"\x80",
    b"\x7f",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xfe\xff\x00\xe0",
    b"SQ",
    b"UN",
    b"\r\n",
    b"\\",
)


class Mutator:
    """Damages bytes in the ways that break parsers, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def damage(self, data: bytes) -> bytes:
        """Return the bytes with one to four damages."""
        raw = bytearray(data)
        for _ in range(self.chance.choice((1, 1, 1, 2, 4))):
            # Most of what matters stands at the beginning.
            at = self.chance.randrange(len(raw) or 1) if self.chance.random() < 0.5 else self.chance.randrange(400)
            at = min(at, len(raw))
            way = self.chance.randrange(7)
            if way == 0 and at < len(raw):
                raw[at] ^= 1 << self.chance.randrange(8)
            elif way == 1:
                odd = self.chance.choice(ODD)
                raw[at : at + len(odd)] = odd
            elif way == 2:
                raw[at:at] = self.chance.choice(ODD) * self.chance.randint(1, 30)
            elif way == 3:
                del raw[at : at + self.chance.randint(1, 40)]
            elif way == 4:
                raw[at : at + 4] = self.chance.randrange(1 << 32).to_bytes(4, self.chance.choice(("little", "big")))
            elif way == 5:
                raw[at:at] = raw[at : at + self.chance.randint(1, 200)]
            elif self.chance.random() < 0.3:
                del raw[at:]
        return bytes(raw)


def session() -> list[bytes]:
    """Return the PDUs of a well-behaved session: echo, store, find, release."""
    raw = RawPeer.__new__(RawPeer)
    raw.max_send_bytes = 16384
    store = commands.request(commands.C_STORE_RQ, 2, CT, data_set=True, sop_instance_uid="1.2.77.1")
    keys = element(0x00080052, "CS", "STUDY") + element(0x00100010, "PN", "D*") + element(0x0020000D, "UI", "")
    find = commands.request(commands.C_FIND_RQ, 3, STUDY_FIND, data_set=True)
    messages = (
        raw.message(1, commands.request(commands.C_ECHO_RQ, 1, ECHO, data_set=False), None),
        raw.message(3, store, [ct_image("1.2.77.1", bytes(30_000))]),
        raw.message(5, find, [keys]),
        raw.message(5, commands.cancel(3), None),
    )
    rq = pdus.encode(AssociateRq("LUMENARC", "FUZZ", CONTEXTS, UserInformation(16384, "1.2.3", "FUZZ", (5, 5))))
    found = [rq]
    for message in messages:
        parts = list(message)
        found += [header + piece for header, piece in zip(parts[::2], parts[1::2], strict=True)]
    return [*found, pdus.encode(pdus.ReleaseRq())]


REQUESTS = (
    b"GET /dicom-web/studies?PatientName=D*&includefield=all&limit=5 HTTP/1.1\r\nHost: localhost\r\n"
    b"Accept: application/dicom+json\r\nConnection: close\r\n\r\n",
    b"GET /dicom-web/studies/1.2.77/metadata HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /dicom-web/studies/1.2.77/series/1.2.77.1/instances/1.2.77.1/frames/1,2 HTTP/1.1\r\nHost: localhost\r\n"
    b"Accept: multipart/related; type=application/octet-stream\r\nConnection: close\r\nRange: bytes=0-10\r\n\r\n",
    b"GET /wado?requestType=WADO&studyUID=1.2.77&seriesUID=1.2.77.1&objectUID=1.2.77.1&rows=10&windowCenter=1"
    b"&windowWidth=2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"POST /api/aes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 49\r\n"
    b'Connection: close\r\n\r\n{"title":"FUZZ","host":"127.0.0.1","port":104   }',
    b"DELETE /dicom-web/studies/1.2.78 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
)


def stow_request() -> bytes:
    """Return a whole request with two instances."""
    body = body_of([part10(ct_image("1.2.77.2", bytes(2000)), "1.2.77.2"), part10(ct_image("1.2.77.3"), "1.2.77.3")])
    head = f"Host: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    kind = f"Content-Type: {MULTIPART['Content-Type']}\r\n\r\n"
    return b"POST /dicom-web/studies HTTP/1.1\r\n" + head.encode() + kind.encode() + body


def _uid_of(file: Path) -> str:
    return str(pydicom.dcmread(file, force=True, stop_before_pixels=True).get("SOPInstanceUID", "no UID"))


class Fuzzer:
    """Throws cases at one server and remembers what it accepted."""

    def __init__(self, served: Served, seed: int) -> None:
        self.served, self.mutator = served, Mutator(seed)
        self.accepted: dict[str, bytes] = {}
        self.statuses: dict[int, int] = {}
        self.session = session()
        self.requests = (*REQUESTS, stow_request(), stow_request())
        self.files = [(file.read_bytes(), _uid_of(file)) for name in NAMES for file in PYDICOM_FILES.rglob(name)]
        self.files.append((part10(ct_image("1.2.79.1234567", bytes(500)), "1.2.79.1234567"), "1.2.79.1234567"))
        self.client = httpx.Client(base_url=served.http, timeout=60)

    def case(self, number: int) -> None:
        """Run one case: a session, a request, or a file, in turn."""
        (self.pdus, self.request, self.file)[number % 3]()

    def pdus(self) -> None:
        sent = list(self.session)
        chance = self.mutator.chance
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(sent))
            way = chance.randrange(6)
            if way == 0:
                del sent[at : at + 1 if len(sent) > 1 else at]
            elif way == 1:
                sent.insert(at, chance.choice(sent))
            else:
                sent[at] = self.mutator.damage(sent[at])
        with suppress(OSError), socket.create_connection((self.served.dicom_host, self.served.dicom_port), 60) as raw:
            raw.sendall(b"".join(sent))
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass

    def request(self) -> None:
        address = urlsplit(self.served.http)
        sent = self.mutator.damage(self.mutator.chance.choice(self.requests))
        said = b""
        with suppress(ConnectionError), socket.create_connection((address.hostname, address.port), 60) as raw:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            while piece := raw.recv(65536):
                said += piece
        if said.startswith(b"HTTP/1.1 "):
            status = int(said[9:12])
            self.statuses[status] = self.statuses.get(status, 0) + 1
            assert status != 500, (sent, said)

    def file(self) -> None:
        whole, uid = self.mutator.chance.choice(self.files)
        other = uid[:-6] + str(self.mutator.chance.randrange(100_000, 1_000_000))
        sent = self.mutator.damage(whole.replace(uid.encode(), other.encode()))
        answer = self.client.post("dicom-web/studies", content=body_of([sent]), headers=MULTIPART)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        assert answer.status_code != 500, (sent, answer.text)
        if BOUNDARY.encode() not in sent:
            for item in answer.json().get("00081199", {}).get("Value", ()) if stored(answer) else ():
                if "00081196" not in item:  # kept out of sight: another object has this UID already
                    self.accepted.setdefault(item["00081190"]["Value"][0], sent)

    def n_identical(self) -> int:
        """Return how many of the accepted files are served with the data set that was sent."""
        found = 0
        for url, sent in self.accepted.items():
            _, study, _, series, _, uid = url.rsplit("/", 5)
            data_set = data_set_of(self.client, uid, study, series)
            found += data_set is not None and len(data_set) > 0 and sent.endswith(data_set)
        return found


class Control:
    """A well-behaved association and a web client beside all that; they must not notice."""

    def __init__(self, served: Served) -> None:
        self.n_echoes, self.slowest_s = 0, 0.0
        self.failure: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(served,))
        self._thread.start()

    def _run(self, served: Served) -> None:
        try:
            with (
                RawPeer(served.dicom_host, served.dicom_port) as raw,
                httpx.Client(base_url=served.http, timeout=60) as client,
            ):
                raw.associate(calling="CONTROL")
                while not self._over.wait(0.05):
                    began = time.monotonic()
                    assert raw.echo() == 0
                    assert client.get("healthz").status_code == 200
                    self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                    self.n_echoes += 1
                raw.release()
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            self.failure = error

    def stop(self) -> None:
        self._over.set()
        self._thread.join(60)
        if self.failure is not None:
            raise self.failure


@pytest.mark.fault
@pytest.mark.timeout(3600)
def test_damaged_input(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", str(random.randrange(1 << 32))))
    log = tmp_path / "log"
    served = serve(tmp_path / "archive", environment=LIMITS, log=log)
    fuzzer = Fuzzer(served, seed)
    for number in range(60):  # what is loaded and pooled at first use is no leak
        fuzzer.case(number)
    before = settled(served.process.pid, lambda now: now.n_sockets <= 6, 5)
    control = Control(served)
    for number in range(N_FUZZ):
        fuzzer.case(number)
        assert served.process.poll() is None, f"the server died at case {number} of seed {seed}"
    control.stop()
    n_identical = fuzzer.n_identical()
    studies = fuzzer.client.get("dicom-web/studies?includefield=all&limit=1000")
    broken = [
        study["0020000D"]["Value"][0]
        for study in studies.json()
        if fuzzer.client.get(f"dicom-web/studies/{study['0020000D']['Value'][0]}/metadata").status_code >= 500
    ]
    fuzzer.client.close()
    after = settled(served.process.pid, lambda now: now.n_sockets <= before.n_sockets and not now.n_blobs)
    served.stop()
    mistakes = [line for line in log.read_text("utf-8").splitlines() if "broke" in line or "Traceback" in line]
    print(json.dumps({
        "fault": "fuzz", "seed": seed, "cases": N_FUZZ, "accepted": len(fuzzer.accepted), "identical": n_identical,
        "http": dict(sorted(fuzzer.statuses.items())), "control_echoes": control.n_echoes,
        "control_slowest_s": round(control.slowest_s, 2), "mistakes": len(mistakes), "unreadable": len(broken),
        "threads": [before.n_threads, after.n_threads], "sockets": [before.n_sockets, after.n_sockets],
        "rss": [before.resident_bytes, after.resident_bytes],
    }))  # fmt: skip
    assert not mistakes, f"seed {seed}: {mistakes[:3]}"
    assert not broken
    assert n_identical == len(fuzzer.accepted) > 0
    assert after.n_sockets <= before.n_sockets
    assert after.n_blobs == 0
    assert after.n_threads <= before.n_threads + 2
    assert after.resident_bytes < before.resident_bytes + (80 << 20)
    program = (sys.executable, "-c", "from lumenarc.cli import main; main()", "check", "--data", str(served.data))
    checked = subprocess.run(program, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
