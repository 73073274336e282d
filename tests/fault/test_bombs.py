"""Does anything that a peer sends blow up in the process that listens? Depth, deflate, ZIP, pixels, associations.

One server for all of it: after each bomb its process is the same, has not grown, and others are answered.
"""

from __future__ import annotations

import io
import os
import random
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress

import httpx
import imagecodecs
import numpy as np
import pytest
from sqlalchemy import create_engine, text

from lumenarc.protocol.ul import items
from lumenarc.protocol.ul import pdu as pdus
from lumenarc.protocol.ul.items import ProposedContext, UserInformation
from process_figures import figures, settled
from raw_peer import CT, DEFLATED, ECHO, EXPLICIT, IMPLICIT, RawPeer, ct_image, element, part10
from served import Served, serve
from stow import MULTIPART, body_of, data_set_of, failures

pytestmark = pytest.mark.fault
N_CYCLES = int(os.environ.get("N_CYCLES", "1500"))
MIB = 1 << 20


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environment = {"LUMENARC_MIN_FREE_BYTES": "0", "LUMENARC_IMAGING_TIMEOUT_S": "3"}
    environment["LUMENARC_IDLE_TIMEOUT_S"] = "3600"  # the control association waits as long as a full run takes
    environment["LUMENARC_MAX_INFLATED_BYTES"] = str(400 * MIB)
    found = serve(tmp_path_factory.mktemp("archive"), environment=environment)
    yield found
    found.stop()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.http, timeout=120) as found:
        yield found


@pytest.fixture(autouse=True)
def undisturbed(served: Served, client: httpx.Client) -> Iterator[None]:
    """Whatever a test throws: others are answered after it, by the same process, which has not grown for good."""
    with RawPeer(served.dicom_host, served.dicom_port) as control:
        control.associate(calling="CONTROL")
        before = figures(served.process.pid)
        yield
        assert served.process.poll() is None
        assert control.echo() == 0
        assert client.get("readyz").status_code == 200
        after = settled(served.process.pid, lambda now: now.resident_bytes < before.resident_bytes + 60 * MIB, 10)
        assert after.resident_bytes < before.resident_bytes + 60 * MIB


def send(served: Served, data_set: bytes, uid: str, context_id: int = 3) -> int:
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        return raw.associate().store(data_set, uid, context_id=context_id)


def post(client: httpx.Client, *files: bytes) -> httpx.Response:
    return client.post("dicom-web/studies", content=body_of(files), headers=MULTIPART)


SEQUENCE = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
    "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
)
ENDS = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def nested(uid: str, depth: int) -> bytes:
    """Return a data set with sequences of undefined length in each other."""
    return ct_image(uid) + SEQUENCE * depth + ENDS * depth


def nested_with_lengths(uid: str, depth: int) -> bytes:
    """Return one whose sequences and items say how long they are: a reader may step over them."""
    inside = b""
    for _ in range(depth):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inside)) + inside
        inside = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, len(item)) + item
    return ct_image(uid) + inside


@pytest.mark.parametrize(("depth", "status", "http_status"), [(64, 0, 200), (65, 0xC000, 400), (100_000, 0xC000, 400)])
def test_nesting_is_capped(served: Served, client: httpx.Client, depth: int, status: int, http_status: int) -> None:
    uid = f"1.2.64.{depth}"
    assert send(served, nested(uid, depth), uid) == status
    answer = post(client, part10(nested(f"{uid}.1", depth), f"{uid}.1"))
    assert answer.status_code == http_status
    assert failures(answer) == ([status] if status else [])
    if not status:
        found = client.get(f"dicom-web/studies/{uid.rpartition('.')[0]}/metadata")
        assert found.status_code == 200
        value, n_levels = found.json()[0], 0
        while value:
            value, n_levels = value.get("0040A730", {}).get("Value", [{}])[0], n_levels + 1
        assert n_levels == 64, "the data set and 63 items with something inside"


@pytest.mark.parametrize("depth", [64, 65, 2000])
def test_nesting_with_lengths(served: Served, client: httpx.Client, depth: int) -> None:
    """Where nobody has to look inside to store it, it is kept as sent; reading it fails alone, in good order."""
    uid, other = f"1.2.65.{depth}.1", f"1.2.65.{depth}.2"
    data_set = nested_with_lengths(uid, depth)
    status = send(served, data_set, uid)
    assert status in (0, 0xC000)
    assert send(served, ct_image(other), other) == 0
    study = f"1.2.65.{depth}"
    assert data_set_of(client, other, study, f"{study}.1") == ct_image(other)
    found = client.get(f"dicom-web/studies/{study}/instances")
    assert found.status_code == 200
    assert len(found.json()) == (status == 0) + 1
    if status == 0:
        assert data_set_of(client, uid, study, f"{study}.1") == data_set
    assert client.get(f"dicom-web/studies/{study}/metadata").status_code < 500


def deflated(data: bytes, n_mib: int) -> bytes:
    """Return a deflated data set, followed by an element of so many MiB of zeros."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = engine.compress(data + struct.pack("<HH2sHI", 0x0029, 0x1001, b"OB", 0, n_mib * MIB))
    packed += engine.flush(zlib.Z_FULL_FLUSH)
    block = engine.compress(bytes(MIB)) + engine.flush(zlib.Z_FULL_FLUSH)
    packed += block * n_mib + engine.flush()
    return packed + bytes(len(packed) % 2)


@pytest.mark.parametrize(("n_mib", "status", "http_status"), [(8, 0, 200), (300, 0xC003, 413), (420, 0xC003, 413)])
def test_a_deflate_bomb(served: Served, client: httpx.Client, n_mib: int, status: int, http_status: int) -> None:
    uid = f"1.2.99.{n_mib}"
    bomb = deflated(ct_image(uid), n_mib)
    before = figures(served.process.pid)
    assert send(served, bomb, uid, context_id=7) == status
    assert post(client, part10(bomb, uid, DEFLATED)).status_code == http_status
    assert figures(served.process.pid).peak_bytes < max(before.peak_bytes, before.resident_bytes + 120 * MIB)


def test_zip_bombs(client: httpx.Client) -> None:
    flat = io.BytesIO()
    with zipfile.ZipFile(flat, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("../../bomb.dcm", "w") as member:
        for _ in range(250):
            member.write(bytes(MIB))
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as packed:
        for number in range(5000):
            packed.writestr(f"{number}", b"")
    nested_zip = io.BytesIO()
    with zipfile.ZipFile(nested_zip, "w") as packed:
        packed.writestr("inner.zip", flat.getvalue())
    for bomb in (flat, many, nested_zip):
        answer = client.post("api/upload?name=bomb.zip", content=bomb.getvalue())
        assert answer.status_code in (200, 413)
        assert not [result for result in answer.json().get("results", ()) if result["outcome"] == "stored"]
    good = io.BytesIO()
    with zipfile.ZipFile(good, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../escape.dcm", part10(ct_image("1.2.70.1"), "1.2.70.1"))
    (result,) = client.post("api/upload?name=good.zip", content=good.getvalue()).json()["results"]
    assert result["outcome"] == "stored", "names inside are shown and never used"


def picture(uid: str, syntax: str, rows: int, columns: int, pixels: bytes, frames: int = 1) -> bytes:
    """Return an image that says it is of such a size."""
    head = b"".join(
        (
            element(0x00080016, "UI", CT),
            element(0x00080018, "UI", uid),
            element(0x00100020, "LO", "BOMB"),
            element(0x0020000D, "UI", "1.2.80"),
            element(0x0020000E, "UI", "1.2.80.1"),
            element(0x00280002, "US", struct.pack("<H", 1)),
            element(0x00280004, "CS", "MONOCHROME2"),
            element(0x00280008, "IS", str(frames)),
            element(0x00280010, "US", struct.pack("<H", rows)),
            element(0x00280011, "US", struct.pack("<H", columns)),
            element(0x00280100, "US", struct.pack("<H", 8)),
            element(0x00280101, "US", struct.pack("<H", 8)),
            element(0x00280102, "US", struct.pack("<H", 7)),
            element(0x00280103, "US", struct.pack("<H", 0)),
        )
    )
    if syntax == EXPLICIT:
        return head + element(0x7FE00010, "OB", pixels)
    pixels += bytes(len(pixels) % 2)
    opened = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    return head + opened + struct.pack("<HHI", 0xFFFE, 0xE000, len(pixels)) + pixels + ENDS[8:]


GREY = np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)


def lying_jpeg() -> bytes:
    raw = bytearray(imagecodecs.jpeg8_encode(GREY))
    at = raw.index(b"\xff\xc0")
    raw[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # 65,535 lines of 65,535 samples
    return bytes(raw)


def lying_jpeg2000() -> bytes:
    raw = bytearray(imagecodecs.jpeg2k_encode(GREY, codecformat="j2k"))
    at = raw.index(b"\xff\x51")
    raw[at + 6 : at + 14] = b"\x7f\xff\xff\xff\x7f\xff\xff\xff"
    return bytes(raw)


BOMBS = {
    "native": (EXPLICIT, 65535, 65535, bytes(64), 1),
    "frames": (EXPLICIT, 64, 64, bytes(64 * 64), 2**31 - 1),
    "jpeg": ("1.2.840.10008.1.2.4.50", 65535, 65535, lying_jpeg(), 1),
    "jpeg that contradicts": ("1.2.840.10008.1.2.4.50", 64, 64, lying_jpeg(), 1),
    "jpeg 2000": ("1.2.840.10008.1.2.4.90", 65535, 65535, lying_jpeg2000(), 1),
    "jpeg 2000 that contradicts": ("1.2.840.10008.1.2.4.90", 64, 64, lying_jpeg2000(), 1),
    "rle": ("1.2.840.10008.1.2.5", 65535, 65535, struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 5000, 1),
    "noise for jpeg-ls": ("1.2.840.10008.1.2.4.80", 4096, 4096, random.Random(1).randbytes(50_000), 1),
}


@pytest.mark.parametrize("name", BOMBS)
def test_pixel_bombs(served: Served, client: httpx.Client, name: str) -> None:
    """Storing never decodes; drawing fails for this frame only, while others are drawn."""
    syntax, rows, columns, pixels, frames = BOMBS[name]
    uid = f"1.2.80.1.{sorted(BOMBS).index(name) + 1}"
    answer = post(client, part10(picture(uid, syntax, rows, columns, pixels, frames), uid, syntax))
    if answer.status_code != 200:
        assert answer.status_code == 400
        return
    good = "1.2.80.1.99"
    post(client, part10(picture(good, EXPLICIT, 64, 64, GREY.tobytes()), good))
    path = "dicom-web/studies/1.2.80/series/1.2.80.1/instances"
    found: list[httpx.Response] = []
    drawing = threading.Thread(target=lambda: found.append(client.get(f"{path}/{uid}/rendered", timeout=120)))
    drawing.start()
    assert client.get(f"{path}/{good}/rendered").status_code == 200
    drawing.join()
    assert found[0].status_code in (400, 404, 406, 413, 422, 503), found[0].text
    assert client.get(f"{path}/{uid}/metadata").status_code == 200


def associate_bomb(body: bytes) -> bytes:
    return struct.pack(">BxI", 1, len(body)) + body


FIXED = struct.pack(">H2x16s16s32x", 1, b"LUMENARC".ljust(16), b"BOMB".ljust(16))
ASSOCIATES = {
    "a length that lies": b"\1\0\0\x0f\xff\xff" + FIXED,
    "4 GiB": b"\1\0\xff\xff\xff\xff" + FIXED,
    "items of nothing": associate_bomb(FIXED + items.item(0x7F, b"") * 200_000),
    "an item longer than all": associate_bomb(FIXED + b"\x50\0\xff\xff"),
    "the same context a thousand times": associate_bomb(
        FIXED + items.encode_proposed(ProposedContext(1, ECHO, (IMPLICIT,))) * 1000
    ),
    "syntaxes without end": pdus.encode(
        pdus.AssociateRq(
            "LUMENARC",
            "BOMB",
            tuple(ProposedContext(n, CT, tuple(f"1.2.3.{m}" for m in range(500))) for n in range(1, 200, 2)),
            UserInformation(),
        )
    ),
    "roles without end": pdus.encode(
        pdus.AssociateRq("LUMENARC", "BOMB", (), UserInformation(roles={f"1.2.{n}": (True, True) for n in range(3000)}))
    ),
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
    "noise": random.Random(2).randbytes(100_000),
}  # fmt: skip


@pytest.mark.parametrize("name", ASSOCIATES)
def test_association_bombs(served: Served, name: str) -> None:
    for _ in range(20):
        with RawPeer(served.dicom_host, served.dicom_port) as raw, suppress(OSError):
            raw.send(ASSOCIATES[name])
            if name not in ("a length that lies",):
                answer = raw.pdu()
                assert answer is None or answer[0] in (pdus.ASSOCIATE_AC, pdus.ASSOCIATE_RJ, pdus.ABORT)


def test_connecting_and_leaving_for_ever(served: Served) -> None:
    """N_CYCLES times, by four at once, in every rude way; 100,000 is the full run."""
    before = figures(served.process.pid)

    def cycle(offset: int) -> None:
        for number in range(offset, N_CYCLES, 4):
            with RawPeer(served.dicom_host, served.dicom_port) as raw, suppress(OSError):
                way = number // 4 % 5
                if way == 0:
                    continue
                if way == 1:
                    raw.send(b"\1\0\0")
                    continue
                raw.ask(called="LUMENARC" if way > 2 else "NOBODY")
                if way == 3:
                    raw.send(pdus.encode(pdus.Abort(0, 0)))

    threads = [threading.Thread(target=cycle, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = settled(
        served.process.pid, lambda now: now.n_sockets <= before.n_sockets and now.n_threads <= before.n_threads
    )
    print(f"{N_CYCLES} connections: before {before}, after {after}")
    assert after.n_sockets <= before.n_sockets
    assert after.n_threads <= before.n_threads
    assert after.resident_bytes < before.resident_bytes + 50 * MIB


def test_the_index_is_whole(served: Served) -> None:
    engine = create_engine(f"sqlite:///{served.data / 'index.sqlite'}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
