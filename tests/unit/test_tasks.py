"""Do the tasks do what they are for: purge what is over its time, find flipped bytes, go on where they were?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive, now_ms, open_archive
from lumenarc.config import Settings
from lumenarc.doors.worker import check, purge
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import delete, jobs, retrieve, store
from lumenarc.storage.filesystem import SUFFIX

NAMES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm")


class Clock:
    """The time, or later."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archive(settings: Settings, clock: Clock) -> Iterator[Archive]:
    opened = open_archive(settings, clock)
    yield opened
    opened.close()


@pytest.fixture
def stored(archive: Archive) -> list[store.Stored]:
    files = [next(PYDICOM_FILES.rglob(name)) for name in NAMES]
    return [store.store_part10(archive, (file.read_bytes(),), store.Source()) for file in files]


def claimed(archive: Archive, task: str) -> jobs.Running:
    running = jobs.claim(archive, (task,))
    assert running is not None
    return running


def blobs(archive: Archive) -> list[Path]:
    return sorted((archive.settings.data / "blobs").rglob("*" + SUFFIX))


def test_purge_deletes_what_is_over_its_time(archive: Archive, stored: list[store.Stored], clock: Clock) -> None:
    delete.delete(archive, stored[0].study_uid)
    assert not purge.is_due(archive)
    clock.ahead_ms = 31 * 86_400_000
    delete.delete(archive, stored[1].study_uid)
    assert purge.is_due(archive)
    jobs.start(archive, "purge")
    assert purge.run(archive, claimed(archive, "purge")) == {"deletions": 1, "instances": 1}
    assert not purge.is_due(archive)
    assert len(blobs(archive)) == 2
    assert delete.trash_items(archive, 10, 0)[0] == 1


def test_check_finds_a_flipped_byte_and_only_that(archive: Archive, stored: list[store.Stored]) -> None:
    (found,) = retrieve.find(archive, stored[2].study_uid)
    archive.storage.settle()
    path = archive.settings.data / "blobs" / (found.blob_key + SUFFIX)
    data = bytearray(path.read_bytes())
    data[-5] ^= 0x10
    path.write_bytes(data)
    jobs.start(archive, "check")
    result = check.run(archive, claimed(archive, "check"))
    assert result == {"instances": 3, "n_corrupt": 1, "corrupt": [stored[2].sop_instance_uid]}


def test_an_interrupted_check_reads_only_what_is_left(
    archive: Archive, stored: list[store.Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = jobs.start(archive, "check")
    first = claimed(archive, "check")
    first.is_interrupted = True
    with pytest.raises(jobs.Interrupted):
        check.run(archive, first)
    first.give_back()
    assert jobs.get(archive, job_id).n_done == 1
    read: list[str] = []
    verify = retrieve.verify

    def noting(held: Archive, inst: StoredInstance) -> None:
        read.append(inst.sop_instance_uid)
        verify(held, inst)

    monkeypatch.setattr(retrieve, "verify", noting)
    result = check.run(archive, claimed(archive, "check"))
    assert (result["instances"], read) == (3, [one.sop_instance_uid for one in stored[1:]])
