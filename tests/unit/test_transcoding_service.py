"""Does a stored object leave in the transfer syntax that is asked for, unchanged in what it says?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES
from web_client import pool

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.errors import NotAcceptable
from lumenarc.imaging.pool import ImagingPool
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import retrieve, transcoding
from lumenarc.services.store import Source, store_part10

__all__ = ["pool"]
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
J2K, JLS, RLE, JPEG = (f"1.2.840.10008.1.2.{n}" for n in ("4.90", "4.80", "5", "4.50"))


@pytest.fixture
def archive(tmp_path: Path, pool: ImagingPool) -> Iterator[Archive]:
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    yield replace(opened, imaging=pool)
    opened.close()


def stored(archive: Archive, name: str) -> tuple[StoredInstance, pydicom.Dataset]:
    data = next(PYDICOM_FILES.rglob(name)).read_bytes()
    done = store_part10(archive, [data], Source())
    return retrieve.find_object(archive, done.sop_instance_uid), pydicom.dcmread(io.BytesIO(data))


def read(chunks: Iterator[bytes]) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(b"".join(chunks)))


@pytest.mark.parametrize("target", [IMPLICIT, J2K, JLS, RLE, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"])
def test_lossless_targets_keep_every_pixel(archive: Archive, target: str) -> None:
    inst, original = stored(archive, "MR_small.dcm")
    again = read(transcoding.file_in(archive, inst, target))
    assert again.file_meta.TransferSyntaxUID == target
    assert np.array_equal(again.pixel_array, original.pixel_array)
    assert again.PatientName == original.PatientName and again.SOPInstanceUID == original.SOPInstanceUID


@pytest.mark.parametrize("name", ["JPEG2000.dcm", "MR_small_RLE.dcm", "image_dfl.dcm"])
def test_stored_syntaxes_become_plain(archive: Archive, name: str) -> None:
    inst, original = stored(archive, name)
    again = read(transcoding.file_in(archive, inst, EXPLICIT))
    assert again.file_meta.TransferSyntaxUID == EXPLICIT
    assert np.array_equal(again.pixel_array, original.pixel_array)
    (frame,) = transcoding.frames_in(archive, inst, [1], EXPLICIT)
    assert frame == again.PixelData[: len(frame)]


def test_objects_never_lose_but_frames_may(archive: Archive) -> None:
    inst, _ = stored(archive, "examples_rgb_color.dcm")
    with pytest.raises(NotAcceptable):
        next(transcoding.file_in(archive, inst, JPEG))
    (frame,) = transcoding.frames_in(archive, inst, [1], JPEG)
    assert frame.startswith(b"\xff\xd8")


def test_the_first_possible_syntax_is_taken(archive: Archive) -> None:
    inst, _ = stored(archive, "rtplan.dcm")
    uid, chunks = transcoding.open_in(archive, inst, [J2K, EXPLICIT])
    assert uid == EXPLICIT
    assert read(chunks).file_meta.TransferSyntaxUID == EXPLICIT
    with pytest.raises(NotAcceptable):
        transcoding.open_in(archive, inst, [J2K])
