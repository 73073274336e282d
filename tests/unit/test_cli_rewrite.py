"""Do files that a tool writes anew differ from the old ones in what was asked for, and in nothing else?"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES
from test_cli_files import run

FILES = PYDICOM_FILES / "test_files"
LOSSLESS = ("jpll", "jlsl", "j2kr", "htjr", "jxll", "rle", "deflated", "implicit")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return Path(shutil.copy(FILES / "CT_small.dcm", tmp_path / "image.dcm"))


def test_modify_changes_what_is_named_and_no_other_byte(image: Path) -> None:
    before = pydicom.dcmread(image)
    words = ("-s", "PatientID=NEW", "-s", "(0040,0275)[2].ScheduledProcedureStepID=X", "-e", "PatientName")
    assert run("dcmmodify", "--backup", *words, image) == 0
    after = pydicom.dcmread(image)
    assert after.PatientID == "NEW"
    assert "PatientName" not in after
    assert [len(item) for item in after.RequestAttributesSequence] == [0, 1]
    for name in ("PatientID", "PatientName", "RequestAttributesSequence"):
        before.pop(name, None), after.pop(name, None)
    assert before == after
    assert Path(f"{image}.bak").read_bytes() == (FILES / "CT_small.dcm").read_bytes()


def test_modify_keeps_what_is_nested_beside_a_change(tmp_path: Path) -> None:
    ds = pydicom.dcmread(FILES / "CT_small.dcm")
    item = pydicom.Dataset()
    item.PatientID, item.PixelData = "INSIDE", None
    del item.PixelData
    item.add_new(0x00281201, "OW", bytes(5000))
    ds.OtherPatientIDsSequence = [item, pydicom.Dataset()]
    ds.save_as(tmp_path / "a.dcm")
    assert run("dcmmodify", "-s", "OtherPatientIDsSequence[2].PatientID=SECOND", tmp_path / "a.dcm") == 0
    after = pydicom.dcmread(tmp_path / "a.dcm")
    assert after.OtherPatientIDsSequence[0] == item
    assert after.OtherPatientIDsSequence[1].PatientID == "SECOND"


def test_modify_text_that_the_character_set_has_not(image: Path) -> None:
    assert run("dcmmodify", "-s", "PatientName=山田^太郎", image) == 0
    after = pydicom.dcmread(image)
    assert (str(after.PatientName), after.SpecificCharacterSet) == ("山田^太郎", "ISO_IR 192")
    assert after.PixelData == pydicom.dcmread(FILES / "CT_small.dcm").PixelData


def test_new_uids_are_the_same_within_a_series(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copy(FILES / "CT_small.dcm", tmp_path / f"{name}.dcm")
    assert run("dcmmodify", "-s", "InstanceNumber=2", tmp_path / "b.dcm") == 0
    assert run("dcmmodify", "--new-uid", "series", "--new-uid", "study", "-o", tmp_path / "out", tmp_path) == 0
    a, b = (pydicom.dcmread(tmp_path / "out" / f"{name}.dcm") for name in ("a", "b"))
    assert a.SeriesInstanceUID == b.SeriesInstanceUID != pydicom.dcmread(tmp_path / "a.dcm").SeriesInstanceUID
    assert a.SeriesInstanceUID != a.StudyInstanceUID


@pytest.mark.parametrize("wrong", ["Nothing=1", "PixelData=1", "PatientID.Modality=CT"])
def test_modify_says_what_cannot_be(wrong: str, image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = image.read_bytes()
    assert run("dcmmodify", "-s", wrong, image) in (1, 2)
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert image.read_bytes() == before
    assert list(image.parent.iterdir()) == [image]


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_transcoding_comes_back_identical(syntax: str, image: Path, tmp_path: Path) -> None:
    assert run("dcm2dcm", f"--{syntax}", "--verify", image, tmp_path / "there.dcm") == 0
    assert run("dcm2dcm", "--explicit", tmp_path / "there.dcm", tmp_path / "back.dcm") == 0
    before, after = pydicom.dcmread(image), pydicom.dcmread(tmp_path / "back.dcm")
    assert (after.pixel_array == before.pixel_array).all()
    assert run("dcmdiff", "--pixels", image, tmp_path / "there.dcm") in (0, 1)
    before.pop(0xFFFCFFFC, None), after.pop(0xFFFCFFFC, None)
    for ds in (before, after):
        for element in list(ds.group_dataset(0x0028)):
            if element.keyword in ("LossyImageCompression",):
                del ds[element.tag]
    assert after == before


def test_lossy_transcoding_says_how_much_it_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = FILES / "SC_rgb_rle.dcm"
    words = ("--jlsn", "-Q", "3", "--verify", "--tolerance", "3", "--json")
    assert run("dcm2dcm", *words, source, tmp_path / "a.dcm") == 0
    assert 0 < json.loads(capsys.readouterr().out)["largest_difference"] <= 3
    assert pydicom.dcmread(tmp_path / "a.dcm").LossyImageCompression == "01"
    assert run("dcm2dcm", "--jlsn", "-Q", "3", "--verify", source, tmp_path / "b.dcm") == 1
    assert not (tmp_path / "b.dcm").exists()


def test_transcoding_goes_on_behind_what_cannot_be(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("CT_small.dcm", "MR_truncated.dcm", "rtplan.dcm", "README.txt", "SC_rgb_rle.dcm"):
        shutil.copy(FILES / name, source / name)
    assert run("dcm2dcm", "--jlsl", source, tmp_path / "out") == 1
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"CT_small.dcm", "rtplan.dcm", "SC_rgb_rle.dcm"}


def test_mask_is_black_and_the_rest_as_it_was(tmp_path: Path) -> None:
    for name in ("CT_small.dcm", "SC_rgb_rle.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm"):
        assert run("maskpxdata", "-r", "4,2,10,5", FILES / name, tmp_path / name) == 0
        before, after = pydicom.dcmread(FILES / name), pydicom.dcmread(tmp_path / name)
        was, now = before.pixel_array, after.pixel_array
        assert not now[2:7, 4:14].any()
        untouched = np.ones(now.shape[:2], bool)
        untouched[2:7, 4:14] = False
        if after.PhotometricInterpretation == before.PhotometricInterpretation:
            assert (now[untouched] == was[untouched]).all()
    name = "CT_small.dcm"  # its pixels are signed
    assert run("maskpxdata", "-r", "4,2,10,5", "--pxval", "-1000", FILES / name, tmp_path / name) == 0
    assert (pydicom.dcmread(tmp_path / name).pixel_array[2:7, 4:14] == -1000).all()
    assert run("maskpxdata", "-r", "4,2,10,5", "--pxval", "40000", FILES / name, tmp_path / "x.dcm") == 1
    assert run("maskpxdata", "-r", "4,2,10,5", "--pxval", "77", FILES / "SC_rgb_rle.dcm", tmp_path / "c.dcm") == 0
    assert (pydicom.dcmread(tmp_path / "c.dcm").pixel_array[2:7, 4:14] == 77).all()
    assert run("maskpxdata", "-r", "4,2,10", FILES / "CT_small.dcm", tmp_path / "x.dcm") == 2
    assert run("maskpxdata", "--outside-regions", FILES / "CT_small.dcm", tmp_path / "x.dcm") == 1


def test_diff_finds_the_differences(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.dcm"
    assert run("dcmmodify", "-s", "PatientID=X", "-s", "RequestAttributesSequence.StudyID=1", "-o", other, image) == 0
    capsys.readouterr()
    assert run("dcmdiff", "--json", image, other) == 1
    found = {line["path"]: line["second"] for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert found["00100020"] == {"vr": "LO", "Value": ["X"]}
    assert set(found) == {"00100020", "00400275"}
    assert run("dcmdiff", "--ignore", "PatientID", "--ignore", "RequestAttributesSequence", image, other) == 0
    assert run("dcm2dcm", "--implicit", image, other) == 0
    assert run("dcmdiff", "--no-private", image, other) == 0
    assert run("maskpxdata", "-r", "0,0,4,4", image, other) == 0
    capsys.readouterr()
    assert run("dcmdiff", "--pixels", image, other) == 1
    assert "frames differ by up to" in capsys.readouterr().out


def test_sort_keeps_inside_its_folder(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    shutil.copy(FILES / "CT_small.dcm", source / "a.dcm")
    assert run("dcmmodify", "-s", "PatientID=../../etc", source / "a.dcm") == 0
    pattern = "{PatientID}/{StudyDate,date,yyyy}/{Modality}"
    assert run("dcmsort", "-p", pattern, source, tmp_path / "out") == 0
    assert [str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*") if path.is_file()] == [
        "out/etc/2004/CT"
    ]
    assert run("dcmsort", "-p", pattern, source, tmp_path / "out") == 1
    assert run("dcmsort", "-p", pattern, "--overwrite", "--move", source, tmp_path / "out") == 0
    assert list(source.iterdir()) == []
    assert run("dcmsort", "--link", tmp_path / "out", tmp_path / "linked") == 0
    assert next(path for path in (tmp_path / "linked").rglob("*.dcm")).stat().st_nlink == 2


def test_a_full_disk_is_one_line_and_leaves_nothing(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dcm2dcm", "--implicit", image, "/dev/full") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
