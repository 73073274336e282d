"""Do the file tools work on files that are far larger than the memory they take? (issue 4: less than 300 MB)"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from imagery import build_head, element

from lumenarc.dicom.part10 import build_meta
from tools import PROGRAM

pytestmark = pytest.mark.conformance
SIDE, SECONDARY_CAPTURE = 1024, "1.2.840.10008.5.1.4.1.1.7"
MAX_KB = 300_000


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


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an uncompressed image of 400 MB that takes no room on the disk."""
    path, n_bytes = tmp_path_factory.mktemp("size") / "native.dcm", 200 * SIDE * SIDE * 2
    with path.open("wb") as stream:
        stream.write(head(200, 16, "1.2.840.10008.1.2.1"))
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, n_bytes))
        stream.truncate(stream.tell() + n_bytes)
    return path


@pytest.fixture(scope="module")
def encapsulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an image of 10 GB in 10,240 fragments that takes almost no room on the disk."""
    path, n_frames = tmp_path_factory.mktemp("size") / "encapsulated.dcm", 10_240
    with path.open("wb") as stream:
        stream.write(head(n_frames, 8, "1.2.840.10008.1.2.1.98"))
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF))
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        for _ in range(n_frames):
            stream.write(struct.pack("<HHI", 0xFFFE, 0xE000, SIDE * SIDE))
            stream.seek(SIDE * SIDE, os.SEEK_CUR)
        stream.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    return path


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


@pytest.mark.parametrize(
    "words",
    [
        ("dcm2dcm", "--implicit"),
        ("dcm2dcm", "--rle"),
        ("deidentify",),
        ("maskpxdata", "-r", "0,0,100,100"),
    ],
)
def test_frames_stream_through(words: tuple[str, ...], native: Path) -> None:
    assert peak_kb(*words, native, "-o", "/dev/null") < MAX_KB
