"""Do the frames of an enhanced object become single-frame objects with their own pixels, places and names?"""

from __future__ import annotations

from pathlib import Path

import pydicom
from corpus import PYDICOM_FILES
from multiframe import enhanced_mr
from test_cli_files import run


def test_every_frame_becomes_an_object(tmp_path: Path) -> None:
    whole = enhanced_mr(tmp_path / "emf.dcm")
    assert run("emf2sf", tmp_path / "emf.dcm", tmp_path / "out") == 0
    made = [pydicom.dcmread(path) for path in sorted((tmp_path / "out").iterdir())]
    assert len(made) == 4
    for number, ds in enumerate(made):
        assert ds.SOPClassUID.name == "MR Image Storage"
        assert (ds.InstanceNumber, ds.PatientName) == (number + 1, "Müller^Jörg")
        assert (ds.pixel_array == whole.pixel_array[number]).all()
        assert ds.ImagePositionPatient == [0, 0, 3 * number]
        assert (ds.ImageOrientationPatient, ds.PixelSpacing) == ([1, 0, 0, 0, 1, 0], [0.5, 0.5])
        assert (ds.WindowCenter, ds.EchoTime, ds.RepetitionTime) == (100 + number, 12.5, 500)
        assert ds.ImageType == ["ORIGINAL", "PRIMARY", "M", "NONE"]
        assert "NumberOfFrames" not in ds
        assert "PerFrameFunctionalGroupsSequence" not in ds
    assert len({ds.SOPInstanceUID for ds in made}) == 4
    assert {ds.SeriesInstanceUID for ds in made} != {whole.SeriesInstanceUID}
    assert {ds.StudyInstanceUID for ds in made} == {whole.StudyInstanceUID}
    assert run("dcmvalidate", tmp_path / "out") == 1  # the equipment module of the phantom is empty, as it was


def test_frames_and_series_are_chosen(tmp_path: Path) -> None:
    whole = enhanced_mr(tmp_path / "emf.dcm")
    words = ("-f", "2-3", "--not-chseries", "--inst-no", "100")
    assert run("emf2sf", *words, tmp_path / "emf.dcm", tmp_path / "out") == 0
    made = [pydicom.dcmread(path) for path in sorted((tmp_path / "out").iterdir())]
    assert [ds.InstanceNumber for ds in made] == [101, 102]
    assert {ds.SeriesInstanceUID for ds in made} == {whole.SeriesInstanceUID}


def test_compressed_frames_stay_as_they_are(tmp_path: Path) -> None:
    whole = enhanced_mr(tmp_path / "emf.dcm")
    assert run("dcm2dcm", "--jlsl", tmp_path / "emf.dcm", tmp_path / "jls.dcm") == 0
    assert run("emf2sf", tmp_path / "jls.dcm", tmp_path / "out") == 0
    for number, path in enumerate(sorted((tmp_path / "out").iterdir())):
        ds = pydicom.dcmread(path)
        assert ds.file_meta.TransferSyntaxUID.name == "JPEG-LS Lossless Image Compression"
        assert run("dcm2dcm", "--explicit", path, tmp_path / "plain.dcm") == 0
        assert (pydicom.dcmread(tmp_path / "plain.dcm").pixel_array == whole.pixel_array[number]).all()


def test_what_is_not_enhanced_is_told(tmp_path: Path) -> None:
    assert run("emf2sf", PYDICOM_FILES / "test_files" / "CT_small.dcm", tmp_path / "out") == 1
    assert run("emf2sf", PYDICOM_FILES / "test_files" / "rtplan.dcm", tmp_path / "out") == 1
    assert run("emf2sf", "-f", "none", PYDICOM_FILES / "test_files" / "CT_small.dcm", tmp_path / "out") == 2
