"""Do the mending tools mend what is broken, and leave alone what is not? fixlo2un, swappxdata, planarconfig."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from broken_files import CT, with_swapped_pixels, with_wrapped_lengths
from corpus import PYDICOM_FILES
from test_cli_files import run

FILES = PYDICOM_FILES / "test_files"


@pytest.mark.parametrize("lengths", [(70_000,), (65_536, 131_072), (40, 4_718_658, 66), (65_536 * 3 + 70,)])
def test_wrapped_lengths_are_found(
    lengths: tuple[int, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = with_wrapped_lengths(tmp_path / "broken.dcm", *lengths)
    assert run("fixlo2un", "--json", tmp_path / "broken.dcm", tmp_path / "fixed.dcm") == 0
    told = json.loads(capsys.readouterr().out)["mended"]
    assert [each["length"] for each in told] == [length for length in lengths if length > 0xFFFF]
    fixed, wanted = pydicom.dcmread(tmp_path / "fixed.dcm"), pydicom.dcmread(CT)
    assert (tmp_path / "fixed.dcm").read_bytes()[-len(right) // 2 :] == right[-len(right) // 2 :]
    assert fixed.PixelData == wanted.PixelData
    assert fixed.PatientName == wanted.PatientName
    assert len(fixed[0x000F1000].value) == lengths[0]


def test_files_without_wrapped_lengths_are_copied(tmp_path: Path) -> None:
    assert run("fixlo2un", CT, FILES / "MR_small_implicit.dcm", FILES / "nested_priv_SQ.dcm", tmp_path) == 0
    for name in ("CT_small.dcm", "MR_small_implicit.dcm", "nested_priv_SQ.dcm"):
        assert pydicom.dcmread(tmp_path / name) == pydicom.dcmread(FILES / name)


def test_what_no_length_explains_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_wrapped_lengths(tmp_path / "broken.dcm", 70_000)
    data = (tmp_path / "broken.dcm").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(data[:60_000])
    assert run("fixlo2un", tmp_path / "cut.dcm", tmp_path / "fixed.dcm") == 1
    assert "(000F,1000)" in capsys.readouterr().err
    assert not (tmp_path / "fixed.dcm").exists()


def test_swapped_pixels_are_found_and_swapped_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_swapped_pixels(tmp_path / "swapped.dcm")
    assert run("swappxdata", "--ifBigEndian", "-o", tmp_path / "right.dcm", tmp_path / "swapped.dcm") == 0
    assert pydicom.dcmread(tmp_path / "right.dcm").PixelData == pydicom.dcmread(CT).PixelData
    before = (tmp_path / "right.dcm").read_bytes()
    capsys.readouterr()
    assert run("swappxdata", "--ifBigEndian", tmp_path / "right.dcm") == 0
    assert "in the right order" in capsys.readouterr().out
    assert (tmp_path / "right.dcm").read_bytes() == before
    assert run("swappxdata", tmp_path / "right.dcm") == 0  # without a test: in place, and wrong again
    assert pydicom.dcmread(tmp_path / "right.dcm").PixelData == pydicom.dcmread(tmp_path / "swapped.dcm").PixelData


def test_what_is_not_swapped_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = {
        "rtplan.dcm": "no pixel data",
        "SC_rgb_rle.dcm": "compressed pixel data",
        "MR_small_bigendian.dcm": "in the right order",
        "MR_small_implicit.dcm": "in the right order",
        "SC_rgb_small_odd.dcm": "8 bits allocated",
    }
    for name, reason in kept.items():
        assert run("swappxdata", "--ifBigEndian", "-o", tmp_path / name, FILES / name) == 0
        assert reason in capsys.readouterr().out, name
        assert pydicom.dcmread(tmp_path / name) == pydicom.dcmread(FILES / name)
    with_swapped_pixels(tmp_path / "swapped.dcm")
    assert run("swappxdata", "--uids", "--ifBigEndian", tmp_path / "swapped.dcm", tmp_path / "rtplan.dcm") == 0
    assert capsys.readouterr().out.split() == [pydicom.dcmread(CT).SOPInstanceUID]


@pytest.mark.parametrize(
    ("name", "true"), [("examples_rgb_color.dcm", 0), ("SC_rgb_jpeg_dcmd.dcm", 0), ("ExplVR_BigEnd.dcm", 1)]
)
def test_the_order_of_colour_is_told_and_mended(
    name: str, true: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("planarconfig", FILES / name) == 0
    assert "as the header says" in capsys.readouterr().out
    ds = pydicom.dcmread(FILES / name)
    ds.PlanarConfiguration = 1 - true
    ds.save_as(tmp_path / "wrong.dcm")
    assert run("planarconfig", tmp_path / "wrong.dcm") == 0
    assert f"the header says {1 - true}" in capsys.readouterr().out
    assert run("planarconfig", f"--fix{1 - true}", tmp_path / "wrong.dcm") == 0
    assert pydicom.dcmread(tmp_path / "wrong.dcm").PlanarConfiguration == 1 - true
    assert run("planarconfig", "--fix", "-o", tmp_path / "right.dcm", tmp_path / "wrong.dcm") == 0
    right = pydicom.dcmread(tmp_path / "right.dcm")
    assert right.PlanarConfiguration == true
    assert right.PixelData == ds.PixelData


def test_what_has_no_order_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, reason in (
        ("CT_small.dcm", "monochrome"),
        ("rtplan.dcm", "no pixel data"),
        ("SC_rgb_rle.dcm", "compressed"),
        ("SC_rgb_small_odd.dcm", "cannot be told"),
    ):
        assert run("planarconfig", FILES / name) == 0
        assert reason in capsys.readouterr().out, name
    assert run("planarconfig", "-o", tmp_path / "x.dcm", CT) == 2
