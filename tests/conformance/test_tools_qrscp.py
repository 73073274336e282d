"""Is a folder, or a DICOMDIR, an archive to DCMTK's programs and pynetdicom when dcmqrscp serves it?"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import storescp
from tools import run, serving

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
CT, MR, J2K = FILES / "CT_small.dcm", FILES / "MR_small.dcm", FILES / "JPEG2000.dcm"


def ask(program: str, port: int, *words: str, title: str = "ANY", cwd: Path | None = None) -> str:
    command = [program, "-v", "-aec", title, *words, "127.0.0.1", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "folder"
    (found / "below").mkdir(parents=True)
    shutil.copy(CT, found / "one.dcm")
    shutil.copy(MR, found / "below" / "two")
    return found


def test_a_folder_is_searched_retrieved_and_stored_into(folder: Path, tmp_path: Path) -> None:
    ct = pydicom.dcmread(CT)
    with storescp(tmp_path / "moved") as destination:
        dest = ("--dest", f"DEST@127.0.0.1:{destination.port}")
        with serving("dcmqrscp", "-b", "0", "--directory", folder, *dest, "--json") as scp:
            ask("echoscu", scp.port)
            key = ("-k", f"StudyInstanceUID={ct.StudyInstanceUID}")
            found = ask("findscu", scp.port, "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID", *key)
            assert str(ct.PatientID) in found
            (tmp_path / "got").mkdir()
            ask("getscu", scp.port, "-S", "-k", "QueryRetrieveLevel=STUDY", *key, "-od", str(tmp_path / "got"))
            (got,) = (tmp_path / "got").iterdir()
            assert pydicom.dcmread(got).PixelData == ct.PixelData
            ask("movescu", scp.port, "-S", "-k", "QueryRetrieveLevel=STUDY", *key, "-aem", "DEST")
            assert [pydicom.dcmread(path).SOPInstanceUID for path in destination.files()] == [ct.SOPInstanceUID]
            assert run("storescu", "-c", f"ANY@127.0.0.1:{scp.port}", J2K).code == 0
            uid = pydicom.dcmread(J2K).SOPInstanceUID
            key = ("-k", f"StudyInstanceUID={pydicom.dcmread(J2K).StudyInstanceUID}")
            assert "Pending" in ask("findscu", scp.port, "-S", "-k", "QueryRetrieveLevel=STUDY", *key)
            told = [json.loads(line) for line in scp.stop().splitlines()]
    assert [line["sop_instance_uid"] for line in told] == [uid]
    assert pydicom.dcmread(folder / uid).SOPInstanceUID == uid
    assert sorted(path.name for path in folder.iterdir()) == sorted(["below", "one.dcm", uid])


def test_a_dicomdir_is_served_and_nothing_is_stored(tmp_path: Path) -> None:
    dicomdir = tmp_path / "cd" / "DICOMDIR"
    assert run("dcmdir", "-c", dicomdir, "--copy", CT, MR).code == 0
    shutil.copy(J2K, tmp_path / "cd" / "UNNAMED")  # it lies there, and the DICOMDIR does not name it
    before = {path: path.stat().st_size for path in (tmp_path / "cd").rglob("*") if path.is_file()}
    with serving("dcmqrscp", "-b", "MEDIA:0", "--dicomdir", dicomdir, "--relational") as scp:
        there = ("-c", f"MEDIA@127.0.0.1:{scp.port}", "--json")
        found = run("findscu", *there, "-L", "IMAGE", "-r", "SOPInstanceUID")
        assert {match["00080018"]["Value"][0] for match in found.objects()} == {
            pydicom.dcmread(path).SOPInstanceUID for path in (CT, MR)
        }
        stored = run("storescu", *there, J2K)
        assert (stored.code, "0124H" in stored.err) == (1, True)
        nowhere = run("movescu", *there, "--dest", "NOBODY", "-m", "PatientID=1CT1")
        assert (nowhere.code, nowhere.objects()[-1]["status"]) == (1, 0xA801)
        assert run("echoscu", "-c", f"OTHER@127.0.0.1:{scp.port}").code == 3
    assert before == {path: path.stat().st_size for path in (tmp_path / "cd").rglob("*") if path.is_file()}


def test_what_cannot_be_served_is_told(folder: Path, tmp_path: Path) -> None:
    (folder / "README").write_text("no DICOM")
    dicomdir = tmp_path / "cd" / "DICOMDIR"
    assert run("dcmdir", "-c", dicomdir, "--copy", CT, MR).code == 0
    first = next(path for path in (tmp_path / "cd").rglob("*") if path.is_file() and path.name != "DICOMDIR")
    first.unlink()
    for what in (("--directory", folder), ("--dicomdir", dicomdir)):
        with serving("dcmqrscp", "-b", "0", *what, "--accept", "MODALITY") as scp:
            assert run("echoscu", "-c", f"ANY@127.0.0.1:{scp.port}").code == 3
            assert run("echoscu", "-c", f"ANY@127.0.0.1:{scp.port}", "-b", "MODALITY").code == 0
            scp.process.terminate()
            assert scp.process.wait(30) == 1
    assert run("dcmqrscp", "-b", "0", "--dicomdir", folder / "README").code == 2
    assert run("dcmqrscp", "-b", "0", "--directory", folder, "--dest", "NOWHERE").code == 2
