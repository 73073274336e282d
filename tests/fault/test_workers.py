"""Do several processes serve one archive as one: counts, limits, lists, events, jobs? And when one of them dies?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from pynetdicom import AE
from sqlalchemy import select

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.index.schema import instance
from lumenarc.services import check
from raw_peer import RawPeer, ct_image
from served import Served

pytestmark = pytest.mark.fault
Start = Callable[..., Served]
VERIFICATION = "1.2.840.10008.1.1"


def get(served: Served, path: str) -> Any:
    with urllib.request.urlopen(served.http + path, timeout=30) as answer:
        return json.load(answer)


def post(served: Served, path: str, value: object) -> Any:
    request = urllib.request.Request(served.http + path, json.dumps(value).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def workers_of(served: Served) -> list[int]:
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text()
    return [int(word) for word in children.split()]


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(1200):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within a minute")


def make_files(folder: Path, n_senders: int, n_each: int) -> list[list[str]]:
    """Write copies of one small image: one study, two series, for each sender a list of files."""
    image = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    study_uid, series_uids = generate_uid(), [generate_uid(), generate_uid()]
    image.StudyInstanceUID = study_uid
    lists = []
    for sender in range(n_senders):
        paths = []
        for number in range(n_each):
            image.SeriesInstanceUID = series_uids[number % 2]
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            paths.append(str(folder / f"{sender}-{number}.dcm"))
            image.save_as(paths[-1])
        lists.append(paths)
    return lists


@contextmanager
def associations(served: Served, n_wanted: int) -> Iterator[list[Any]]:
    entity = AE(ae_title="TESTER")
    entity.add_requested_context(VERIFICATION)
    held = [entity.associate(served.dicom_host, served.dicom_port, ae_title="LUMENARC") for _ in range(n_wanted)]
    yield held
    for one in held:
        if one.is_established:
            one.release()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return () if request.param == "sqlite" else ("--database", request.getfixturevalue("postgresql_url"))


def test_senders_of_one_study_through_several_processes(
    archive_server: Start, database: tuple[str, ...], tmp_path: Path
) -> None:
    served = archive_server("--workers", "3", *database)
    lists = make_files(tmp_path, 4, 20)
    command = ("storescu", "-aec", "LUMENARC", served.dicom_host, str(served.dicom_port))
    # The first file of each is sent by its neighbour too: identical instances at once are one.
    senders = [subprocess.Popen((*command, *paths, lists[number - 1][0])) for number, paths in enumerate(lists)]
    assert [sender.wait(120) for sender in senders] == [0] * 4
    (study,) = get(served, "dicom-web/studies?includefield=NumberOfStudyRelatedInstances,NumberOfStudyRelatedSeries")
    assert (study["00201208"]["Value"], study["00201206"]["Value"]) == ([80], [2])
    served.stop()
    archive = open_archive(load(data=served.data, database=database[1] if database else ""))
    report = check.check(archive)
    archive.close()
    assert (report.clean, report.n_instances, report.n_blobs) == (True, 80, 80)


def test_limit_and_list_count_all_processes(archive_server: Start) -> None:
    served = archive_server("--workers", "2", environment={"LUMENARC_MAX_ASSOCIATIONS": "6"})
    with associations(served, 6) as held:
        assert [one.is_established for one in held] == [True] * 6
        with RawPeer(served.dicom_host, served.dicom_port) as seventh:
            assert seventh.ask() == (3, bytes((0, 2, 3, 2)))
        wait_until(lambda: len(get(served, "api/associations")) == 6)
        for _ in range(6):  # whichever process answers
            listed = get(served, "api/associations")
            assert {(one["calling"], one["called"], one["host"]) for one in listed} == {
                ("TESTER", "LUMENARC", "127.0.0.1")
            }
            assert len({one["id"] for one in listed}) == 6
        # Which process has one shows in its number: none is left out.
        assert {one["id"] % 2 for one in listed} == {0, 1}
        for one in listed:  # whichever process is asked to cut it
            request = urllib.request.Request(f"{served.http}api/associations/{one['id']}", method="DELETE")
            urllib.request.urlopen(request, timeout=30).close()
        wait_until(lambda: not any(one.is_established for one in held))
    wait_until(lambda: get(served, "api/associations") == [])
    with associations(served, 1) as held:
        assert held[0].is_established


def test_a_dead_worker_is_replaced_and_its_associations_forgotten(archive_server: Start) -> None:
    served = archive_server("--workers", "2")
    before = workers_of(served)
    with associations(served, 4) as held:
        wait_until(lambda: len(get(served, "api/associations")) == 4)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: len(workers_of(served)) == 2 and before[0] not in workers_of(served))
        wait_until(lambda: sum(one.is_established for one in held) < 4)
        n_left = sum(one.is_established for one in held)
        wait_until(lambda: len(get(served, "api/associations")) == n_left)
        assert all(one.send_c_echo().Status == 0 for one in held if one.is_established)
    for _ in range(8):
        with associations(served, 1) as (one,):
            assert one.send_c_echo().Status == 0


def test_what_a_killed_worker_acknowledged_is_kept(archive_server: Start) -> None:
    served = archive_server("--workers", "2", environment={"LUMENARC_MIN_FREE_BYTES": "0"})
    acknowledged: list[str] = []
    enough, over = threading.Event(), threading.Event()

    def send(sender: int) -> None:
        number = 0
        while not over.is_set():
            with RawPeer(served.dicom_host, served.dicom_port) as peer:
                answer = peer.ask()
                while answer is not None and answer[0] == 2 and not over.is_set():
                    number += 1
                    uid = f"1.2.{sender}.{number}"
                    if peer.store(ct_image(uid, bytes(300_000 if number % 5 == 0 else 5_000)), uid) != 0:
                        break
                    acknowledged.append(uid)
                    if len(acknowledged) % 100 == 0:
                        enough.set()

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert enough.wait(60)
        enough.clear()
        os.kill(workers_of(served)[0], signal.SIGKILL)
    assert enough.wait(60)
    over.set()
    for thread in threads:
        thread.join()
    served.stop()
    # What the killed ones had written and not told anybody is taken in or set aside by the next start.
    archive_server(data=served.data).stop()
    archive = open_archive(load(data=served.data))
    report = check.check(archive)
    with archive.index.read() as connection:
        found = set(connection.execute(select(instance.c.sop_instance_uid)).scalars())
    archive.close()
    assert set(acknowledged) <= found
    assert (report.clean, report.n_blobs, len(acknowledged)) == (True, len(found), len(set(acknowledged)))


def test_when_the_parent_is_killed_its_workers_go_and_free_the_ports(archive_server: Start) -> None:
    served = archive_server("--workers", "2")
    children = workers_of(served)
    with associations(served, 2):
        served.process.kill()
        assert served.process.wait(30) == -signal.SIGKILL
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    ports = ("--dicom-port", str(served.dicom_port), "--http-port", served.http.rstrip("/").rpartition(":")[2])
    again = archive_server("--workers", "2", *ports, data=served.data)
    assert get(again, "readyz") == {"status": "ready"}


def test_ctrl_c_ends_all_with_associations_and_a_listening_page(archive_server: Start) -> None:
    served = archive_server("--workers", "2")
    children = workers_of(served)
    with associations(served, 3), urllib.request.urlopen(served.http + "api/events", timeout=30) as events:
        assert events.readline() == b": connected\n"
        for pid in (served.process.pid, *children):  # what a terminal does
            os.kill(pid, signal.SIGINT)
        assert served.process.wait(30) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert {path.name for path in served.data.iterdir()} <= {"blobs", "index.sqlite", "lock", "writers", "uploads"}


def test_events_and_jobs_of_other_processes(archive_server: Start, database: tuple[str, ...], tmp_path: Path) -> None:
    served = archive_server("--workers", "3", *database)
    (paths,) = make_files(tmp_path, 1, 6)
    with urllib.request.urlopen(served.http + "api/events", timeout=60) as events:
        assert events.readline() == b": connected\n"
        command = ("storescu", "-aec", "LUMENARC", served.dicom_host, str(served.dicom_port))
        subprocess.run((*command, *paths), check=True, timeout=60)
        study_uid = pydicom.dcmread(paths[0]).StudyInstanceUID
        heard = _next_event(events)
        assert heard == ("study", {"study_uid": study_uid})
        job_id = post(served, "api/jobs", {"task": "check"})["job"]
        states = []
        while "done" not in states:
            kind, value = _next_event(events)
            if kind == "job":
                assert value["id"] == job_id
                states.append(value["state"])
    job = get(served, f"api/jobs/{job_id}")
    assert (job["n_done"], job["n_attempts"], job["result"]) == (6, 1, {"corrupt": [], "instances": 6, "n_corrupt": 0})


def _next_event(events: Any) -> tuple[str, Any]:
    kind = ""
    while True:
        line = events.readline().decode()
        assert line, "the stream of events ended"
        if line.startswith("event: "):
            kind = line[7:].strip()
        elif line.startswith("data: "):
            return kind, json.loads(line[6:])
