"""A full disk, a folder that became read-only, files that may not grow: refused truthfully, nothing half-kept, and on
it goes without a restart as soon as there is room again."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.services import check
from raw_peer import RawPeer, ct_image, part10
from served import Served, serve
from stow import MULTIPART, body_of, data_set_of, failures, stored

pytestmark = pytest.mark.fault
NO_LIMIT = {"LUMENARC_MIN_FREE_BYTES": "0"}
REFUSED = 0xA700
STUDY, SERIES = "1.2.3", "1.2.3.1"


def image(number: int, size: int = 20_000) -> tuple[str, bytes]:
    uid = f"{STUDY}.{number}"
    return uid, ct_image(uid, random.Random(number).randbytes(size), study_uid=STUDY, series_uid=SERIES)


class Sender:
    """Stores over one association that stays open, and over HTTP; remembers what was acknowledged."""

    def __init__(self, served: Served) -> None:
        self.peer = RawPeer(served.dicom_host, served.dicom_port).associate()
        self.http = httpx.Client(base_url=served.http, timeout=60)
        self.kept: dict[str, bytes] = {}

    def store(self, number: int, size: int = 20_000) -> int:
        uid, data = image(number, size)
        status = self.peer.store(data, uid)
        if status == 0:
            self.kept[uid] = data
        return status

    def stow(self, number: int, size: int = 20_000) -> int:
        """Return 0, or the failure reason, or the HTTP status."""
        uid, data = image(number, size)
        answer = self.http.post("dicom-web/studies", content=body_of([part10(data, uid)]), headers=MULTIPART)
        if stored(answer):
            self.kept[uid] = data
            return 0
        return (failures(answer) or [answer.status_code])[0] if answer.status_code < 500 else answer.status_code

    def all_is_well(self) -> None:
        """Everything that was acknowledged is found and served as it was; the association lives."""
        assert self.peer.echo() == 0
        rows = self.http.get(f"dicom-web/studies/{STUDY}/instances", params={"limit": 1000}).json()
        assert {row["00080018"]["Value"][0] for row in rows} == set(self.kept)
        for uid, data in self.kept.items():
            assert data_set_of(self.http, uid, STUDY, SERIES) == data
        assert self.http.get("healthz").status_code == 200

    def until_stored(self, number: int) -> None:
        """Try again until it is taken: that there is room again is noticed within a second."""
        for _ in range(100):
            if self.store(number) == 0:
                return
            time.sleep(0.1)
        raise AssertionError("it is still refused after ten seconds")

    def close(self, served: Served) -> None:
        """Stop the archive; index and blobs agree."""
        self.peer.release()
        self.http.close()
        served.stop()
        archive = open_archive(load(data=served.data, min_free_bytes=0))
        report = check.check(archive)
        archive.close()
        assert (report.clean, report.n_instances, report.n_blobs) == (True, len(self.kept), len(self.kept))
        leftovers = {"blobs", "index.sqlite", "journal", "lock", "writers", "filler", "uploads"}
        assert {path.name for path in served.data.iterdir()} <= leftovers


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of 24 MB."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))


if os.getuid() == 0:

    def test_full_disk(tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk") as disk:
            served = serve(disk, environment=NO_LIMIT)
            sender = Sender(served)
            assert [sender.store(1), sender.stow(2), sender.store(3, 400_000)] == [0, 0, 0]
            fill(disk / "filler")
            refused = [sender.store(number, 400_000) for number in (11, 12)]
            refused += [sender.store(number) for number in range(13, 60)]
            assert set(refused) <= {0, REFUSED} and REFUSED in refused
            assert {sender.stow(number, 100_000) for number in (61, 62)} <= {REFUSED, 507}
            sender.all_is_well()
            (disk / "filler").unlink()
            sender.until_stored(13)
            assert [sender.stow(61), sender.store(11, 400_000)] == [0, 0]
            sender.all_is_well()
            sender.close(served)


def test_below_the_free_space_that_shall_stay(tmp_path: Path) -> None:
    served = serve(tmp_path / "data", environment={"LUMENARC_MIN_FREE_BYTES": str(1 << 60)})
    sender = Sender(served)
    assert sender.store(1) == REFUSED
    assert sender.stow(2) in (REFUSED, 507)
    assert sender.peer.echo() == 0
    assert sender.http.get("readyz").status_code == 200  # what is stored can be read
    sender.peer.release()
    served.stop()
    assert not list((tmp_path / "data" / "blobs").rglob("*.dcm"))


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """The kernel refuses to write beyond 3 MB, as a quota does; small objects are still taken."""
    served = serve(tmp_path / "data", environment=NO_LIMIT, prefix=("prlimit", "--fsize=3000000"))
    sender = Sender(served)
    assert [sender.store(1, 4_000_000), sender.stow(2, 4_000_000) in (REFUSED, 507)] == [REFUSED, True]
    assert [sender.store(number) for number in range(10, 30)] == [0] * 20
    sender.all_is_well()
    sender.close(served)


def test_a_folder_that_became_read_only(tmp_path: Path) -> None:
    # Root may write everywhere unless that right is taken from it.
    prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.getuid() == 0 else ()
    served = serve(tmp_path / "data", environment=NO_LIMIT, prefix=prefix)
    sender = Sender(served)
    assert [sender.store(1), sender.stow(2), sender.store(3, 400_000)] == [0, 0, 0]
    folders = [path for path in (served.data / "blobs").rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o550)
    # Files that were prepared before may still be filled, safely (BlobStore.prepare); then everything is refused.
    answers = [sender.store(number) for number in range(20, 26)]
    assert set(answers) <= {0, REFUSED}
    assert answers[-1] == REFUSED
    assert [sender.store(11), sender.store(12, 400_000)] == [REFUSED] * 2
    assert sender.stow(13) in (REFUSED, 507)
    sender.all_is_well()
    for folder in folders:
        folder.chmod(0o750)
    sender.until_stored(11)
    assert sender.stow(13) == 0
    sender.all_is_well()
    sender.close(served)
