"""Do the tools find their files, work on many at once, and let no bad one stop the others?"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from corpus import PYDICOM_FILES

from lumenarc.cli import files, main
from lumenarc.cli.files import Done, Emit, Job, Missing
from lumenarc.cli.frame import Report

CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as exit_:
        main([str(word) for word in words])
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


def options(**given: object) -> argparse.Namespace:
    plain = {"tool": "test", "quiet": False, "verbose": False, "json": False, "jobs": 2}
    return argparse.Namespace(**{**plain, **given})


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name in ("b.dcm", "a.dcm", "deep/c.dcm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(CT, tmp_path / name)
    (tmp_path / "link.dcm").symlink_to("a.dcm")
    return tmp_path


def test_folders_patterns_and_names_are_found_in_order(study: Path) -> None:
    assert list(files.find([str(study)])) == [study / "a.dcm", study / "b.dcm", study / "deep" / "c.dcm"]
    assert list(files.find([str(study / "*.dcm")])) == [study / "a.dcm", study / "b.dcm", study / "link.dcm"]
    assert list(files.find([str(study / "link.dcm")])) == [study / "link.dcm"]


def test_what_leads_nowhere_is_named(study: Path) -> None:
    found = list(files.find([str(study / "none.dcm"), str(study / "*.jpg"), "-"]))
    assert [isinstance(each, Missing) for each in found] == [True, True, False]


def test_an_unreadable_folder_is_named(study: Path) -> None:
    walk = files._walk(study / "gone")  # root reads every folder but one that is not there
    assert [each.reason for each in walk if isinstance(each, Missing)] == [
        "the folder cannot be read: No such file or directory"
    ]


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\0"])
def test_names_come_from_a_list(study: Path, separator: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    text = separator.join(os.fsencode(study / name) for name in ("a.dcm", "deep"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    given = argparse.Namespace(paths=["x"], files_from="-")
    assert files.names(given) == ["x", str(study / "a.dcm"), str(study / "deep")]


def length(job: Job, given: argparse.Namespace, emit: Emit) -> Done:
    if job.source.name == "b.dcm":
        os._exit(7)
    n_bytes = job.source.stat().st_size
    emit(f"{job.source.name}\n")
    return Done({"n_bytes": n_bytes})


def test_a_file_that_kills_its_process_fails_alone(study: Path, capfd: pytest.CaptureFixture[str]) -> None:
    jobs = [Job(study / f"{name}.dcm") for name in "abaaaaaaaaaaaaaaaaaaaaab"] + [Job(study / "none.dcm")]
    assert files.each(iter(jobs), length, options(), Report(options())) == 1
    out, err = capfd.readouterr()
    assert out.splitlines() == ["a.dcm"] * 22
    assert [line.rpartition(": ")[2] for line in err.splitlines()] == [
        "the process that worked on this file died",
        "the process that worked on this file died",
        "No such file or directory",
        "22 done, 3 failed",
    ]


def fails(job: Job, given: argparse.Namespace, emit: Emit) -> Done:
    raise ZeroDivisionError("strange\nfile")


def test_an_unforeseen_mistake_is_one_line(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.each([Job(study / "a.dcm")], fails, options(), Report(options())) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_file_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dcmdump") == 2
    assert run("dcmdump", tmp_path) == 2


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_dump_goes_on_behind_bad_files(study: Path, jobs: str, capfd: pytest.CaptureFixture[str]) -> None:
    (study / "aa.txt").write_text("no DICOM at all, whatever it is called")
    (study / "cut.dcm").write_bytes(CT.read_bytes()[:2000])
    assert run("dcmdump", "-j", jobs, "-w", "200", study) == 1
    out, err = capfd.readouterr()
    assert out.count("[1.2.840.10008.5.1.4.1.1.2] SOPClassUID") == 4
    assert len(err.splitlines()) == 3
    assert err.splitlines()[-1] == "3 done, 2 failed"


def test_json_is_one_object_a_line(study: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (study / "aa.txt").write_text("no DICOM at all, whatever it is called")
    assert run("dcmdump", "--json", study) == 1
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [Path(line.get("file", line.get("subject"))).name for line in lines] == ["a.dcm", "aa.txt", "b.dcm", "c.dcm"]
    assert lines[0]["dataset"]["00080060"] == {"vr": "CS", "Value": ["CT"]}
    assert lines[1]["error"]


def test_standard_input_is_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CT.read_bytes())))
    assert run("dcmdump", "-") == 0
    assert "(7FE0,0010) OW #32768" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("dcmdump", "-@", "gone.txt"),
        ("deidentify", "--table", "gone.csv", CT, "x.dcm"),
        ("jpg2dcm", "--like", "gone.dcm", "gone.jpg", "x.dcm"),
        ("dcmdir", "-l", "gone/DICOMDIR"),
    ],
)
def test_a_file_that_an_option_names_and_that_is_not_there_is_one_line(
    words: tuple[str | Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words) in (1, 2)
    assert len(capsys.readouterr().err.splitlines()) == 1
