"""Is everything that the running server acknowledged there after kill -9, by C-STORE and by STOW-RS?

Six senders at once: four associations over bare sockets, two httpx clients with multipart bodies. Whatever was not
acknowledged when the server died is sent again, as a modality does. N_KILLS sets how often it is killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.index.schema import instance, series, study
from raw_peer import RawPeer, ct_image, part10
from served import Served, serve
from stow import MULTIPART, body_of, data_set_of, stored

N_KILLS = int(os.environ.get("N_KILLS", "8"))
N_DICOM, N_STOW = 4, 2
LIMITS = {"LUMENARC_MIN_FREE_BYTES": "0"}


def data_of(uid: str) -> bytes:
    """Return the data set of an instance, which follows from its UID; some are streamed, most are small."""
    number = int(uid.rpartition(".")[2])
    size = 2_000_000 if number % 97 == 5 else 500_000 if number % 7 == 3 else 10_000
    pixels = random.Random(uid).randbytes(size)
    return ct_image(uid, pixels, patient_id=f"P{uid.split('.')[2]}")


class Senders:
    """The senders of one cycle; `acknowledged` grows until the server is gone."""

    def __init__(self, served: Served, numbers: dict[str, int]) -> None:
        self.served, self.numbers = served, numbers
        self.acknowledged: list[str] = []
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._dicom, args=(f"1.2.{n}",)) for n in range(N_DICOM)]
        self._threads += [threading.Thread(target=self._stow, args=(f"1.2.{n + 50}",)) for n in range(N_STOW)]

    def run_until(self, n_acknowledged: int) -> None:
        """Send until so many are acknowledged."""
        for thread in self._threads:
            thread.start()
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.acknowledged) >= n_acknowledged, 120)

    def join(self) -> None:
        """Wait for the senders to see that the server is gone."""
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _note(self, study_uid: str, uids: list[str]) -> None:
        with self._changed:
            self.acknowledged += uids
            self.numbers[study_uid] += len(uids)
            self._changed.notify_all()

    def _dicom(self, study_uid: str) -> None:
        with suppress(OSError, AssertionError), RawPeer(self.served.dicom_host, self.served.dicom_port) as raw:
            raw.associate(calling=f"S{study_uid[4:]}")
            for number in count(self.numbers[study_uid]):
                uid = f"{study_uid}.{number}"
                if raw.store(data_of(uid), uid) != 0:
                    return
                self._note(study_uid, [uid])

    def _stow(self, study_uid: str) -> None:
        with suppress(httpx.HTTPError), httpx.Client(base_url=self.served.http, timeout=60) as client:
            while True:
                first = self.numbers[study_uid]
                uids = [f"{study_uid}.{number}" for number in range(first, first + 1 + first % 5)]
                body = body_of(part10(data_of(uid), uid) for uid in uids)
                done = stored(client.post("dicom-web/studies", content=body, headers=MULTIPART))
                if done != uids:
                    return
                self._note(study_uid, uids)


def cycle(data: Path, numbers: dict[str, int], n_acknowledged: int) -> tuple[list[str], float]:
    """Start the server, let it acknowledge so many, kill it; return what it acknowledged and its time to start."""
    began = time.monotonic()
    served = serve(data, environment=LIMITS)
    ready_s = time.monotonic() - began
    senders = Senders(served, numbers)
    senders.run_until(n_acknowledged)
    served.process.send_signal(signal.SIGKILL)
    assert served.process.wait(30) == -signal.SIGKILL
    senders.join()
    return senders.acknowledged, ready_s


def compare(data: Path, acknowledged: set[str]) -> tuple[int, int]:
    """Return how many of the acknowledged instances are served, and how many of them as they were sent."""
    served = serve(data, environment=LIMITS)
    n_retrievable = n_identical = 0
    with httpx.Client(base_url=served.http, timeout=60) as client:
        for uid in sorted(acknowledged):
            study_uid = uid.rpartition(".")[0]
            found = data_set_of(client, uid, study_uid, f"{study_uid}.1")
            n_retrievable += found is not None
            n_identical += found == data_of(uid)
    served.stop()
    return n_retrievable, n_identical


def indexed(data: Path) -> tuple[int, int, int, int]:
    """Return the rows of instances, their different UIDs, and what studies and series count."""
    archive = open_archive(load(data=data, min_free_bytes=0))
    with archive.index.read() as connection:
        rows = connection.execute(select(func.count()).select_from(instance)).scalar_one()
        different = connection.execute(select(func.count(func.distinct(instance.c.sop_instance_uid)))).scalar_one()
        counted = [connection.execute(select(func.sum(t.c.n_instances))).scalar_one() for t in (study, series)]
    archive.close()
    return rows, different, counted[0], counted[1]


@pytest.mark.fault
@pytest.mark.timeout(4 * 3600)
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", str(random.randrange(1 << 32))))
    chance = random.Random(seed)
    numbers = {f"1.2.{n}": 1 for n in (*range(N_DICOM), *range(50, 50 + N_STOW))}
    acknowledged: list[str] = []
    max_restart_s = 0.0
    for _ in range(N_KILLS):
        done, ready_s = cycle(tmp_path, numbers, chance.randint(1, 60))
        acknowledged += done
        max_restart_s = max(max_restart_s, ready_s)
    unique = set(acknowledged)
    n_retrievable, n_identical = compare(tmp_path, unique)
    rows, different, of_studies, of_series = indexed(tmp_path)
    figures = {
        "fault": "kill9-network",
        "seed": seed,
        "cycles": N_KILLS,
        "acked": len(unique),
        "retrievable": n_retrievable,
        "identical": n_identical,
        "extra": rows - len(unique),
        "max_restart_s": round(max_restart_s, 2),
    }
    print(json.dumps(figures))
    assert len(acknowledged) == len(unique) >= N_KILLS
    assert (n_retrievable, n_identical) == (len(unique), len(unique)), figures
    assert rows == different == of_studies == of_series, "indexed once, and counted once"
    # What was not acknowledged may be there or not, but at most what was under way at each kill.
    assert 0 <= rows - len(unique) <= N_DICOM + N_STOW * 5, figures
    program = (sys.executable, "-c", "from lumenarc.cli import main; main()", "check", "--data", str(tmp_path))
    checked = subprocess.run(program, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.endswith("clean\n")
