"""Does the header scanner find in generated data sets what pydicom finds, in every transfer syntax and at every cut?"""

from __future__ import annotations

import contextlib
import warnings
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from lumenarc.dicom.header import NeedMoreData, scan
from lumenarc.errors import BadDataSet

SYNTAXES = {
    "1.2.840.10008.1.2": (True, True),
    "1.2.840.10008.1.2.1": (False, True),
    "1.2.840.10008.1.2.2": (False, False),
}
# VR and values by tag; private and unknown ones among them.
SIMPLE = {
    0x00080005: ("CS", st.just("ISO_IR 192")),
    0x00080018: ("UI", st.from_regex(r"1(\.[1-9][0-9]{0,4}){1,5}", fullmatch=True)),
    0x00080060: ("CS", st.sampled_from(["CT", "MR", ""])),
    0x00090010: ("LO", st.just("SOMEBODY")),
    0x00091001: ("OB", st.binary(max_size=70).map(lambda raw: raw + b"\0" * (len(raw) % 2))),
    0x00091002: ("UN", st.binary(max_size=30).map(lambda raw: raw + b"\0" * (len(raw) % 2))),
    0x00100010: ("PN", st.text("abcÄ猫^ ", max_size=20)),
    0x00100020: ("LO", st.text("abc123", max_size=12)),
    0x0020000D: ("UI", st.from_regex(r"1(\.[1-9][0-9]{0,4}){1,5}", fullmatch=True)),
    0x00280010: ("US", st.integers(0, 65535)),
    0x0040A160: ("UT", st.text("xyz ", max_size=200)),
}
SEQUENCES = (0x00081140, 0x00400275, 0x0040A730, 0x00091003)


@st.composite
def data_sets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    found = Dataset()
    for tag in draw(st.sets(st.sampled_from(sorted(SIMPLE)), max_size=8)):
        vr, values = SIMPLE[tag]
        found.add(DataElement(tag, vr, draw(values)))
    if depth < 3:
        for tag in draw(st.sets(st.sampled_from(SEQUENCES), max_size=2)):
            items = draw(st.lists(data_sets(depth + 1), max_size=2))
            for item in items:
                item.is_undefined_length_sequence_item = draw(st.booleans())
            element = DataElement(tag, "SQ", Sequence(items))
            element.is_undefined_length = draw(st.booleans())
            found.add(element)
    return found


def written(ds: Dataset, syntax: str) -> bytes:
    implicit, little = SYNTAXES[syntax]
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, little
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd names are wanted here
        write_dataset(out, ds)
    return out.getvalue()


WANTED = frozenset((*SIMPLE, *SEQUENCES))


@given(data_sets(), st.sampled_from(sorted(SYNTAXES)))
def test_the_same_values(ds: Dataset, syntax: str) -> None:
    raw = written(ds, syntax)
    implicit, little = SYNTAXES[syntax]
    found = scan(raw, syntax, WANTED, complete=True)
    theirs = read_dataset(BytesIO(raw), implicit, little)
    assert set(found.values) == set(map(int, theirs.keys()))
    for tag, value in found.values.items():
        raw_element = theirs.get_item(tag)
        if tag in SIMPLE:
            assert value == (raw_element.value or b""), hex(tag)
        if not implicit:
            assert found.vrs[tag].decode() == raw_element.VR
    assert found.end == len(raw)
    assert found.big_endian is not little


@given(data_sets(), st.sampled_from(sorted(SYNTAXES)), st.integers(0, 3000))
def test_a_prefix_asks_for_more_or_agrees(ds: Dataset, syntax: str, cut: int) -> None:
    """A cut data set with pixels behind it: the scanner never guesses, and never asks for what it has already."""
    pixels = Dataset()
    pixels.add(DataElement(0x7FE00010, "OW", b"\1\2" * 500))
    raw = written(ds, syntax) + written(pixels, syntax)
    whole = scan(raw, syntax, WANTED, complete=True)
    prefix = raw[: cut % (len(raw) + 1)]
    try:
        assert scan(prefix, syntax, WANTED, complete=False) == whole
    except NeedMoreData as more:
        assert more.n_bytes > len(prefix)


@given(data_sets(), st.sampled_from(sorted(SYNTAXES)), st.integers(0, 3000), st.integers(0, 255))
def test_damage_is_read_or_refused(ds: Dataset, syntax: str, at: int, byte: int) -> None:
    raw = bytearray(written(ds, syntax))
    if raw:
        raw[at % len(raw)] = byte
    with contextlib.suppress(BadDataSet):
        scan(raw, syntax, WANTED, complete=True)
