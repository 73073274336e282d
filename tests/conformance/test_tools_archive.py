"""Do the tools of the administrator work beside and with a running archive, and with DCMTK at the other end?"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import PYDICOM_FILES

from archive_content import fill
from dicom_peers import free_port, storescp
from served import Served
from tools import run

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
Start = Callable[..., Served]


def test_studies_are_sent_to_dcmtk(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server()
    taken = fill(served, [FILES / "CT_small.dcm", FILES / "MR_small.dcm"])
    here, url = ("--data", served.data), ("--url", served.http)
    (ct,) = (one.study_uid for one in taken.values() if one.path.name == "CT_small.dcm")
    with storescp(tmp_path / "got") as receiver:
        assert run("aet", "add", f"DCMTK@127.0.0.1:{receiver.port}", *here).code == 0
        assert run("aet", "echo", "DCMTK", *here).code == 0
        done = run("send", *url, "--to", "DCMTK", ct, "--json")
        assert (done.code, done.objects()[0]["sent"]) == (0, 1)
        found = run("send", *url, "--to", "DCMTK", "-m", "PatientName=CompressedSamples*", "--json")
        assert (found.code, found.objects()[0]["sent"]) == (0, 2)
        assert len(list((tmp_path / "got").iterdir())) == 2
        assert run("send", *url, "--to", "DCMTK", "-m", "PatientName=Nobody").code == 1
        queued = run("send", *url, "--to", "DCMTK", "--no-wait", "--json", ct)
        assert queued.objects()[0]["studies"] == [ct]
    refused = run("send", *url, "--to", "NOBODY", ct)
    assert (refused.code, "not a registered" in refused.err) == (2, True)
    assert run("send", *url, "--to", "DCMTK", "1.2.3.4.5").code == 2
    assert run("send", *url, "--to", "DCMTK").code == 2
    assert run("aet", "edit", f"DCMTK@127.0.0.1:{free_port()}", *here).code == 0
    assert run("send", *url, "--to", "DCMTK", "--timeout", "1", ct).code == 1
    assert run("send", "--url", f"http://127.0.0.1:{free_port()}", "--to", "DCMTK", ct).code == 3
    assert run("send", "--url", "ftp://localhost", "--to", "DCMTK", ct).code == 2


def test_an_export_beside_the_running_archive(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server()
    taken = fill(served, [FILES / "CT_small.dcm", FILES / "SC_rgb_rle.dcm"])
    assert run("export", "-o", tmp_path / "out", "--all", "--data", served.data).code == 0
    assert {path.stem for path in (tmp_path / "out").rglob("*.dcm")} == taken.keys()
    for path in (tmp_path / "out").rglob("*.dcm"):
        assert path.read_bytes().endswith(taken[path.stem].data)


def test_a_backup_beside_a_storing_archive(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server()
    acknowledged: list[str] = []
    begun, stop = threading.Event(), threading.Event()

    def send(number: int) -> None:
        uid = f"1.2.3.{number}"
        there = ("-c", f"LUMENARC@127.0.0.1:{served.dicom_port}")
        if run("storescu", *there, "-s", f"SOPInstanceUID={uid}", FILES / "CT_small.dcm").code == 0:
            acknowledged.append(uid)

    def keep_sending() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            send(number)
            if number == 3:
                begun.set()

    thread = threading.Thread(target=keep_sending)
    thread.start()
    try:
        assert begun.wait(120)
        before = set(acknowledged)
        first = run("backup", tmp_path / "copy", "--data", served.data, "--json")
        assert (first.code, first.objects()[0]["failed"]) == (0, 0)
        between = set(acknowledged)
        second = run("backup", tmp_path / "copy", "--data", served.data, "--json")
        assert second.code == 0
        assert second.objects()[0]["copied"] < second.objects()[0]["instances"]
    finally:
        stop.set()
        thread.join()
    restored = run("restore", tmp_path / "copy", "--data", tmp_path / "restored", "--json")
    assert (restored.code, restored.objects()[0]["clean"]) == (0, True)
    assert run("check", "--data", tmp_path / "restored").code == 0
    assert run("export", "-o", tmp_path / "out", "--all", "--data", tmp_path / "restored").code == 0
    there_now = {path.stem for path in (tmp_path / "out").rglob("*.dcm")}
    assert before <= between <= there_now
    # DCMTK finds and gets from what was restored what it would have got before.
    again = archive_server(data=tmp_path / "restored")
    got = tmp_path / "got"
    got.mkdir()
    study = "StudyInstanceUID=1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
    command = ["getscu", "-S", "-aec", "LUMENARC", "127.0.0.1", str(again.dicom_port), "-k", study, "-od", str(got)]
    subprocess.run([*command, "-k", "QueryRetrieveLevel=STUDY", "+B"], check=True)
    assert len(list(got.iterdir())) == len(there_now)


def test_reindexing_is_refused_beside_the_running_archive(archive_server: Start) -> None:
    served = archive_server()
    fill(served, [FILES / "CT_small.dcm"])
    assert "Another archive is running" in run("reindex", "--data", served.data).err
    served.stop()
    done = run("reindex", "--data", served.data, "--json")
    assert (done.code, done.objects()[0]["instances"]) == (0, 1)
    assert (served.data / "index-before-reindex.sqlite").is_file()
    assert run("check", "--data", served.data).code == 0
