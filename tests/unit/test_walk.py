"""Does the streaming walk find the elements that pydicom finds, whatever their nesting, and refuse what lies?"""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES, real_files
from pydicom import Dataset

from lumenarc.cli.part10_file import opened
from lumenarc.dicom.source import DataSetSource
from lumenarc.dicom.walk import Kind, walk
from lumenarc.errors import BadDataSet

EXPLICIT = "1.2.840.10008.1.2.1"


def source(data: bytes, syntax: str = EXPLICIT) -> DataSetSource:
    return DataSetSource(lambda offset, length: data[offset : offset + length], len(data), syntax)


def nested(ds: Dataset, depth: int = 0) -> list[tuple[int, int]]:
    """Return depth and tag of every element as pydicom reads it."""
    found: list[tuple[int, int]] = []
    for tag in list(ds.keys()):
        found.append((depth, int(tag)))
        if ds[tag].VR == "SQ":
            for item in ds[tag].value:
                found.extend(nested(item, depth + 1))
    return found


@pytest.mark.parametrize("path", [path for path in real_files() if PYDICOM_FILES in path.parents], ids=lambda p: p.name)
def test_walk_finds_what_pydicom_finds(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = nested(pydicom.dcmread(path))
        except Exception:  # noqa: BLE001 - pydicom reads lazily, and fails on some files when asked for everything
            return
    found, problem = [], ""
    try:
        with opened(path) as file:
            for token in walk(file.source):
                if token.kind in (Kind.ELEMENT, Kind.SEQUENCE, Kind.PIXELS):
                    found.append((token.depth, token.tag))
    except BadDataSet as error:
        problem = str(error)
    if problem:  # pydicom reads a cut file up to the element that is cut
        assert "longer" in problem
        expected = expected[: len(found)]
    found = [
        entry for before, entry in pairwise([(0, 0), *found]) if entry != before
    ]  # winter.dcm says one thing twice
    assert [entry for entry in found if entry[1] & 0xFFFF] == [entry for entry in expected if entry[1] & 0xFFFF]


def test_ends_and_fragments_are_told() -> None:
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + b"\x08\x00\x60\x00CS\x02\x00CT" + b"\xfe\xff\x0d\xe0\0\0\0\0"
    sequence = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0\0\0\0\0"
    pixels = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    kinds = [(token.kind, token.depth) for token in walk(source(sequence + pixels + bytes(16)))]
    assert kinds == [
        (Kind.SEQUENCE, 0), (Kind.ITEM, 1), (Kind.ELEMENT, 1), (Kind.ITEM_END, 1), (Kind.SEQUENCE_END, 0),
        (Kind.PIXELS, 0), (Kind.FRAGMENT, 1), (Kind.SEQUENCE_END, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\x00\x60\x00CS\x04\x00CT",
        b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff",
        b"\x08\x00\x15\x11SQ\0\0\x08\0\0\0" + b"\x08\x00\x60\x00CS\x02\x00",
        b"\x08\x00\x15\x11SQ\0\0\x0c\0\0\0" + b"\xfe\xff\x00\xe0\xff\x00\x00\x00abcd",
        b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 80,
        b"\xfe\xff\x0d\xe0\0\0\0\0",
        b"\x08\x00\x60\x00",
    ],
)
def test_lengths_that_lie_are_refused(data: bytes) -> None:
    with pytest.raises(BadDataSet):
        list(walk(source(data)))
