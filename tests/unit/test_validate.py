"""Does the validator find what is planted, and are its tables those of the package they come from?"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from corpus import PYDICOM_FILES
from test_cli_files import run

import iod_tables
from lumenarc.dicom.iods import iod_of
from lumenarc.dicom.validate import check

FILES = PYDICOM_FILES / "test_files"


def test_tables_are_those_of_highdicom() -> None:
    assert gzip.decompress(iod_tables.TARGET.read_bytes()) == iod_tables.tables(), "run python tests/iod_tables.py"


def found(vr: str, *values: Any, name: str = "00102000") -> list[str]:
    return [each.text for each in check({name: {"vr": vr, "Value": list(values)}}) if each.is_error]


@pytest.mark.parametrize(
    ("name", "vr", "values", "wrong"),
    [
        ("00080020", "DA", ["20260230"], ""),
        ("00080020", "DA", ["2026-01-01"], "no DA"),
        ("00080030", "TM", ["1015", "10"], "2 values"),
        ("00080030", "TM", ["2515"], "no TM"),
        ("00080060", "CS", ["ct"], "no CS"),
        ("00080060", "CS", ["THIS IS MUCH TOO LONG"], "at most 16"),
        ("0020000D", "UI", ["1.2.03"], "no UI"),
        ("0020000D", "UI", ["1.2.840.10008"], ""),
        ("00200013", "IS", ["1.5"], "no IS"),
        ("00281050", "DS", ["4e1", "-.5"], ""),
        ("00100020", "CS", ["A"], "dictionary says LO"),
        ("00101010", "AS", ["45"], "no AS"),
        ("00100010", "PN", [{"Alphabetic": "A^B^C^D^E^F"}], "five components"),
        ("00111001", "LO", ["x"], "without a Private Creator"),
    ],
)
def test_values(name: str, vr: str, values: list[Any], wrong: str) -> None:
    errors = found(vr, *values, name=name)
    assert any(wrong in text for text in errors) if wrong else errors == []


def test_missing_and_empty_attributes_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = Path(shutil.copy(FILES / "CT_small.dcm", tmp_path / "a.dcm"))
    assert run("dcmvalidate", source) == 0
    words = ("-e", "PatientID", "-e", "RescaleSlope", "-s", "Modality=", "-s", "StudyDate=yesterday")
    assert run("dcmmodify", *words, source) == 0
    capsys.readouterr()
    assert run("dcmvalidate", "--json", source) == 1
    errors = {each["attribute"]: each["text"] for each in json.loads(capsys.readouterr().out)["errors"]}
    assert errors.keys() == {"PatientID", "RescaleSlope", "Modality", "StudyDate"}
    assert errors["PatientID"] == "type 2 attribute of the patient module (M) is missing"
    assert errors["Modality"].endswith("is empty")


def test_what_the_tables_do_not_have_is_a_warning() -> None:
    assert iod_of("1.2.3.4") == ""
    findings = list(check({"00080016": {"vr": "UI", "Value": ["1.2.3.4"]}}))
    assert [finding.is_error for finding in findings] == [False]


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dcmvalidate", "--iod", "nothing", FILES / "CT_small.dcm") == 2
    assert run("dcmvalidate", "--list-iods") == 0
    assert "ct-image" in capsys.readouterr().out.split()
