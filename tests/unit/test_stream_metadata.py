"""Do names leave with compressed frames? Comments, application segments and boxes go, the pixels stay (PS3.15 E.1)."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID
from test_cli_files import run
from test_stow_metadata import mp4

from lumenarc.dicom.codecs import EncodeOptions, encode
from lumenarc.dicom.stream_metadata import patches_of

NAME = b"Doe^Jane 19710405"
SIDE, J = 64, "1.2.840.10008.1.2.4."
PIXELS = (np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 251).astype(np.uint8)


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def after_start(stream: bytes, *segments: bytes) -> bytes:
    """Put marker segments behind SOI."""
    return stream[:2] + b"".join(segments) + stream[2:]


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.fromarray(PIXELS).save(out, "JPEG", quality=95, comment=NAME)
    thumbnail = b"JFIF\0\1\1\0\0\1\0\1\2\2" + NAME[:12]
    exif = b"Exif\0\0" + NAME
    added = (segment(0xE1, exif), segment(0xED, NAME), segment(0xE0, b"JFXX\0" + NAME), segment(0xE0, thumbnail))
    return after_start(out.getvalue(), *added) + b"\0" + NAME


def jpeg_ls() -> bytes:
    stream = encode(PIXELS, J + "80", 8, EncodeOptions(90, 2, False))
    return after_start(stream, segment(0xFE, NAME), segment(0xE7, NAME))


def jpeg_2000(uid: str = J + "90") -> bytes:
    """Put a comment into the main header and one into the header of the tile-part, whose length grows."""
    stream = encode(PIXELS, uid, 8, EncodeOptions(90, 2, False))
    comment = struct.pack(">HHH", 0xFF64, len(NAME) + 4, 1) + NAME
    start = 4 + struct.unpack_from(">H", stream, 4)[0]
    stream = stream[:start] + comment + stream[start:]
    tile = stream.index(b"\xff\x90\x00\x0a")
    (length,) = struct.unpack_from(">I", stream, tile + 6)
    head = (
        stream[: tile + 6] + struct.pack(">I", length + len(comment) if length else 0) + stream[tile + 10 : tile + 12]
    )
    return head + comment + stream[tile + 12 :]


def jp2() -> bytes:
    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", len(content) + 8, kind) + content

    out = io.BytesIO()
    Image.fromarray(PIXELS).save(out, "JPEG2000")
    data = out.getvalue()
    at = data.index(b"jp2c") - 4
    return data[:at] + box(b"xml ", NAME) + box(b"uuid", bytes(16) + NAME) + data[at:]


FRAMES = {
    "50": (J + "50", jpeg),
    "80": (J + "80", jpeg_ls),
    "90": (J + "90", jpeg_2000),
    "201": (J + "201", lambda: jpeg_2000(J + "201")),
    "jp2": (J + "90", jp2),
}


def write(path: Path, uid: str, frames: list[bytes], fragments_per_frame: int = 1) -> Dataset:
    ds = pydicom.dcmread(PYDICOM_FILES / "test_files" / "CT_small.dcm")
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(uid)
    ds.Rows = ds.Columns = SIDE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.NumberOfFrames = len(frames)
    ds.PixelData = encapsulate(frames, fragments_per_frame=fragments_per_frame, has_bot=True)
    ds["PixelData"].VR = "OB"
    ds.save_as(path, enforce_file_format=True)
    return ds


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("kind", FRAMES)
def test_names_go_and_pixels_stay(kind: str, fragments: int, tmp_path: Path) -> None:
    uid, make = FRAMES[kind]
    frame = make()
    assert frame.count(NAME[:12]) >= 2
    before = write(tmp_path / "in.dcm", uid, [frame, frame], fragments)
    assert run("deidentify", tmp_path / "in.dcm", tmp_path / "out.dcm") == 0
    data = (tmp_path / "out.dcm").read_bytes()
    for word in (NAME[:12], b"Jane", b"19710405"):
        assert word not in data
    after = pydicom.dcmread(tmp_path / "out.dcm")
    assert len(after.PixelData) == len(before.PixelData)
    assert run("dcm2dcm", "--explicit", tmp_path / "in.dcm", tmp_path / "before.dcm") == 0
    assert run("dcm2dcm", "--explicit", tmp_path / "out.dcm", tmp_path / "after.dcm") == 0
    plain, cleaned = (pydicom.dcmread(tmp_path / name).pixel_array for name in ("before.dcm", "after.dcm"))
    assert (plain == cleaned).all()
    assert np.abs(plain[0].astype(int) - PIXELS).max() <= (12 if kind == "50" else 0)
    for stored in generate_frames(after.PixelData, number_of_frames=2):  # and for other decoders
        if kind in ("50", "jp2"):
            assert np.asarray(Image.open(io.BytesIO(stored))).shape == (SIDE, SIDE)


def test_a_film_keeps_its_tracks_only(tmp_path: Path) -> None:
    film = mp4()
    told = struct.pack(">I4s", len(NAME) + 8, b"udta") + NAME
    write(tmp_path / "in.dcm", J + "102", [film + told])
    assert run("deidentify", tmp_path / "in.dcm", tmp_path / "out.dcm") == 0
    data = (tmp_path / "out.dcm").read_bytes()
    assert NAME not in data
    assert film in data


@pytest.mark.filterwarnings("ignore")
def test_real_compressed_frames_stay_decodable(tmp_path: Path) -> None:
    """Every compressed real file decodes to the same pixels after it was cleaned."""
    n_cleaned = 0
    for path in real_files():
        if PYDICOM_FILES not in path.parents:
            continue
        ds = pydicom.dcmread(path)
        syntax = ds.file_meta.get("TransferSyntaxUID", UID("1.2.840.10008.1.2"))
        if "PixelData" not in ds or not syntax.is_compressed or syntax.is_deflated or "RLE" in syntax.name:
            continue
        if run("dcm2dcm", "--explicit", path, tmp_path / "before.dcm"):
            continue  # broken on purpose
        assert run("deidentify", "--burned-in", "accept", path, tmp_path / "out.dcm") == 0, path
        assert run("dcm2dcm", "--explicit", tmp_path / "out.dcm", tmp_path / "after.dcm") == 0, path
        before, after = (pydicom.dcmread(tmp_path / name).PixelData for name in ("before.dcm", "after.dcm"))
        assert before == after, path
        n_cleaned += pydicom.dcmread(tmp_path / "out.dcm").PixelData != ds.PixelData
    assert n_cleaned > 5


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xfe\0", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"]
)
def test_what_is_cut_is_survived(data: bytes) -> None:
    for at, new in patches_of(data):
        assert at + len(new) <= len(data)
