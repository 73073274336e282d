"""Is every acknowledged instance there, byte for byte and indexed once, after kill -9 at any moment?

The process that is killed is this file, run with a data folder and a number: it opens the archive as a server does,
recovers, and four threads store without end. Each line it writes is the SOP Instance UID of an instance whose sender
would be told that it is safe. N_KILLS sets how often it is killed.
"""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.index.schema import instance, series, study
from lumenarc.services import check, retrieve, store

CT = "1.2.840.10008.5.1.4.1.1.2"
N_THREADS = 4
N_KILLS = int(os.environ.get("N_KILLS", "4"))


def _element(group: int, number: int, vr: bytes, text: str) -> bytes:
    value = text.encode()
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def data_of(uid: str) -> bytes:
    """Return the data set of an instance, which follows from its UID; every fifth is large enough to be streamed."""
    n = int(uid.rpartition(".")[2])
    pixels = (uid.encode() + b"|") * (30_000 if n % 5 == 0 else 100)
    pixels += b"\0" * (len(pixels) % 2)
    return b"".join(
        (
            _element(0x0008, 0x0016, b"UI", CT),
            _element(0x0008, 0x0018, b"UI", uid),
            _element(0x0010, 0x0010, b"PN", "Doe^Jane"),
            _element(0x0010, 0x0020, b"LO", "P1"),
            _element(0x0020, 0x000D, b"UI", uid.rpartition(".")[0]),
            _element(0x0020, 0x000E, b"UI", f"{uid.rpartition('.')[0]}.{n % 3}"),
            struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, len(pixels)),
            pixels,
        )
    )


def _store_for_ever(archive: Archive, study_uid: str) -> None:
    for n in count(1):
        uid = f"{study_uid}.{n}"
        data = data_of(uid)
        incoming = store.begin(archive, CT, uid, "1.2.840.10008.1.2.1", store.Source("SCU"))
        for place in range(0, len(data), 16_000):
            incoming.write(data[place : place + 16_000])
        assert incoming.finish().outcome == "stored"
        os.write(1, f"{uid}\n".encode())


def _serve(data: str, cycle: str) -> None:
    """Recover, then store until killed."""
    archive = open_archive(load(data=Path(data), min_free_bytes=0))
    check.recover(archive)
    for number in range(N_THREADS):
        threading.Thread(target=_store_for_ever, args=(archive, f"1.2.{cycle}.{number}")).start()


def _store_and_kill(data: Path, cycle: int, n_acknowledged: int) -> list[str]:
    """Let a process store until it has acknowledged so many, kill it, and return all that it acknowledged."""
    with subprocess.Popen([sys.executable, __file__, str(data), str(cycle)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(n_acknowledged)]
        process.kill()
        lines += process.stdout.readlines()
    assert process.returncode == -9
    return [line.decode().strip() for line in lines if line.endswith(b"\n")]


@pytest.mark.fault
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    acknowledged: list[str] = []
    for cycle in range(N_KILLS):
        acknowledged += _store_and_kill(tmp_path, cycle, chance.randint(1, 40))
    assert len(acknowledged) >= N_KILLS

    archive = open_archive(load(data=tmp_path, min_free_bytes=0))
    check.recover(archive)
    for uid in acknowledged:
        (found,) = retrieve.find(archive, uid.rpartition(".")[0], sop_instance_uid=uid)
        stored = b"".join(retrieve.whole_file(archive, found))
        assert stored[found.header_bytes :] == data_of(uid), f"{uid} (seed {seed})"
    report = check.check(archive)
    assert (report.corrupt, report.without_row) == ([], []), f"seed {seed}"
    assert report.n_instances == report.n_blobs >= len(acknowledged)
    with archive.index.read() as connection:
        total = connection.execute(select(func.count()).select_from(instance)).scalar_one()
        different = connection.execute(select(func.count(func.distinct(instance.c.sop_instance_uid)))).scalar_one()
        counted = [connection.execute(select(func.sum(t.c.n_instances))).scalar_one() for t in (study, series)]
    assert [total] * 3 == [different, *counted]
    archive.close()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
