"""Are made-up studies the same for a seed, are their numbers right? (Valid: conformance/test_tools_dcmgen.py)"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from test_cli_files import run

from lumenarc.cli.dcmgen import KINDS
from lumenarc.dicom import phantoms
from lumenarc.dicom.synthetic import kinds
from lumenarc.dicom.synthetic.film import mp4
from lumenarc.dicom.synthetic.study import Amount, made_up, part10


def made(kind: str, seed: int = 1, amount: Amount = Amount(32, 4)) -> list[Dataset]:
    """Make a small study and read it back."""
    study = made_up(seed, 1, 1, kind, ("A study",))
    return [pydicom.dcmread(io.BytesIO(part10(ds))) for ds in kinds.BY_NAME[kind].make(study, amount)]


def test_the_tool_knows_every_kind() -> None:
    assert list(KINDS) == [kind.name for kind in kinds.KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_objects(kind: str) -> None:
    def files(seed: int) -> Iterator[bytes]:
        return (part10(ds) for ds in kinds.BY_NAME[kind].make(made_up(seed, 1, 1, kind, ("A",)), Amount(32, 4)))

    first, again, other = list(files(1)), list(files(1)), list(files(2))
    assert first == again
    assert {ds.SOPInstanceUID for ds in made(kind)}.isdisjoint(ds.SOPInstanceUID for ds in made(kind, seed=2))
    assert len(first) == len(other) == len(set(first))


def test_uptake_values_are_computed_from_the_attributes() -> None:
    """SUV by body weight as QIBA's pseudo-code has it: activity × weight / dose that is left when the scan begins."""
    slices = [ds for ds in made("pt", amount=Amount(64, 32)) if ds.Modality == "PT"]
    peak = 0.0
    for ds in slices:
        drug = ds.RadiopharmaceuticalInformationSequence[0]
        times = (ds.SeriesTime, drug.RadiopharmaceuticalStartTime)
        clock = [int(text[:2]) * 3600 + int(text[2:4]) * 60 + int(text[4:6]) for text in times]
        left = float(drug.RadionuclideTotalDose) * 2 ** (-(clock[0] - clock[1]) / float(drug.RadionuclideHalfLife))
        activity = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        peak = max(peak, float(np.median(np.sort(activity.ravel())[-4:])) * float(ds.PatientWeight) * 1000 / left)
    assert peak == pytest.approx(8, abs=0.5)


def test_contours_lie_around_what_they_name() -> None:
    objects = made("rt", amount=Amount(96, 32))
    images = {ds.SOPInstanceUID: ds for ds in objects if ds.Modality == "CT"}
    structures = next(ds for ds in objects if ds.Modality == "RTSTRUCT")
    names = {roi.ROINumber: roi.ROIName for roi in structures.StructureSetROISequence}
    lung = next(roi for roi in structures.ROIContourSequence if names[roi.ReferencedROINumber] == "Lung left")
    assert len(lung.ContourSequence) > 10
    for contour in lung.ContourSequence:
        image = images[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
        x, y, z = np.mean(np.reshape(contour.ContourData, (-1, 3)), axis=0)
        assert z == pytest.approx(float(image.ImagePositionPatient[2]), abs=0.01)
        column = round((x - image.ImagePositionPatient[0]) / image.PixelSpacing[1])
        row = round((y - image.ImagePositionPatient[1]) / image.PixelSpacing[0])
        assert image.pixel_array[row, column] < -700
    dose = next(ds for ds in objects if ds.Modality == "RTDOSE")
    assert dose.pixel_array.max() * dose.DoseGridScaling == pytest.approx(50, rel=0.2)
    assert len(dose.GridFrameOffsetVector) == dose.NumberOfFrames == len(images)


def test_segments_hold_lung_and_nodule() -> None:
    objects = made("seg", amount=Amount(96, 32))
    images = {ds.SOPInstanceUID: ds for ds in objects if ds.Modality == "CT"}
    seg = objects[-1]
    values: dict[int, list[float]] = {1: [], 2: []}
    for mask, frame in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence, strict=True):
        source = images[frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
        assert source.ImagePositionPatient == frame.PlanePositionSequence[0].ImagePositionPatient
        values[frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber] += list(source.pixel_array[mask == 1])
    assert np.median(values[1]) == pytest.approx(-845, abs=30)
    assert np.median(values[2]) == pytest.approx(35, abs=30)


def test_an_electrocardiogram_beats() -> None:
    (ds,) = made("ecg")
    lead = ds.waveform_array(0)[:, 1]
    is_high = lead > 0.6 * lead.max()
    n_beats = int(np.count_nonzero(np.diff(is_high.astype(int)) == 1))
    assert ds.WaveformSequence[0].NumberOfWaveformChannels == 12
    assert 9 <= n_beats <= 13
    assert 0.8e3 < lead.max() < 1.4e3  # microvolt


def test_a_video_says_its_size() -> None:
    film = mp4(phantoms.tunnel(3, 32, 48, 1))
    assert film.count(b"avcC") == 1
    (ds,) = made("es", amount=Amount(48, 3))
    assert (ds.Rows, ds.Columns, ds.NumberOfFrames) == (48, 128, 3)
    assert ds.file_meta.TransferSyntaxUID.name.startswith("MPEG-4 AVC/H.264 High Profile / Level 4.1")


def test_enhanced_objects_split_into_what_they_were_made_of(tmp_path: Path) -> None:
    assert run("dcmgen", "--size", "32", "--frames", "4", "enhanced-ct", tmp_path / "made") == 0
    (whole,) = (tmp_path / "made").rglob("*.dcm")
    assert run("emf2sf", whole, tmp_path / "singles") == 0
    assert run("sf2emf", "--enhanced", tmp_path / "singles", tmp_path / "again.dcm") == 0
    ours, again = pydicom.dcmread(whole), pydicom.dcmread(tmp_path / "again.dcm")
    assert (ours.pixel_array == again.pixel_array).all()
    assert again.SOPClassUID == ours.SOPClassUID
    for old, new in zip(ours.PerFrameFunctionalGroupsSequence, again.PerFrameFunctionalGroupsSequence, strict=True):
        assert new.PlanePositionSequence == old.PlanePositionSequence
        assert new.FrameContentSequence == old.FrameContentSequence
    assert again.SharedFunctionalGroupsSequence[0].CTXRayDetailsSequence[0].KVP == 120


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--size", "32", "--frames", "2", "-j", "1")
    assert run("dcmgen", *words, "-n", "3", "--patients", "2", "-s", "PatientID=X", "cr", "ct", tmp_path / "out") == 0
    found = [pydicom.dcmread(path) for path in sorted((tmp_path / "out").rglob("*.dcm"))]
    assert [ds.Modality for ds in found] == ["CR", "CT", "CT", "CR"]
    assert {ds.PatientID for ds in found} == {"X"}
    assert [str(ds.PatientName) for ds in found[:1]] == [str(ds.PatientName) for ds in found[3:]]
    assert len({ds.StudyInstanceUID for ds in found}) == 3
    assert all(ds["SyntheticData"].value == "YES" for ds in found)
    for wrong in (("nothing",), ("-n", "0", "ct"), ("--size", "1", "ct")):
        assert run("dcmgen", *wrong, tmp_path / "out") == 2
    capsys.readouterr()
    assert run("dcmgen", *words, "--json", "ecg", tmp_path / "out") == 0
    assert '"kind": "ecg"' in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_survives_conversion(kind: str, tmp_path: Path) -> None:
    """JSON and XML and back, element by element; de-identified, no byte of the patient is left."""
    words = ("--size", "32", "--frames", "3", "-j", "1", "-s", "PatientID=SECRET-4711", "-s", "PatientName=Geheim^Ada")
    assert run("dcmgen", *words, kind, tmp_path / "made") == 0
    path = sorted((tmp_path / "made").rglob("*.dcm"))[-1]
    for form in ("json", "xml"):
        assert run(f"dcm2{form}", "-b", "-o", tmp_path / "text", path) == 0
        assert run(f"{form}2dcm", f"-{form[0]}", tmp_path / "text", "-o", tmp_path / "back.dcm") == 0
        assert pydicom.dcmread(tmp_path / "back.dcm") == pydicom.dcmread(path)
    assert run("deidentify", "--burned-in", "accept", path, tmp_path / "out.dcm") == 0
    data = (tmp_path / "out.dcm").read_bytes()
    told = (b"SECRET-4711", b"Geheim", pydicom.dcmread(path).StudyInstanceUID.encode())
    assert [word for word in told if word in data] == []
