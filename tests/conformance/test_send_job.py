"""Do objects reach another AE by a job: whole, with truthful counts, after refusals, outages and kill -9?"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.presentation import StoragePresentationContexts

from dicom_peers import free_port, storescp
from served import Served

pytestmark = pytest.mark.conformance
Start = Callable[..., Served]


def call(served: Served, path: str, value: object = None, method: str | None = None) -> Any:
    body = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(served.http + path, body, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        data = answer.read()
        return json.loads(data) if data else None


def wait_for(served: Served, job_id: str, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(1200):
        job: dict[str, Any] = call(served, f"api/jobs/{job_id}")
        if is_it(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"a minute later the job is still {job}")


def is_over(job: dict[str, Any]) -> bool:
    return job["state"] in ("done", "failed", "cancelled")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return () if request.param == "sqlite" else ("--database", request.getfixturevalue("postgresql_url"))


def store_copies(served: Served, folder: Path, n_copies: int) -> str:
    """Store copies of a small image in one study; return its UID."""
    image = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    del image[0xFFFCFFFC]  # DCMTK's storescu does not send trailing padding
    folder.mkdir()
    for number in range(n_copies):
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.InstanceNumber = number + 1
        image.save_as(folder / f"{number}.dcm")
    command = ("storescu", "-aec", "LUMENARC", "+sd", served.dicom_host, str(served.dicom_port), str(folder))
    subprocess.run(command, check=True, timeout=120)
    return str(image.StudyInstanceUID)


def register(served: Served, title: str, port: int) -> None:
    call(served, "api/aes", {"title": title, "host": "127.0.0.1", "port": port})


class Picky:
    """A receiver that answers as it is told and remembers how often each object came."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.answer: Callable[[str], int] = lambda _uid: 0
        self.arrived = threading.Event()

    def handle(self, event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        self.counts[uid] += 1
        self.arrived.set()
        return self.answer(uid)


@contextlib.contextmanager
def receiving(picky: Picky, port: int) -> Iterator[None]:
    entity = AE(ae_title="PICKY")
    entity.supported_contexts = StoragePresentationContexts
    server: Any = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, picky.handle)])
    try:
        yield
    finally:
        server.shutdown()


def test_a_study_arrives_byte_by_byte(archive_server: Start, database: tuple[str, ...], tmp_path: Path) -> None:
    served = archive_server(*database)
    study_uid = store_copies(served, tmp_path / "files", 5)
    with storescp(tmp_path / "received") as peer:
        register(served, "STORESCP", peer.port)
        job_id = call(served, "api/send", {"destination": "STORESCP", "studies": [study_uid]})["job"]
        job = wait_for(served, job_id, is_over)
        assert (job["state"], job["n_done"], job["n_total"], job["n_failed"]) == ("done", 5, 5, 0)
        assert (job["title"], job["result"]) == ("Send 1 study to STORESCP", {"sent": 5, "deleted_meanwhile": 0})
        received = {}
        for path in peer.files():
            image = pydicom.dcmread(path)
            received[str(image.SOPInstanceUID)] = image
        for path in (tmp_path / "files").iterdir():
            image = pydicom.dcmread(path)
            assert received.pop(str(image.SOPInstanceUID)) == image
        assert not received

        series_uid, uid = str(image.SeriesInstanceUID), str(image.SOPInstanceUID)
        series = [{"study_uid": study_uid, "series_uid": series_uid}]
        for wanted, title, count in (
            ({"series": series}, "Send 1 series to STORESCP", 5),
            ({"instances": [uid]}, "Send 1 object to STORESCP", 1),
            ({"series": series, "instances": [uid], "studies": [study_uid]}, "Send 1 study, 1 series, 1 object to ", 5),
        ):
            job_id = call(served, "api/send", {"destination": "STORESCP", **wanted})["job"]
            job = wait_for(served, job_id, is_over)
            assert job["title"].startswith(title)
            assert (job["state"], job["result"]["sent"]) == ("done", count)


def test_what_cannot_be_sent_is_said_at_once(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server()
    study_uid = store_copies(served, tmp_path / "files", 1)
    for value, code in (
        ({"destination": "NOBODY", "studies": [study_uid]}, 404),
        ({"studies": [study_uid]}, 400),
        ({"destination": "PICKY", "studies": ["1.2.3"]}, 404),
        ({"destination": "PICKY"}, 404),
        ({"destination": "PICKY", "series": [study_uid]}, 400),
    ):
        register(served, "PICKY", 104)
        with pytest.raises(urllib.error.HTTPError) as refused:
            call(served, "api/send", value)
        assert refused.value.code == code
        assert "error" in json.load(io.BytesIO(refused.value.read()))
    assert call(served, "api/jobs") == []


def test_only_what_was_refused_is_sent_again(archive_server: Start, tmp_path: Path) -> None:
    served, picky, port = archive_server(), Picky(), free_port()
    study_uid = store_copies(served, tmp_path / "files", 6)
    register(served, "PICKY", port)
    full = set(sorted(str(pydicom.dcmread(path).SOPInstanceUID) for path in (tmp_path / "files").iterdir())[:2])
    picky.answer = lambda uid: 0xA700 if uid in full and picky.counts[uid] == 1 else 0
    with receiving(picky, port):
        job_id = call(served, "api/send", {"destination": "PICKY", "studies": [study_uid]})["job"]
        job = wait_for(served, job_id, lambda job: bool(job["error"]))
        assert job["state"] == "waiting" and job["error"].startswith("2 of 6 objects were not taken: ")
        job = wait_for(served, job_id, is_over)
        assert (job["state"], job["result"]) == ("done", {"sent": 6, "deleted_meanwhile": 0})
        assert sorted(picky.counts.values()) == [1, 1, 1, 1, 2, 2]

        picky.counts.clear()
        picky.answer = lambda uid: 0xC000 if uid in full else 0
        job_id = call(served, "api/send", {"destination": "PICKY", "studies": [study_uid]})["job"]
        job = wait_for(served, job_id, is_over)
        assert (job["state"], job["n_failed"]) == ("failed", 2)
        picky.answer = lambda _uid: 0xB000
        call(served, f"api/jobs/{job_id}/retry", method="POST")
        job = wait_for(served, job_id, is_over)
        assert (job["state"], job["error"], job["result"]["sent"]) == ("done", "", 6)
        assert sorted(picky.counts.values()) == [1, 1, 1, 1, 2, 2]


def test_a_receiver_that_is_away_is_called_again(
    archive_server: Start, database: tuple[str, ...], tmp_path: Path
) -> None:
    served, picky, port = archive_server(*database), Picky(), free_port()
    study_uid = store_copies(served, tmp_path / "files", 3)
    register(served, "PICKY", port)
    job_id = call(served, "api/send", {"destination": "PICKY", "studies": [study_uid]})["job"]
    job = wait_for(served, job_id, lambda job: bool(job["error"]))
    assert (job["state"], job["n_attempts"], job["n_done"]) == ("waiting", 1, 0)
    with receiving(picky, port):
        job = wait_for(served, job_id, is_over)
    assert (job["state"], job["error"]) == ("done", "")
    assert list(picky.counts.values()) == [1, 1, 1]


def test_cancelling_stops_between_two_objects(archive_server: Start, tmp_path: Path) -> None:
    served, picky, port = archive_server(), Picky(), free_port()
    study_uid = store_copies(served, tmp_path / "files", 40)
    register(served, "PICKY", port)
    picky.answer = _slowly
    with receiving(picky, port):
        job_id = call(served, "api/send", {"destination": "PICKY", "studies": [study_uid]})["job"]
        assert picky.arrived.wait(30)
        call(served, f"api/jobs/{job_id}/cancel", method="POST")
        job = wait_for(served, job_id, is_over)
    assert job["state"] == "cancelled"
    assert 0 < sum(picky.counts.values()) < 40


def test_after_kill_9_it_goes_on_where_it_was(archive_server: Start, tmp_path: Path) -> None:
    served, picky, port = archive_server(), Picky(), free_port()
    study_uid = store_copies(served, tmp_path / "files", 30)
    register(served, "PICKY", port)
    picky.answer = _slowly
    with receiving(picky, port):
        job_id = call(served, "api/send", {"destination": "PICKY", "studies": [study_uid]})["job"]
        before = wait_for(served, job_id, lambda job: job["n_done"] > 5)
        served.process.kill()
        assert served.process.wait(30) == -signal.SIGKILL
        again = archive_server(data=served.data)
        job = wait_for(again, job_id, is_over)
    assert (job["state"], job["n_done"], job["result"]["sent"]) == ("done", 30, 30)
    assert len(picky.counts) == 30
    # Sent twice is at most what arrived after the last word of the killed process about it.
    assert sum(picky.counts.values()) - 30 <= 30 - before["n_done"]
    assert max(picky.counts.values()) <= 2


def _slowly(_uid: str) -> int:
    time.sleep(0.1)
    return 0
