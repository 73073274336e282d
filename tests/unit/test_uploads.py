"""Is an uploaded ZIP archive imported by its job, from where it came to, and is nothing left of it?"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.errors import BadRequest, NotFound, OutOfResources, Refused, Unavailable
from lumenarc.index import lookup
from lumenarc.services import jobs, uploads
from lumenarc.services.store import Source

SOURCE = Source("", "192.0.2.1")
CT, MR = (next(PYDICOM_FILES.rglob(name)).read_bytes() for name in ("CT_small.dcm", "MR_small.dcm"))


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    opened = open_archive(settings)
    yield opened
    opened.close()


def packed(*members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number, member in enumerate(members):
            made.writestr(f"Doe^Jane/{number}.dcm", member)
    return out.getvalue()


def kept(archive: Archive) -> list[Path]:
    return list((archive.settings.data / "uploads").glob("*"))


def claimed(archive: Archive) -> jobs.Running:
    running = jobs.claim(archive, (uploads.TASK,))
    assert running is not None
    return running


def n_stored(archive: Archive) -> int:
    with archive.index.read() as connection:
        return lookup.n_rows(connection)


def test_members_are_imported_and_the_file_goes(archive: Archive) -> None:
    data = packed(CT, MR, b"no image", CT)
    job_id = uploads.queue(archive, (data[:1000], data[1000:]), SOURCE)
    running = claimed(archive)
    assert (running.job.id, len(kept(archive))) == (job_id, 1)
    result = uploads.run(archive, running)
    running.done(result)
    assert (result["stored"], result["duplicate"], result["failed"]) == (2, 1, 1)
    assert "Doe" not in str(result)
    seen = jobs.get(archive, job_id)
    assert (seen.n_done, seen.n_total, seen.n_failed) == (4, 4, 1)
    assert (n_stored(archive), kept(archive)) == (2, [])


def test_an_interrupted_import_goes_on_after_what_is_over(archive: Archive) -> None:
    uploads.queue(archive, (packed(CT, MR, CT),), SOURCE)
    first = claimed(archive)
    first.is_interrupted = True
    with pytest.raises(jobs.Interrupted):
        uploads.run(archive, first)
    first.give_back()
    second = claimed(archive)
    assert (second.checkpoint[0], n_stored(archive), len(kept(archive))) == (1, 1, 1)
    assert uploads.run(archive, second) == {"stored": 2, "duplicate": 1, "reasons": {}}
    assert kept(archive) == []


def test_no_room_is_waited_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads.queue(archive, (packed(CT, MR),), SOURCE)
    running = claimed(archive)

    def full() -> None:
        raise OutOfResources("The storage is full.")

    with monkeypatch.context() as patched, pytest.raises(Unavailable, match="full"):
        patched.setattr(archive.storage, "create", full)
        uploads.run(archive, running)
    assert len(kept(archive)) == 1
    assert running.failed(OutOfResources("The storage is full."), max_attempts=5)


def test_what_is_no_archive_is_refused_and_not_kept(archive: Archive) -> None:
    with pytest.raises(BadRequest, match="ZIP"):
        uploads.queue(archive, (CT,), SOURCE)
    uploads.queue(archive, (packed(b"a", b"b"),), SOURCE)
    with pytest.raises(Refused, match="Nothing could be imported"):
        uploads.run(archive, claimed(archive))
    assert (kept(archive), n_stored(archive)) == ([], 0)


def test_a_start_sweeps_what_no_job_needs(archive: Archive) -> None:
    uploads.queue(archive, (packed(CT),), SOURCE)
    (needed,) = kept(archive)
    (needed.parent / ("0" * 32)).write_bytes(b"left behind")
    uploads.sweep(archive)
    assert kept(archive) == [needed]
    needed.unlink()
    with pytest.raises(NotFound, match="upload it again"):
        uploads.run(archive, claimed(archive))
