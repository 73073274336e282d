"""Do the file tools work on files that are far larger than the memory they take? (issue 4: less than 300 MB)"""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from imagery import build_head, element
from multiframe import enhanced_mr
from pydicom.uid import UID

from lumenarc.dicom.part10 import build_meta
from tools import PROGRAM

pytestmark = pytest.mark.conformance
SIDE, SECONDARY_CAPTURE = 1024, "1.2.840.10008.5.1.4.1.1.7"
MAX_KB, N_FRAMES, ENCAPSULATED = 300_000, 10_240, "1.2.840.10008.1.2.1.98"


def head(n_frames: int, bits: int, syntax: str) -> bytes:
    texts = {
        0x00080060: ("CS", "OT"),
        0x00100020: ("LO", "PID"),
        0x0020000D: ("UI", "1.2.3"),
        0x0020000E: ("UI", "1.2.4"),
    }
    extra = [element(tag, vr, text) for tag, (vr, text) in texts.items()]
    meta = build_meta(SECONDARY_CAPTURE, "1.2.3.4", syntax, None)
    return meta + build_head(SIDE, SIDE, bits, frames=n_frames, extra=extra)


def holes(path: Path, n_frames: int) -> Path:
    """Write an uncompressed image of 16 bits whose pixels take no room on the disk."""
    with path.open("wb") as stream:
        stream.write(head(n_frames, 16, "1.2.840.10008.1.2.1"))
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, n_frames * SIDE * SIDE * 2))
        stream.truncate(stream.tell() + n_frames * SIDE * SIDE * 2)
    return path


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an uncompressed image of 2.1 GB."""
    return holes(tmp_path_factory.mktemp("size") / "native.dcm", 1024)


@pytest.fixture(scope="module")
def encapsulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an image of 10 GB in 10,240 fragments that takes almost no room on the disk."""
    return sparse(tmp_path_factory.mktemp("size") / "encapsulated.dcm", head(N_FRAMES, 8, ENCAPSULATED))


def sparse(path: Path, before: bytes) -> Path:
    """Write a file whose frames are holes."""
    with path.open("wb") as stream:
        stream.write(before)
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF))
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        for _ in range(N_FRAMES):
            stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, SIDE * SIDE))
            stream.seek(SIDE * SIDE, os.SEEK_CUR)
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    return path


@pytest.fixture(scope="module")
def enhanced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an Enhanced MR image of 10 GB with functional groups for each of its 10,240 frames."""
    folder = tmp_path_factory.mktemp("size")
    ds = enhanced_mr(folder / "small.dcm", N_FRAMES)
    del ds.PixelData
    ds.Rows = ds.Columns = SIDE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.file_meta.TransferSyntaxUID = UID(ENCAPSULATED)
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return sparse(folder / "enhanced.dcm", out.getvalue())


# A process inherits the peak of the one that started it: so it is started by one that is small.
_MEASURED = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


def peak_kb(*words: str | Path) -> int:
    """Run a tool; return the most memory it had."""
    command = (sys.executable, "-S", "-c", _MEASURED, *PROGRAM, *map(str, words))
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_ten_gigabytes_are_dumped_and_described(encapsulated: Path) -> None:
    assert encapsulated.stat().st_size > 10 << 30
    assert peak_kb("dcmdump", encapsulated) < MAX_KB
    assert peak_kb("dcm2json", encapsulated) < MAX_KB
    assert peak_kb("dcm2str", "-p", "{PatientID}", encapsulated) < MAX_KB


def test_ten_gigabytes_are_split(enhanced: Path, tmp_path: Path) -> None:
    assert enhanced.stat().st_size > 10 << 30
    assert peak_kb("emf2sf", "-q", "-f", "1,5000-5003,10240", enhanced, "-o", tmp_path / "out") < MAX_KB
    assert len(list((tmp_path / "out").iterdir())) == 6


@pytest.mark.parametrize("words", [("dcm2dcm", "--implicit"), ("deidentify",), ("maskpxdata", "-r", "0,0,100,100")])
def test_frames_stream_through(words: tuple[str, ...], native: Path) -> None:
    assert peak_kb(*words, native, "-o", "/dev/null") < MAX_KB


def test_compression_streams(tmp_path: Path) -> None:
    assert peak_kb("dcm2dcm", "--rle", holes(tmp_path / "native.dcm", 200), "-o", "/dev/null") < MAX_KB
