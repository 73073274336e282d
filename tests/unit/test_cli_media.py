"""Do pictures, videos and documents come out of DICOM objects as they went in, and are frames drawn as they look?"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import PIL.Image
import pydicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.fileset import FileSet
from test_cli_files import run

from lumenarc.dicom import codestream

FILES = PYDICOM_FILES / "test_files"
RGB = np.dstack([np.add.outer(np.arange(48), np.arange(64)) % 256] * 3).astype(np.uint8)
RGB[:, :, 1] //= 2
GREY = (np.multiply.outer(np.arange(48), np.arange(64)) * 20).astype(np.uint16)


def jpeg(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = RGB) -> bytes:
    out = io.BytesIO()
    PIL.Image.fromarray(array).save(out, "JPEG", quality=95)
    return out.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def mp4(n_frames: int = 25) -> bytes:
    """Make an MP4 file that says High Profile, Level 4.1, 64 × 48, one second."""
    avcc = box(b"avcC", bytes((1, 100, 0, 41, 0xFF, 0xE1, 0, 0)))
    entry = box(b"avc1", bytes(24), struct.pack(">HH", 64, 48), bytes(50), avcc)
    stsd = box(b"stsd", bytes(4), struct.pack(">I", 1), entry)
    stsz = box(b"stsz", bytes(8), struct.pack(">I", n_frames), struct.pack(">I", 10) * n_frames)
    mdhd = box(b"mdhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(4))
    media = box(b"mdia", mdhd, box(b"minf", box(b"stbl", stsd, stsz)))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"trak", media)) + box(b"mdat", bytes(range(250)))


@pytest.mark.parametrize(
    ("name", "data", "syntax"),
    [
        ("a.jpg", jpeg(), "4.50"),
        ("a.jls", bytes(imagecodecs.jpegls_encode(GREY)), "4.80"),
        ("a.jp2", bytes(imagecodecs.jpeg2k_encode(RGB, 0, codecformat="j2k")), "4.90"),
        ("a.mp4", mp4(), "4.102"),
    ],
)
def test_what_is_taken_over_comes_back_byte_for_byte(name: str, data: bytes, syntax: str, tmp_path: Path) -> None:
    source, back = tmp_path / name, tmp_path / f"back{Path(name).suffix}"
    source.write_bytes(data)
    assert run("jpg2dcm", "-s", "PatientName=Doe^Jane", source, tmp_path / "a.dcm") == 0
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert ds.file_meta.TransferSyntaxUID == f"1.2.840.10008.1.2.{syntax}"
    assert (ds.Rows, ds.Columns, ds.PatientName) == (48, 64, "Doe^Jane")
    assert run("dcm2pdf", tmp_path / "a.dcm", back) == 0
    assert back.read_bytes().rstrip(b"\0") == data.rstrip(b"\0")
    if name == "a.mp4":
        assert (ds.NumberOfFrames, ds.FrameTime, ds.SOPClassUID.name) == (25, 40, "Video Photographic Image Storage")
    else:
        assert ds.pixel_array.shape[:2] == (48, 64)


@pytest.mark.parametrize(
    ("name", "array"), [("a.png", RGB), ("a.png", GREY), ("a.tif", GREY), ("a.bmp", RGB), ("a.png", RGB[:, :, 0])]
)
def test_what_is_unpacked_keeps_every_sample(
    name: str, array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], tmp_path: Path
) -> None:
    PIL.Image.fromarray(array).save(tmp_path / name)
    assert run("jpg2dcm", tmp_path / name, tmp_path / "a.dcm") == 0
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert (ds.pixel_array == array).all()
    assert ds.BitsAllocated == array.dtype.itemsize * 8


def test_a_picture_joins_the_study_of_another(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    like = FILES / "CT_small.dcm"
    assert run("jpg2dcm", "--xc", "--like", like, tmp_path / "a.jpg", tmp_path / "a.dcm") == 0
    ds, other = pydicom.dcmread(tmp_path / "a.dcm"), pydicom.dcmread(like)
    assert (ds.StudyInstanceUID, ds.PatientID) == (other.StudyInstanceUID, other.PatientID)
    assert ds.SeriesInstanceUID != other.SeriesInstanceUID
    assert (ds.SOPClassUID.name, ds.Modality) == ("VL Photographic Image Storage", "XC")


@pytest.mark.parametrize(("name", "data"), [("a.jpg", b"no picture"), ("a.png", b"no picture"), ("a.mp4", b"no film"),
                                            ("a.xyz", b"what"), ("a.pdf", b"no PDF")])  # fmt: skip
def test_what_is_none_is_told(name: str, data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(data)
    assert run("pdf2dcm" if name == "a.pdf" else "jpg2dcm", tmp_path / name, tmp_path / "a.dcm") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "a.dcm").exists()


@pytest.mark.parametrize(
    ("name", "data"), [("a.pdf", b"%PDF-1.4 odd"), ("a.pdf", b"%PDF-1.4 even"), ("a.xml", b"<ClinicalDocument/>"),
                       ("a.stl", b"solid x\nendsolid x\n")]
)  # fmt: skip
def test_documents_come_back_byte_for_byte(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert run("pdf2dcm", "--title", "A letter", tmp_path / name, tmp_path / "a.dcm") == 0
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert (ds.DocumentTitle, ds.EncapsulatedDocumentLength) == ("A letter", len(data))
    assert run("dcm2pdf", tmp_path / "a.dcm", f"{tmp_path / 'out'}/") == 0
    assert (tmp_path / "out" / name).read_bytes() == data


def test_frames_are_drawn(tmp_path: Path) -> None:
    assert run("dcm2jpg", "-c", "200", "-w", "400", FILES / "CT_small.dcm", tmp_path / "a.png") == 0
    picture = np.asarray(PIL.Image.open(tmp_path / "a.png")).astype(float)
    ds = pydicom.dcmread(FILES / "CT_small.dcm")
    hounsfield = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    expected = np.clip((hounsfield - 199.5) / 399 + 0.5, 0, 1) * 255
    assert np.abs(picture - expected).max() <= 1
    for name, bits in (("a.tif", 16), ("b.png", 16), ("a.jpg", 8), ("a.webp", 8)):
        assert run("dcm2jpg", "--bits", str(bits), FILES / "CT_small.dcm", tmp_path / name) == 0
        assert PIL.Image.open(tmp_path / name).size == (128, 128)
    assert np.asarray(PIL.Image.open(tmp_path / "a.tif")).max() > 255


def test_the_wanted_frames_are_drawn(tmp_path: Path) -> None:
    source = FILES / "SC_rgb_rle_2frame.dcm"
    assert run("dcm2jpg", "--frames", "all", "-F", "PNG", source, f"{tmp_path}/") == 0
    made = sorted(tmp_path.glob("*.png"))
    assert [path.stem[-5:] for path in made] == ["_0001", "_0002"]
    frames = pydicom.dcmread(source).pixel_array
    assert all((np.asarray(PIL.Image.open(path)) == frame).all() for path, frame in zip(made, frames, strict=True))
    assert run("dcm2jpg", "--frames", "5", source, tmp_path / "x.png") == 1
    assert run("dcm2jpg", "--frames", "0", source, tmp_path / "x.png") == 2
    assert run("dcm2jpg", FILES / "rtplan.dcm", tmp_path / "x.png") == 1


def test_a_dicomdir_is_read_by_pydicom_and_kept_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "DICOMDIR"
    assert run("dcmdir", "-c", place, "--fs-id", "TEST", "--copy", FILES / "CT_small.dcm", FILES / "MR_small.dcm") == 0
    assert {instance.Modality for instance in FileSet(place)} == {"CT", "MR"}
    (tmp_path / "EXTRA").write_bytes((FILES / "rtplan.dcm").read_bytes())
    (tmp_path / "name that is none.dcm").write_bytes((FILES / "rtplan.dcm").read_bytes())
    assert run("dcmdir", "-u", place, tmp_path / "EXTRA", tmp_path / "name that is none.dcm") == 1
    assert len(FileSet(place)) == 3
    capsys.readouterr()
    assert run("dcmdir", "-l", place, "--json") == 0
    names = [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()]
    assert "EXTRA" in names
    assert run("dcmdir", "-d", place, tmp_path / "EXTRA") == 0
    assert len(FileSet(place)) == 2
    (tmp_path / names[0]).unlink()
    assert run("dcmdir", "-l", place) == 1
    assert run("dcmdir", "-p", place) == 0
    assert len(FileSet(place)) == 1


def test_a_dicomdir_is_compacted(tmp_path: Path) -> None:
    place = tmp_path / "DICOMDIR"
    assert run("dcmdir", "-c", place, "--copy", FILES / "CT_small.dcm", FILES / "MR_small.dcm") == 0
    ds = pydicom.dcmread(place)
    next(record for record in ds.DirectoryRecordSequence if "ReferencedFileID" in record).RecordInUseFlag = 0
    ds.save_as(place)
    assert len(pydicom.dcmread(place).DirectoryRecordSequence) == 8
    assert run("dcmdir", "-z", place) == 0
    records = pydicom.dcmread(place).DirectoryRecordSequence
    assert [record.RecordInUseFlag for record in records] == [0xFFFF] * 4
    assert len(FileSet(place)) == 1


def test_application_segments_stay_outside(tmp_path: Path) -> None:
    for name, array in (("a.jpg", RGB), ("b.jpg", RGB[:, :, 0])):
        PIL.Image.fromarray(np.ascontiguousarray(array)).save(tmp_path / name, exif=b"Exif\0\0of the phone", quality=95)
        assert run("jpg2dcm", tmp_path / name, tmp_path / "with.dcm") == 0
        assert run("jpg2dcm", "--no-app", tmp_path / name, tmp_path / "without.dcm") == 0
        whole, bare = (pydicom.dcmread(tmp_path / f"{each}.dcm") for each in ("with", "without"))
        assert b"of the phone" in whole.PixelData
        assert [word for word in (b"phone", b"JFIF", b"Exif") if word in bare.PixelData] == []
        assert (whole.pixel_array == bare.pixel_array).all()
    adobe, scan = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\1", b"\xff\xda\0\2\xff\xe1"
    stream = b"\xff\xd8\xff\xe0\0\4AB" + adobe + scan
    assert codestream.without_applications(stream) == b"\xff\xd8" + adobe + scan
    assert codestream.without_applications(b"\xff\xd8\xff") == b"\xff\xd8\xff"


def test_a_key_object_selection_refers_to_its_files(tmp_path: Path) -> None:
    out = tmp_path / "kos.dcm"
    words = ("--title", "113004", "--desc", "look here", "--retrieve-aet", "ARC")
    assert run("mkkos", *words, "-o", out, FILES / "CT_small.dcm") == 0
    ds, ct = pydicom.dcmread(out), pydicom.dcmread(FILES / "CT_small.dcm")
    assert (ds.StudyInstanceUID, ds.PatientName) == (ct.StudyInstanceUID, ct.PatientName)
    assert ds.ConceptNameCodeSequence[0].CodeMeaning == "For Teaching"
    series = ds.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert series.RetrieveAETitle == "ARC"
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == ct.SOPInstanceUID
    assert [item.ValueType for item in ds.ContentSequence] == ["TEXT", "IMAGE"]
    assert run("mkkos", "-o", out, FILES / "CT_small.dcm", FILES / "MR_small.dcm") == 2
