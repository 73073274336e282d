"""Do the tools of the administrator work beside and with a running archive, and with DCMTK at the other end?"""

from __future__ import annotations

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
