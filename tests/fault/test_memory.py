"""How much memory do 50 associations cost that each send a huge multi-frame instance at the same time?

N_SENDERS and SIZE_MB set the scale (the full run: 50 senders of 500 MB; 300 MB resident is the bar). The senders make
their bytes as they go and hold none of them; digests tell whether what was stored is what was sent.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lumenarc.protocol.dimse import commands
from lumenarc.protocol.ul.pdu import p_data_header
from process_figures import figures, settled
from raw_peer import CT, RawPeer, ct_image, element
from served import Served, serve

N_SENDERS, SIZE_MB = int(os.environ.get("N_SENDERS", "50")), int(os.environ.get("SIZE_MB", "2"))
CHUNK_BYTES = 64 << 10
BAR_BYTES = 300 << 20


def head_of(uid: str, n_bytes: int) -> bytes:
    """Return everything before the pixels of a multi-frame instance of 512 x 512 samples of 16 bits."""
    image = (
        (0x00280002, "US", struct.pack("<H", 1)),
        (0x00280004, "CS", "MONOCHROME2"),
        (0x00280008, "IS", str(n_bytes // (512 * 512 * 2))),
        (0x00280010, "US", struct.pack("<H", 512)),
        (0x00280011, "US", struct.pack("<H", 512)),
        (0x00280100, "US", struct.pack("<H", 16)),
        (0x00280101, "US", struct.pack("<H", 16)),
        (0x00280102, "US", struct.pack("<H", 15)),
        (0x00280103, "US", struct.pack("<H", 0)),
    )
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, n_bytes)
    return ct_image(uid) + b"".join(element(*line) for line in image) + pixels


def fragments_of(uid: str, n_bytes: int) -> Iterator[bytes]:
    """Yield the data set in pieces that no two instances share and that cost nothing to make."""
    yield head_of(uid, n_bytes)
    noise = bytearray(hashlib.shake_256(uid.encode()).digest(CHUNK_BYTES))
    for number in range(n_bytes // CHUNK_BYTES):
        noise[:8] = number.to_bytes(8, "little")
        yield bytes(noise)


def send(served: Served, uid: str, n_bytes: int, digests: dict[str, str]) -> None:
    """Send one instance and note its digest when it is acknowledged."""
    digest = hashlib.sha256()
    with RawPeer(served.dicom_host, served.dicom_port, timeout_s=1800) as raw:
        raw.associate(calling=f"BIG{uid.rpartition('.')[2]}")
        command = commands.request(commands.C_STORE_RQ, 1, CT, data_set=True, sop_instance_uid=uid)
        encoded = commands.encode(command)
        raw.send(p_data_header(3, 3, len(encoded)) + encoded)
        for piece in fragments_of(uid, n_bytes):
            digest.update(piece)
            raw.send(p_data_header(3, 0, len(piece)) + piece)
        raw.send(p_data_header(3, 2, 0))
        found = raw.response()
        if found is not None and found.status == 0:
            digests[uid] = digest.hexdigest()
            raw.release()


def digest_of(client: httpx.Client, uid: str) -> str:
    """Return the digest of an instance's data set as it is served, without holding it."""
    path = f"dicom-web/studies/1.2.50/series/1.2.50.1/instances/{uid}"
    digest = hashlib.sha256()
    head: bytes | None = b""
    n_left = len(head_of(uid, SIZE_MB << 20)) + (SIZE_MB << 20)
    accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
    with client.stream("GET", path, headers=accept) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            if head is not None:
                head += piece
                if len(head) < 4096:
                    continue
                start = head.index(b"DICM") + 4
                piece, head = head[start + 12 + int.from_bytes(head[start + 8 : start + 12], "little") :], None
            digest.update(piece[:n_left])
            n_left -= min(n_left, len(piece))
    assert n_left == 0
    return digest.hexdigest()


@pytest.mark.fault
@pytest.mark.timeout(3600)
def test_many_huge_instances_at_once(tmp_path: Path) -> None:
    environment = {"LUMENARC_MIN_FREE_BYTES": "0", "LUMENARC_MAX_ASSOCIATIONS": str(N_SENDERS + 10)}
    served = serve(tmp_path / "archive", environment=environment)
    digests: dict[str, str] = {}
    uids = [f"1.2.50.{number}" for number in range(1, N_SENDERS + 1)]
    threads = [threading.Thread(target=send, args=(served, uid, SIZE_MB << 20, digests)) for uid in uids]
    before, began = figures(served.process.pid), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_s = time.monotonic() - began
    stored = settled(served.process.pid, lambda now: now.n_threads <= before.n_threads)
    with httpx.Client(base_url=served.http, timeout=600) as client:
        n_identical = sum(digest_of(client, uid) == digests[uid] for uid in digests)
    served_too = figures(served.process.pid)
    served.stop()
    print(json.dumps({
        "fault": "memory", "senders": N_SENDERS, "size_mb": SIZE_MB, "acked": len(digests), "identical": n_identical,
        "rss_before": before.resident_bytes, "rss_peak": stored.peak_bytes, "rss_after": stored.resident_bytes,
        "rss_peak_after_reading": served_too.peak_bytes, "mb_per_s": round(N_SENDERS * SIZE_MB / took_s, 1),
    }))  # fmt: skip
    assert len(digests) == n_identical == N_SENDERS
    assert stored.peak_bytes < BAR_BYTES
    assert served_too.peak_bytes < BAR_BYTES
