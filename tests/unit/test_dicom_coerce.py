"""Do corrections change what they name, and not one byte of anything else?"""

from __future__ import annotations

import io

import pydicom
import pytest
from corpus import real_files

from lumenarc.dicom import header, part10
from lumenarc.dicom.coerce import overlay
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

CHANGES: Attributes = {
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Right^Name"}]},
    "00100020": {"vr": "LO", "Value": ["NEW-ID"]},
    "00100021": {"vr": "LO", "Value": ["ISSUER"]},
    "00101001": {},
}


@pytest.mark.filterwarnings("ignore")
def test_only_the_named_attributes_differ_in_every_real_file() -> None:
    n_seen = 0
    for path in real_files():
        data = path.read_bytes()
        meta = part10.parse_meta(data[: 1 << 16])
        body, syntax = data[meta.header_bytes :], meta.transfer_syntax_uid
        if syntax in header.DEFLATED:
            body = header.inflate(body, 1 << 30)
            syntax = part10.EXPLICIT_LE
        try:
            before = to_attributes(body, syntax)
            changed = overlay(body, syntax, CHANGES)
        except BadDataSet:
            continue
        after = to_attributes(changed.head + body[changed.tail_offset :], syntax)
        for name, entry in CHANGES.items():
            assert after.pop(name, {}) == entry, path.name
            before.pop(name, None)
        assert after == before, path.name
        assert changed.tail_offset > 0
        n_seen += 1
    assert n_seen > 60


def _ct() -> tuple[bytes, str]:
    data = next(p for p in real_files() if p.name == "CT_small.dcm").read_bytes()
    meta = part10.parse_meta(data)
    return data[meta.header_bytes :], meta.transfer_syntax_uid


def test_the_tail_is_untouched() -> None:
    body, syntax = _ct()
    changed = overlay(body, syntax, CHANGES)
    original = pydicom.dcmread(io.BytesIO(body), force=True)
    again = pydicom.dcmread(io.BytesIO(changed.head + body[changed.tail_offset :]), force=True)
    assert again.PatientID == "NEW-ID"
    assert again.PixelData == original.PixelData
    assert changed.tail_offset < len(body) // 4


def test_text_beyond_the_character_set_makes_the_head_utf8() -> None:
    body, syntax = _ct()
    changed = overlay(body, syntax, {"00100010": {"vr": "PN", "Value": [{"Ideographic": "山田^太郎"}]}})
    again = pydicom.dcmread(io.BytesIO(changed.head + body[changed.tail_offset :]), force=True)
    assert again.SpecificCharacterSet == "ISO_IR 192"
    assert str(again.PatientName) == "=山田^太郎"
    assert len(again.PixelData) == 128 * 128 * 2


def test_no_changes_leave_everything() -> None:
    body, syntax = _ct()
    assert overlay(body, syntax, {}).tail_offset == 0


def test_lengths_that_lie_are_refused() -> None:
    with pytest.raises(BadDataSet):
        overlay(b"\x08\0\x18\0UI\xff\xff1.2", part10.EXPLICIT_LE, CHANGES)
