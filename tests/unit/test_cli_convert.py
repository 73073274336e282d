"""Do data sets come back from JSON and XML as they went in, whatever their encoding, pixel data and all?"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files
from pydicom.multival import MultiValue
from test_cli_files import run

from lumenarc.dicom.assignments import find, from_texts, parse_path
from lumenarc.errors import BadRequest

FILES = PYDICOM_FILES / "test_files"
OWN = [path for path in real_files() if PYDICOM_FILES in path.parents]
# pydicom's own oddities: cut data sets, lengths that lie, pixel data of odd length with a fragment that is cut.
BROKEN = {"MR_truncated.dcm", "rtplan_truncated.dcm", "emri_small_jpeg_2k_lossless_too_short.dcm"}


def values(path: Path) -> dict[str, Any]:
    """Return every element as bytes or text, what padding and group lengths say apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return flat(pydicom.dcmread(path))


def flat(ds: pydicom.Dataset, where: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in ds:
        name = f"{where}{element.tag}"
        if element.tag.element == 0:
            continue
        if element.VR == "SQ":
            found[name] = len(element.value)
            for number, item in enumerate(element.value):
                found |= flat(item, f"{name}/{number}/")
        elif isinstance(element.value, bytes):
            found[name] = element.value.rstrip(b"\0 ")
        else:
            several = element.value if isinstance(element.value, MultiValue) else [element.value]
            found[name] = [str(value).strip("\0 ^=") for value in several]
    return found


@pytest.mark.parametrize("inline", ["-b", "-v"])
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_round_trip_keeps_every_element(kind: str, inline: str, tmp_path: Path) -> None:
    n_same = 0
    for path in OWN[:: 1 if inline == "-b" else 4]:
        if path.name in BROKEN:
            continue
        document, back = tmp_path / "document", tmp_path / "back.dcm"
        assert run(f"dcm2{kind}", inline, "-o", document, path) == 0, path
        assert run(f"{kind}2dcm", f"-{kind[0]}", document, "-o", back) == 0, path
        expected, found = values(path), values(back)
        differing = {name: (expected.get(name), found.get(name)) for name in expected.keys() | found.keys()}
        differing = {name: pair for name, pair in differing.items() if pair[0] != pair[1] and not harmless(pair)}
        assert differing == {}, path
        n_same += 1
    assert n_same > 15


def harmless(pair: tuple[Any, Any]) -> bool:
    """Say whether both mean the same: an empty value and none, a list with empty ends."""
    first, second = (str(value or "").strip("[]', ").replace("None", "") for value in pair)
    return first == second


def test_second_round_trip_is_identical_to_the_byte(tmp_path: Path) -> None:
    source = FILES / "CT_small.dcm"
    for round_ in ("one", "two"):
        assert run("dcm2json", "-b", "-o", tmp_path / f"{round_}.json", source) == 0
        source = tmp_path / f"{round_}.dcm"
        assert run("json2dcm", "-j", tmp_path / f"{round_}.json", "-o", source) == 0
    assert (tmp_path / "one.dcm").read_bytes() == (tmp_path / "two.dcm").read_bytes()


def test_numbers_are_numbers_and_spelled_as_they_were(tmp_path: Path) -> None:
    assert run("dcm2json", "-B", "-o", tmp_path / "a.json", FILES / "CT_small.dcm") == 0
    text = (tmp_path / "a.json").read_text("utf-8")
    assert '"00180050":{"vr":"DS","Value":[5.000000]}' in text
    assert json.loads(text)["00180050"]["Value"] == [5.0]
    assert json.loads(text)["7FE00010"] == {"vr": "OW"}


def test_other_files_are_not_read_for_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.txt").write_text("the secret" * 50)
    for uri in ("secret.txt", f"file://{tmp_path}/secret.txt?offset=0&length=100", "http://localhost/secret"):
        document: dict[str, dict[str, object]] = {
            "00080018": {"vr": "UI", "Value": ["1.2.3"]},
            "7FE00010": {"vr": "OB", "BulkDataURI": uri},
        }
        (tmp_path / "a.json").write_text(json.dumps(document))
        assert run("json2dcm", "-j", tmp_path / "a.json", "-o", tmp_path / "b.dcm") == 1
        assert not (tmp_path / "b.dcm").exists()
    capsys.readouterr()
    document["7FE00010"]["BulkDataURI"] = "secret.txt"
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert run("json2dcm", "-j", tmp_path / "a.json", "-o", tmp_path / "b.dcm", "--bulk-folder", tmp_path) == 0
    assert pydicom.dcmread(tmp_path / "b.dcm").PixelData == b"the secret" * 50


def test_patch_changes_what_the_document_says(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"00100020":{"vr":"LO","Value":["NEW"]},"00081030":{"vr":"LO","Value":["日本"]}}')
    assert run("json2dcm", "-j", tmp_path / "p.json", "-i", FILES / "CT_small.dcm", "-o", tmp_path / "b.dcm") == 0
    before, after = pydicom.dcmread(FILES / "CT_small.dcm"), pydicom.dcmread(tmp_path / "b.dcm")
    assert (after.PatientID, after.StudyDescription, after.PatientName) == ("NEW", "日本", before.PatientName)
    assert after.PixelData == before.PixelData


@pytest.mark.parametrize("text", ["[]", "7", '{"00100020": 5}', "[" * 5000, "{"])
def test_a_bad_document_is_one_line(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(text)
    assert run("json2dcm", "-j", tmp_path / "a.json", "-o", tmp_path / "b.dcm") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "a.json"]


def test_several_files_keep_their_places(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.dcm", "deep/b.dcm"):
        (tmp_path / "in" / name).write_bytes((FILES / "CT_small.dcm").read_bytes())
    assert run("dcm2xml", "-B", "-o", tmp_path / "out", tmp_path / "in") == 0
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.xml")) == [
        "a.xml", "deep/b.xml",
    ]  # fmt: skip
    assert run("dcm2xml", "-o", tmp_path / "out", tmp_path / "in" / "a.dcm", tmp_path / "in" / "deep" / "../a.dcm") == 1


def test_strings_by_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    pattern = (
        "{PatientID}|{00080020,date,dd.MM.yyyy}|{StudyTime,time,HH:mm}|{InstanceNumber,number,0000}|{Modality,lower}"
    )
    assert (
        run(
            "dcm2str",
            "-p",
            pattern + "|{SeriesInstanceUID,slice,0,4}|{ImageType[3]}|{00020010}",
            FILES / "CT_small.dcm",
        )
        == 0
    )
    expected = "1CT1|19.01.2004|07:27|0001|ct|1.3.|AXIAL|1.2.840.10008.1.2.1\n"
    assert capsys.readouterr().out == expected
    assert run("dcm2str", "-p", "{NoSuchThing}", FILES / "CT_small.dcm") == 2


def test_paths_name_attributes() -> None:
    found = from_texts(["PatientName=A^B", "(0040,0100)[2].Modality=CT", "00400100.00400002=20260101", "StudyID"])
    assert found["00400100"]["Value"][1] == {"00080060": {"vr": "CS", "Value": ["CT"]}}
    assert find(found, parse_path("ScheduledProcedureStepSequence.ScheduledProcedureStepStartDate")) == {
        "vr": "DA", "Value": ["20260101"],
    }  # fmt: skip
    assert found["00200010"] == {"vr": "SH"}
    for wrong in ("Nothing=1", "PatientID.Modality=CT", "Rows=x", "0040010=1", "00400100[0].Modality=1"):
        with pytest.raises(BadRequest):
            from_texts([wrong])
