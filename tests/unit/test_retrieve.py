"""Does what was stored come back: whole, checked against its digest, by header and by frame?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.dicom import part10
from lumenarc.errors import Corrupt, Gone, LumenarcError, NotFound
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import delete, retrieve, store

FILES = (
    "CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm", "rtdose.dcm", "emri_small_jpeg_ls.dcm",
    "liver_1frame.dcm", "image_dfl.dcm", "reportsi.dcm", "examples_palette.dcm", "ExplVR_BigEnd.dcm",
)  # fmt: skip


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    yield opened
    opened.close()


def stored(archive: Archive, name: str) -> tuple[StoredInstance, bytes]:
    data = next(PYDICOM_FILES.rglob(name)).read_bytes()
    done = store.store_part10(archive, [data], store.Source("SCU", "127.0.0.1"))
    return retrieve.find_object(archive, done.sop_instance_uid), data


def present(*names: str) -> list[str]:
    return [name for name in names if next(PYDICOM_FILES.rglob(name), None) is not None]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", present(*FILES))
def test_whole_file_and_data_set(archive: Archive, name: str) -> None:
    inst, data = stored(archive, name)
    body = data[part10.parse_meta(data).header_bytes :]
    whole = b"".join(retrieve.whole_file(archive, inst))
    assert whole.endswith(body)
    assert len(whole) == retrieve.file_size(inst)
    assert b"".join(retrieve.data_set(archive, inst)) == body
    assert pydicom.dcmread(io.BytesIO(whole)) == pydicom.dcmread(io.BytesIO(data))
    retrieve.verify(archive, inst)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", present("CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "rtdose.dcm", "color3d_jpeg_baseline.dcm")
)
def test_frames_are_those_of_pydicom(archive: Archive, name: str) -> None:
    inst, data = stored(archive, name)
    data_set = pydicom.dcmread(io.BytesIO(data))
    n_frames = int(data_set.get("NumberOfFrames", 1))
    found = list(retrieve.frames(archive, inst, list(range(1, n_frames + 1))))
    if data_set.file_meta.TransferSyntaxUID.is_compressed:
        theirs = list(pydicom.encaps.generate_frames(data_set.PixelData, number_of_frames=n_frames))
    else:
        size = len(data_set.PixelData) // n_frames
        theirs = [data_set.PixelData[i * size : (i + 1) * size] for i in range(n_frames)]
    assert [frame.rstrip(b"\0") for frame in found] == [frame.rstrip(b"\0") for frame in theirs]
    with pytest.raises(NotFound):
        list(retrieve.frames(archive, inst, [n_frames + 1]))


def test_attributes_leave_the_pixels_out(archive: Archive) -> None:
    inst, _data = stored(archive, "CT_small.dcm")
    found = retrieve.attributes(archive, inst)
    assert found["00080060"] == {"vr": "CS", "Value": ["CT"]}
    assert "7FE00010" not in found


@pytest.mark.parametrize("place", [10, 200, -1, -5000])
def test_a_flipped_byte_is_never_served_as_good(archive: Archive, place: int) -> None:
    inst, _data = stored(archive, "CT_small.dcm")
    with archive.storage.open(inst.blob_key) as reader:
        path = reader.path
    assert path is not None
    spoilt = bytearray(path.read_bytes())
    spoilt[place] ^= 0x10
    path.write_bytes(spoilt)
    with pytest.raises(Corrupt):
        retrieve.verify(archive, inst)
    if place < 0:
        with pytest.raises(Corrupt):
            b"".join(retrieve.whole_file(archive, inst))


def test_a_missing_or_short_blob_is_corrupt(archive: Archive) -> None:
    inst, _data = stored(archive, "CT_small.dcm")
    with archive.storage.open(inst.blob_key) as reader:
        path = reader.path
    assert path is not None
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Corrupt, match="length"):
        b"".join(retrieve.whole_file(archive, inst))
    path.unlink()
    with pytest.raises(Corrupt, match="missing"):
        b"".join(retrieve.whole_file(archive, inst))


def test_gone_and_never_here_are_told_apart(archive: Archive) -> None:
    inst, _data = stored(archive, "CT_small.dcm")
    delete.delete(archive, inst.study_uid)
    with pytest.raises(Gone):
        retrieve.find(archive, inst.study_uid)
    with pytest.raises(NotFound) as found:
        retrieve.find(archive, "1.2.3.4")
    assert not isinstance(found.value, Gone)
    assert isinstance(found.value, LumenarcError)
