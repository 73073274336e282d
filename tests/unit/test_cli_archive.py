"""Do the tools that an administrator uses on the archive do what they say: export, aet, config?"""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.fileset import FileSet

from lumenarc.archive import open_archive
from lumenarc.cli import main
from lumenarc.cli.config import shown, template
from lumenarc.config import Settings, load
from lumenarc.services import correct, retrieve
from lumenarc.services.store import Source, store_part10

FILES = PYDICOM_FILES / "test_files"
CT, MR, US = FILES / "CT_small.dcm", FILES / "MR_small.dcm", FILES / "examples_ybr_color.dcm"


def ran(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as exit_:
        main([str(word) for word in words])
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of an archive with three studies."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "archive"
    archive = open_archive(load(data=folder, min_free_bytes=0))
    for file in (CT, MR, US):
        store_part10(archive, [file.read_bytes()], Source("SCU"))
    archive.close()
    return folder


def uids(file: Path) -> tuple[str, str, str]:
    ds = pydicom.dcmread(file, stop_before_pixels=True)
    return str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)


def test_exported_files_are_the_blobs(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("export", "-o", tmp_path / "out", "--all", "--data", data, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["studies"], said["instances"], said["failed"]) == (3, 3, 0)
    blobs = {path.read_bytes() for path in data.glob("blobs/**/*.dcm")}
    files = list((tmp_path / "out").rglob("*.dcm"))
    assert {path.read_bytes() for path in files} == blobs
    study, series, sop = uids(CT)
    assert tmp_path / "out" / study / series / f"{sop}.dcm" in files
    # A second time nothing is overwritten, and every file is named.
    assert ran("export", "-o", tmp_path / "out", "--all", "--data", data) == 1
    assert capsys.readouterr().err.count("There is a file of this name already.") == 3
    assert {path.read_bytes() for path in files} == blobs


def test_what_a_search_finds_is_exported(data: Path, tmp_path: Path) -> None:
    words = ("--data", data, "-m", "PatientName=CompressedSamples^CT*")
    assert ran("export", "-o", tmp_path / "found.zip", *words) == 0
    with zipfile.ZipFile(tmp_path / "found.zip") as packed:
        assert packed.testzip() is None
        assert [name.split("/")[0] for name in packed.namelist()] == [uids(CT)[0]]
    assert ran("export", "-o", tmp_path / "found.zip", *words) == 2
    assert ran("export", "-o", tmp_path / "none", "--data", data, "-m", "PatientName=Nobody") == 1
    assert ran("export", "-o", tmp_path / "none", "--data", data, "1.2.3.4.5") == 1
    assert ran("export", "-o", tmp_path / "none", "--data", data) == 2
    assert ran("export", "-o", tmp_path / "none", "--data", tmp_path / "nothing", "--all") == 2
    assert not (tmp_path / "nothing").exists()


def test_corrected_objects_leave_corrected_unless_asked(data: Path, tmp_path: Path) -> None:
    archive = open_archive(load(data=data, min_free_bytes=0))
    study = uids(CT)[0]
    changes = correct.checked("STUDY", {"StudyDescription": {"vr": "LO", "Value": ["Corrected"]}})
    correct.edit_study(archive, study, changes, by="test", reason="a test")
    archive.close()
    assert ran("export", "-o", tmp_path / "new", study, "--data", data) == 0
    assert ran("export", "-o", tmp_path / "old", study, "--data", data, "--as-received") == 0
    (new,), (old,) = ([*(tmp_path / name).rglob("*.dcm")] for name in ("new", "old"))
    assert pydicom.dcmread(new).StudyDescription == "Corrected"
    assert pydicom.dcmread(old).to_json() == pydicom.dcmread(CT).to_json()


def test_a_dicomdir_is_read_by_pydicom(data: Path, tmp_path: Path) -> None:
    assert ran("export", "-o", tmp_path / "cd", "--all", "--dicomdir", "--data", data) == 0
    found = FileSet(pydicom.dcmread(tmp_path / "cd" / "DICOMDIR"))
    assert {str(inst.SOPInstanceUID) for inst in found} == {uids(file)[2] for file in (CT, MR, US)}
    assert ran("export", "-o", tmp_path / "cd", "--all", "--dicomdir", "--data", data) == 2


def test_an_anonymised_export_tells_nobody(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--all", "--anonymize", "--patient-id", "TRIAL-1", "--data", data)
    assert ran("export", "-o", tmp_path / "out", "--dicomdir", *words) == 0
    names = {str(pydicom.dcmread(file).PatientName).encode() for file in (CT, MR, US)}
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        raw = path.read_bytes()
        assert not [name for name in names if name in raw]
        assert not [uid for file in (CT, MR, US) for uid in uids(file) if uid.encode() in raw]
    found = FileSet(pydicom.dcmread(tmp_path / "out" / "DICOMDIR"))
    assert {inst.PatientID for inst in found} == {"TRIAL-1"}
    for inst in found:
        ds = inst.load()
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
        assert ds.PatientIdentityRemoved == "YES"
    assert ran("export", "-o", tmp_path / "again", *words) == 0
    assert len(list((tmp_path / "again").rglob("*.dcm"))) == 3
    assert ran("export", "-o", tmp_path / "kept", *words, "--retain-uids") == 0
    assert {path.stem for path in (tmp_path / "kept").rglob("*.dcm")} == {uids(file)[2] for file in (CT, MR, US)}
    assert ran("export", "-o", tmp_path / "no", "--all", "--retain-uids", "--data", data) == 2
    assert ran("export", "-o", tmp_path / "no", *words, "--as-received") == 2


def test_an_object_that_cannot_be_read_fails_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = open_archive(load(data=data, min_free_bytes=0))
    inst = retrieve.find_object(archive, uids(CT)[2])
    archive.close()
    (data / "blobs" / f"{inst.blob_key}.dcm").write_bytes(b"gone wrong")
    assert ran("export", "-o", tmp_path / "out", "--all", "--data", data) == 1
    assert inst.sop_instance_uid in capsys.readouterr().err
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 2


def test_application_entities(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ("--data", data, "--json")
    assert ran("aet", "add", "VIEWER@viewer.example:104", "--may", "store,find", "--tls", *there) == 0
    known = json.loads(capsys.readouterr().out)
    assert (known["host"], known["port"], known["may"], known["tls"]) == (
        "viewer.example",
        104,
        ["store", "find"],
        True,
    )
    assert ran("aet", "add", "VIEWER@other.example:104", *there) == 2
    assert ran("aet", "edit", "NOBODY@other.example:104", *there) == 2
    assert ran("aet", "edit", "VIEWER", "--no-tls", "--description", "Reading room", "-n", "4", *there) == 0
    capsys.readouterr()
    assert ran("aet", "list", *there) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == known | {"tls": False, "description": "Reading room", "n_associations": 4}
    assert ran("aet", "edit", "VIEWER@127.0.0.1:1", *there) == 0
    assert ran("aet", "echo", "VIEWER", *there) == 3
    assert ran("aet", "edit", "VIEWER", "--may", "dance", *there) == 2
    assert ran("aet", "remove", "VIEWER", *there) == 0
    assert ran("aet", "remove", "VIEWER", *there) == 2
    assert ran("aet", "unknown", *there) == 0
    assert ran("aet", "list", "VIEWER", *there) == 2
    assert ran("aet", "remove", *there) == 2


def test_settings_and_where_they_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lumenarc.toml").write_text('aet = "FILE"\nhttp_port = 1234\ndatabase = "postgresql://u:secret@h/d"\n')
    monkeypatch.setenv("LUMENARC_HTTP_PORT", "4321")
    assert ran("config", "--json") == 0
    lines = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert lines.keys() == Settings.model_fields.keys()
    assert (lines["aet"]["value"], lines["aet"]["origin"]) == ("FILE", "lumenarc.toml")
    assert (lines["http_port"]["value"], lines["http_port"]["origin"]) == (4321, "LUMENARC_HTTP_PORT")
    assert (lines["workers"]["value"], lines["workers"]["origin"]) == (1, "default")
    assert lines["database"]["value"] == "postgresql://u:…@h/d"
    assert ran("config", "--changed") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert ran("config", "aet") == 0
    assert capsys.readouterr().out == 'aet = "FILE"  # lumenarc.toml\n'
    assert ran("config", "aett") == 2
    assert ran("config", "--check") == 0
    (tmp_path / "bad.toml").write_text("htttp_port = 1\n")
    assert ran("config", "--check", "--config", tmp_path / "bad.toml") == 2
    assert "http_port" in capsys.readouterr().err
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    assert ran("config", "--check", "--config", tmp_path / "bad.toml") == 2


def test_the_template_is_a_settings_file_with_every_default() -> None:
    text = template(Settings)
    assert tomllib.loads(text) == {}
    given = "\n".join(line[2:] for line in text.splitlines() if line.startswith("# ") and " = " in line)
    values = tomllib.loads("\n".join(line for line in given.splitlines() if line.split(" = ")[0].isidentifier()))
    assert Settings(**values) == Settings()
    assert values.keys() == Settings.model_fields.keys()
    assert shown("database", "postgresql:///name") == "postgresql:///name"
