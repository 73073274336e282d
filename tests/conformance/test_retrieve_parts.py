"""Do parts of objects leave as PS3.4 Y and Z say: some frames as a new object, everything but bulk data?"""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role, evt

from archive_content import Sample, archive_peer, fill, keys, register
from arrivals import Arrivals, as_file
from dimse_server import Recorder, serving
from lumenarc.dicom.part10 import build_meta
from lumenarc.peers import dimse
from lumenarc.peers.dimse import Outcome, Proposal, open_association
from lumenarc.peers.receiving import get, receivable
from served import Served, serve

pytestmark = pytest.mark.conformance
COMPOSITE_MOVE, COMPOSITE_GET = "1.2.840.10008.5.1.4.1.2.4.2", "1.2.840.10008.5.1.4.1.2.4.3"
WITHOUT_BULK = "1.2.840.10008.5.1.4.1.2.5.3"
EXPLICIT = "1.2.840.10008.1.2.1"
NAMES = (
    "rtdose.dcm", "waveform_ecg.dcm", "liver_1frame.dcm", "CT_small.dcm", "examples_ybr_color.dcm",
    "examples_overlay.dcm", "image_dfl.dcm", "ExplVR_BigEnd.dcm", "reportsi.dcm", "rtplan.dcm", "SC_rgb_rle_2frame.dcm",
)  # fmt: skip
Archive = tuple[Served, dict[str, Sample]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("archive")
    served = serve(folder)
    files = [file for name in NAMES for file in PYDICOM_FILES.rglob(name)]
    yield served, fill(served, [*files, enhanced(folder.with_name("enhanced.dcm"))])
    served.stop()


def enhanced(file: Path) -> Path:
    """Make an enhanced multi-frame object of ten frames from a CT image."""
    made: Any = pydicom.dcmread(next(PYDICOM_FILES.rglob("CT_small.dcm")))
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"
    made.SeriesInstanceUID = "1.2.3.4"
    made.NumberOfFrames = 10
    first = np.frombuffer(made.PixelData, np.int16)
    made.PixelData = b"".join((first + number).tobytes() for number in range(10))
    groups = []
    for number in range(10):
        position = Dataset()
        position.ImagePositionPatient = [0, 0, number]
        group = Dataset()
        group.PlanePositionSequence = [position]
        groups.append(group)
    made.PerFrameFunctionalGroupsSequence = groups
    del made[0xFFFCFFFC]
    made.save_as(file)
    return file


def named(archive: Archive, name: str) -> tuple[str, Sample]:
    return next((uid, sample) for uid, sample in archive[1].items() if sample.path.name == name)


def frames(archive: Archive, uid: str, syntax: str, **key: Any) -> tuple[list[pydicom.FileDataset], Outcome]:
    """C-GET at the FRAME level."""
    identifier = keys("FRAME", SOPInstanceUID=uid) | {tag: value for tag, value in key.items() if value}
    arrivals = Arrivals()
    sop_class_uid = archive[1][uid].kind.sop_class_uid
    proposals = [Proposal(COMPOSITE_GET), *receivable([sop_class_uid], (syntax,))]
    with open_association(archive_peer(archive[0]), proposals) as assoc:
        outcome = get(assoc, COMPOSITE_GET, identifier, arrivals.begin).outcome()
    return [as_file(sop_class_uid, made, *found) for made, found in arrivals.found.items()], outcome


def simple(*numbers: int) -> dict[str, Any]:
    return {"00081161": {"vr": "UL", "Value": list(numbers)}}


def calculated(*numbers: int) -> dict[str, Any]:
    return {"00081162": {"vr": "UL", "Value": list(numbers)}}


@pytest.mark.parametrize(
    ("name", "syntax", "key", "indices"),
    [
        ("enhanced.dcm", "", simple(2, 5, 6), [1, 4, 5]),
        ("enhanced.dcm", "", calculated(1, 0xFFFFFFFF, 4), [0, 4, 8]),
        ("enhanced.dcm", "1.2.840.10008.1.2", calculated(2, 3, 1, 9, 10, 1), [1, 2, 8, 9]),
        ("enhanced.dcm", "1.2.840.10008.1.2.5", simple(10), [9]),
        ("rtdose.dcm", "", simple(1, 15, 99), [0, 14]),
        ("examples_ybr_color.dcm", EXPLICIT, calculated(1, 4, 3), [0, 3]),
    ],
)
def test_frames_make_a_new_object(
    archive: Archive, name: str, syntax: str, key: dict[str, Any], indices: list[int]
) -> None:
    uid, sample = named(archive, name)
    (made,), outcome = frames(archive, uid, syntax or sample.kind.transfer_syntax_uid, **key)
    assert (outcome.status, outcome.counts) == (0, (0, 1, 0, 0))
    source = pydicom.dcmread(sample.path)
    assert made.SOPInstanceUID != source.SOPInstanceUID
    assert made.SOPClassUID == source.SOPClassUID
    assert (made.StudyInstanceUID, made.SeriesInstanceUID) == (source.StudyInstanceUID, source.SeriesInstanceUID)
    assert made.NumberOfFrames == len(indices)
    pixels = made.pixel_array if len(indices) > 1 else made.pixel_array[np.newaxis]
    np.testing.assert_array_equal(pixels, source.pixel_array[indices])
    origin = made.FrameExtractionSequence[-1]
    assert origin.MultiFrameSourceSOPInstanceUID == source.SOPInstanceUID
    listed = origin.get("SimpleFrameList", origin.get("CalculatedFrameList"))
    assert (
        list(listed if isinstance(listed, list | pydicom.multival.MultiValue) else [listed])
        == next(iter(key.values()))["Value"]
    )
    assert made.ContributingEquipmentSequence[-1].PurposeOfReferenceCodeSequence[0].CodeValue == "109105"
    if "PerFrameFunctionalGroupsSequence" in source:
        expected = [source.PerFrameFunctionalGroupsSequence[index] for index in indices]
        assert list(made.PerFrameFunctionalGroupsSequence) == expected
    if "GridFrameOffsetVector" in source and len(source.GridFrameOffsetVector) == source.NumberOfFrames:
        assert list(made.GridFrameOffsetVector) == [source.GridFrameOffsetVector[index] for index in indices]


def test_frames_by_time(archive: Archive) -> None:
    uid, sample = named(archive, "examples_ybr_color.dcm")
    source = pydicom.dcmread(sample.path)
    step_s = float(source.FrameTime) / 1000
    span = {"00081163": {"vr": "FD", "Value": [2.5 * step_s, 5.1 * step_s]}}
    (made,), outcome = frames(archive, uid, EXPLICIT, **span)
    assert outcome.status == 0
    np.testing.assert_array_equal(made.pixel_array, source.pixel_array[3:6])
    assert float(made.FrameTime) == pytest.approx(float(source.FrameTime))
    (made,), outcome = frames(archive, uid, EXPLICIT, **simple(1, 2, 6))
    assert outcome.status == 0
    assert "FrameTime" not in made
    assert list(map(float, made.FrameTimeVector)) == pytest.approx([0, step_s * 1000, step_s * 4000])
    assert made.FrameIncrementPointer == 0x00181065


@pytest.mark.parametrize(
    ("name", "key", "status"),
    [
        ("enhanced.dcm", simple(11, 12), 0xAA00),
        ("waveform_ecg.dcm", simple(1), 0xAA01),
        ("liver_1frame.dcm", {"00081163": {"vr": "FD", "Value": [0.0, 1.0]}}, 0xAA03),
        ("enhanced.dcm", {}, 0xAA04),
        ("enhanced.dcm", simple(1) | calculated(1, 2, 1), 0xAA04),
        ("enhanced.dcm", simple(2, 2), 0xAA04),
        ("enhanced.dcm", calculated(1, 2), 0xAA04),
        ("enhanced.dcm", calculated(5, 9, 1, 1, 2, 1), 0xAA04),
    ],
)
def test_frames_that_cannot_be_had(archive: Archive, name: str, key: dict[str, Any], status: int) -> None:
    uid, sample = named(archive, name)
    made, outcome = frames(archive, uid, sample.kind.transfer_syntax_uid, **key)
    assert (made, outcome.status) == ([], status)
    assert outcome.comment


def test_frames_are_moved_and_dciodvfy_finds_nothing_new(archive: Archive, tmp_path: Path) -> None:
    uid, sample = named(archive, "enhanced.dcm")
    recorder = Recorder(title="FRAMES")
    with serving(recorder) as server:
        register(archive[0], "FRAMES", server.port)
        with open_association(archive_peer(archive[0]), [Proposal(COMPOSITE_MOVE)]) as assoc:
            identifier = keys("FRAME", SOPInstanceUID=uid) | simple(3, 4)
            assert dimse.move(assoc, COMPOSITE_MOVE, identifier, "FRAMES").outcome().status == 0
    ((new_uid, syntax, data),) = recorder.stored
    file = tmp_path / "frames.dcm"
    file.write_bytes(build_meta(sample.kind.sop_class_uid, new_uid, syntax, None) + data)
    assert errors_of(file) <= errors_of(sample.path)


def errors_of(file: Path) -> set[str]:
    """Return what dciodvfy calls errors."""
    ran = subprocess.run(("dciodvfy", str(file)), capture_output=True, text=True, errors="replace", timeout=60)
    return {line for line in (ran.stderr + ran.stdout).splitlines() if line.startswith("Error")}


def test_pynetdicom_gets_everything_but_bulk_data(archive: Archive) -> None:
    served, samples = archive
    arrived: dict[str, Dataset] = {}

    def store(event: Any) -> int:
        arrived[str(event.request.AffectedSOPInstanceUID)] = event.dataset
        return 0x0000

    kinds = sorted({(sample.kind.sop_class_uid, EXPLICIT) for sample in samples.values()})
    roles: list[Any] = [build_role(uid, scp_role=True) for uid, _syntax in kinds]
    contexts = [build_context(WITHOUT_BULK), *(build_context(*kind) for kind in kinds)]
    handlers: list[Any] = [(evt.EVT_C_STORE, store)]
    address = (served.dicom_host, served.dicom_port)
    assoc = pynetdicom.AE("GETTER").associate(*address, contexts, "LUMENARC", ext_neg=roles, evt_handlers=handlers)
    wanted = Dataset()
    wanted.QueryRetrieveLevel, wanted.SOPInstanceUID = "IMAGE", sorted(samples)
    answers = [status for status, _identifier in assoc.send_c_get(wanted, WITHOUT_BULK)]
    assoc.release()
    assert (answers[-1].Status, answers[-1].NumberOfCompletedSuboperations) == (0, len(samples))
    assert set(arrived) == set(samples)
    for uid, sample in samples.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source = pydicom.dcmread(sample.path)
        for element in list(source):
            is_bulk = element.keyword in ("PixelData", "DataSetTrailingPadding") or element.tag.element == 0
            if is_bulk or (element.tag.group & 0xFF00 in (0x6000, 0x5000) and element.tag.element == 0x3000):
                del source[element.tag]
        for item in source.get("WaveformSequence", []):
            del item.WaveformData
        got = arrived[uid]
        assert sorted(got.keys()) == sorted(source.keys()), sample.path.name
        for element in source:
            assert got[element.tag].value == element.value, (sample.path.name, element.tag)
