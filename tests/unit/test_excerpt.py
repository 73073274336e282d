"""Are the keys of the FRAME level read as PS3.4 Y.3.2 says, and headers of parts written without touching the rest?"""

from __future__ import annotations

import io
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from lumenarc.dicom import excerpt
from lumenarc.dicom.frame_request import FrameRequest, frame_request
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.part10 import build_meta
from lumenarc.errors import BadFrameRequest

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
FRAME = {"00080052": {"vr": "CS", "Value": ["FRAME"]}}


def asked(name: str, *values: Any) -> FrameRequest | None:
    return frame_request(FRAME | {name: {"vr": "UL", "Value": list(values)}})


def encoded(ds: Dataset) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, ds)
    return buffer.getvalue()


def read(head: bytes, syntax: str = EXPLICIT) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(build_meta("1.2", "1.3", syntax, None) + head))


def test_keys_of_the_frame_level() -> None:
    assert frame_request({"00080052": {"vr": "CS", "Value": ["IMAGE"]}}) is None
    assert asked("00081161", 1, 3) == FrameRequest(simple=(1, 3))
    assert asked("00081162", 1, 9, 2, 9, 12, 1) == FrameRequest(calculated=((1, 9, 2), (9, 12, 1)))
    assert asked("00081163", 0.5, 2) == FrameRequest(times_s=(0.5, 2.0))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("00081161", (3, 1)),
        ("00081161", (0,)),
        ("00081161", ("x",)),
        ("00081162", (1, 2)),
        ("00081162", (5, 1, 1)),
        ("00081162", (1, 5, 0)),
        ("00081162", (1, 5, 1, 4, 6, 1)),
        ("00081163", (1,)),
        ("00081160", (1,)),
    ],
)
def test_keys_that_make_no_sense(name: str, values: tuple[Any, ...]) -> None:
    with pytest.raises(BadFrameRequest):
        asked(name, *values)


def test_which_frames_are_meant() -> None:
    ds = Dataset()
    ds.FrameTimeVector = [0, 100, 50, 50]
    vector = LazySet.of(encoded(ds), EXPLICIT)
    assert FrameRequest(simple=(2, 4, 9)).numbers(vector, 4) == [2, 4]
    assert FrameRequest(calculated=((1, 0xFFFFFFFF, 3),)).numbers(vector, 10) == [1, 4, 7, 10]
    assert FrameRequest(times_s=(0.1, 0.15)).numbers(vector, 4) == [2, 3]
    with pytest.raises(BadFrameRequest) as none:
        FrameRequest(simple=(5,)).numbers(vector, 4)
    assert none.value.dimse_status == 0xAA00
    with pytest.raises(BadFrameRequest) as timeless:
        FrameRequest(times_s=(0.0, 1.0)).numbers(LazySet.of(b"", EXPLICIT), 4)
    assert timeless.value.dimse_status == 0xAA03


@pytest.mark.parametrize("target", [EXPLICIT, IMPLICIT])
def test_bulk_data_go_and_the_rest_stays(target: str) -> None:
    ds = pydicom.dcmread(next(PYDICOM_FILES.rglob("waveform_ecg.dcm")))
    ds.add_new(0x60003000, "OW", bytes(8))
    ds.add_new(0x60020010, "US", 4)
    ds.SpectroscopyData = bytes(8)
    head = encoded(ds)
    rest = excerpt.without_bulk(head, EXPLICIT, target)
    assert bytes(8) * 100 not in rest
    got = read(rest, target)
    for tag in (0x60003000, 0x56000020):
        assert tag not in got
    assert got[0x60020010].value == 4
    assert all("WaveformData" not in item for item in got.WaveformSequence)
    assert got.WaveformSequence[0].NumberOfWaveformSamples == ds.WaveformSequence[0].NumberOfWaveformSamples
    assert str(got.PatientName) == str(ds.PatientName)


def test_the_header_of_some_frames() -> None:
    ds = Dataset()
    ds.SOPInstanceUID, ds.NumberOfFrames, ds.FrameTime = "1.2.3", 5, "40"
    ds.SliceVector = [1, 2, 3, 4, 5]
    ds.RepresentativeFrameNumber = 4
    ds.FrameIncrementPointer = 0x00181063
    earlier = Dataset()
    earlier.MultiFrameSourceSOPInstanceUID = "1.2"
    ds.FrameExtractionSequence = [earlier]
    request = FrameRequest(simple=(1, 3, 5))
    head = excerpt.of_frames(
        encoded(ds), EXPLICIT, [1, 3, 5], request, "1.2.4", {"00080070": {"vr": "LO", "Value": ["L"]}}
    )
    got = read(head)
    assert (got.SOPInstanceUID, got.NumberOfFrames, float(got.FrameTime)) == ("1.2.4", 3, 80.0)
    assert list(got.SliceVector) == [1, 3, 5]
    assert "RepresentativeFrameNumber" not in got
    assert [item.MultiFrameSourceSOPInstanceUID for item in got.FrameExtractionSequence] == ["1.2", "1.2.3"]
    assert list(got.FrameExtractionSequence[1].SimpleFrameList) == [1, 3, 5]
    assert got.ContributingEquipmentSequence[0].Manufacturer == "L"
    uneven = excerpt.of_frames(encoded(ds), EXPLICIT, [1, 2, 5], request, "1.2.4", {})
    got = read(uneven)
    assert list(map(float, got.FrameTimeVector)) == [0, 40, 120]
    assert (got.FrameIncrementPointer, "FrameTime" in got) == (0x00181065, False)
