"""Do frames of enhanced objects become single-frame objects with their own pixels and places, and the way back?"""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES
from multiframe import enhanced_mr
from pydicom.dataset import Dataset
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


CT_SERIES = PYDICOM_FILES / "test_files" / "dicomdirtests" / "77654033" / "CT2"


def of_frame(ds: Dataset, number: int, macro: str) -> Dataset:
    """Return a functional group of a frame, wherever it stands."""
    groups = (ds.PerFrameFunctionalGroupsSequence[number], ds.SharedFunctionalGroupsSequence[0])
    found: Dataset = next(group[macro][0] for group in groups if macro in group)
    return found


def by_number(folder: Path) -> dict[int, Dataset]:
    """Return the files of a folder by their Instance Number."""
    return {ds.InstanceNumber: ds for ds in map(pydicom.dcmread, sorted(folder.iterdir()))}


def test_single_frames_become_a_legacy_converted_object(tmp_path: Path) -> None:
    singles = by_number(CT_SERIES)
    assert run("sf2emf", CT_SERIES, tmp_path / "whole.dcm") == 0
    whole = pydicom.dcmread(tmp_path / "whole.dcm")
    assert whole.SOPClassUID.name == "Legacy Converted Enhanced CT Image Storage"
    assert whole.NumberOfFrames == len(singles) == len(whole.PerFrameFunctionalGroupsSequence)
    sources = {ds.SOPInstanceUID: ds for ds in singles.values()}
    places = []
    for number, pixels in enumerate(whole.pixel_array):
        source = sources[of_frame(whole, number, "ConversionSourceAttributesSequence").ReferencedSOPInstanceUID]
        assert (pixels == source.pixel_array).all()
        position = of_frame(whole, number, "PlanePositionSequence").ImagePositionPatient
        assert position == source.ImagePositionPatient
        assert of_frame(whole, number, "FrameContentSequence").InStackPositionNumber == number + 1
        assert of_frame(whole, number, "FrameVOILUTSequence").WindowWidth == source.WindowWidth
        places.append(position[2])
    assert places == sorted(places)
    assert "PixelMeasuresSequence" in whole.SharedFunctionalGroupsSequence[0]
    assert "WindowCenter" not in whole


def test_the_way_back_gives_every_attribute(tmp_path: Path) -> None:
    singles = by_number(CT_SERIES)
    assert run("sf2emf", "--not-chseries", CT_SERIES, tmp_path / "whole.dcm") == 0
    assert run("emf2sf", "--not-chseries", tmp_path / "whole.dcm", tmp_path / "back") == 0
    back = by_number(tmp_path / "back")
    assert back.keys() == singles.keys()
    for number, single in singles.items():
        new = {"SpecificCharacterSet", "SOPInstanceUID", "InstanceCreationDate", "InstanceCreationTime"}
        lost = [e.keyword or str(e.tag) for e in single if e.keyword not in new and back[number].get(e.tag) != e]
        assert lost == [], number


def test_frames_of_an_enhanced_object_come_together_again(tmp_path: Path) -> None:
    whole = enhanced_mr(tmp_path / "emf.dcm")
    assert run("emf2sf", tmp_path / "emf.dcm", tmp_path / "singles") == 0
    assert run("sf2emf", tmp_path / "singles", tmp_path / "again.dcm") == 0
    again = pydicom.dcmread(tmp_path / "again.dcm")
    assert (again.pixel_array == whole.pixel_array).all()
    for number in range(4):
        for macro in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"):
            assert of_frame(again, number, macro) == of_frame(whole, number, macro)


def test_echoes_are_a_dimension(tmp_path: Path) -> None:
    enhanced_mr(tmp_path / "emf.dcm")
    assert run("emf2sf", tmp_path / "emf.dcm", tmp_path / "one") == 0
    assert run("dcmmodify", "-s", "EchoTime=80", "--new-uid", "instance", "-o", tmp_path / "two", tmp_path / "one") == 0
    assert run("sf2emf", tmp_path / "one", tmp_path / "two", tmp_path / "both.dcm") == 0
    both = pydicom.dcmread(tmp_path / "both.dcm")
    indices = [
        list(of_frame(both, number, "FrameContentSequence").DimensionIndexValues)
        for number in range(both.NumberOfFrames)
    ]
    assert indices == [[1, place, echo] for echo in (1, 2) for place in (1, 2, 3, 4)]
    assert both.DimensionIndexSequence[2].DimensionDescriptionLabel == "Echo Time"


def test_frames_that_differ_become_several_objects(tmp_path: Path) -> None:
    enhanced_mr(tmp_path / "emf.dcm")
    assert run("emf2sf", tmp_path / "emf.dcm", tmp_path / "one") == 0
    assert run("dcm2dcm", "--jlsl", tmp_path / "one", tmp_path / "two") == 0
    assert run("sf2emf", tmp_path / "one", tmp_path / "two", CT_SERIES, f"{tmp_path}/many/") == 0
    names = sorted(pydicom.dcmread(path).SOPClassUID.name.split()[3] for path in (tmp_path / "many").iterdir())
    assert names == ["CT", "MR", "MR"]
    assert run("sf2emf", tmp_path / "one", tmp_path / "two", tmp_path / "emf.dcm") == 2


def test_enhanced_objects_need_what_they_need(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sf2emf", "--enhanced", CT_SERIES, tmp_path / "whole.dcm") == 1
    assert "AcquisitionType" in capsys.readouterr().err
    assert not (tmp_path / "whole.dcm").exists()
    assert run("sf2emf", PYDICOM_FILES / "test_files" / "rtplan.dcm", tmp_path / "whole.dcm") == 1
    (tmp_path / "empty").mkdir()
    assert run("sf2emf", tmp_path / "empty", tmp_path / "whole.dcm") == 2
    assert run("sf2emf", tmp_path / "missing.dcm", tmp_path / "whole.dcm") == 1
