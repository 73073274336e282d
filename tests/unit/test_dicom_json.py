"""Is the JSON that we make from bytes the JSON of PS3.18 F.2, as pydicom makes it?"""

from __future__ import annotations

import struct
from typing import Any

import pydicom
import pytest
from corpus import real_files

from lumenarc.dicom import part10
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.errors import BadDataSet

# pydicom keeps these oddities of single files apart from the model; each was looked at.
ODD = {"badVR.dcm", "rtplan_truncated.dcm", "bad_sequence.dcm"}


def _plain(value: Any) -> Any:
    """Fold what both ways of writing mean the same: no values, empty values, padding, numbers as strings."""
    if isinstance(value, dict):
        if "vr" in value:
            values = [_plain(v) for v in value.get("Value", ())]
            values = [v for v in values if v not in (None, "", {})]
            body = value.get("InlineBinary") or value.get("BulkDataURI") or values
            return body or None
        return {k: w for k, v in value.items() if not k.endswith("0000") and (w := _plain(v))}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, str):
        return value.strip()
    return value


@pytest.mark.filterwarnings("ignore")
def test_equal_to_pydicom_on_every_real_file() -> None:
    n_equal = n_differing = 0
    for path in real_files():
        if path.name in ODD:
            continue
        data_set = pydicom.dcmread(path, stop_before_pixels=True)
        try:
            theirs = data_set.to_json_dict(1024, lambda _: "bulk")
        except Exception:  # noqa: BLE001 - what pydicom cannot express cannot be compared
            continue
        data = path.read_bytes()
        meta = part10.parse_meta(data[: 1 << 16])
        ours = to_attributes(data[meta.header_bytes :], meta.transfer_syntax_uid, bulk_uri=lambda _: "bulk")
        low = {k: v for k, v in ours.items() if k < "7FE00000" and k in theirs}
        theirs = {k: v for k, v in theirs.items() if k < "7FE00000" and k in ours}
        if _plain(low) == _plain(theirs):
            n_equal += 1
        else:
            n_differing += 1
    assert n_equal > 60
    assert n_differing <= n_equal * 0.12


def _element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def test_values_of_every_kind() -> None:
    data = b"".join(
        (
            _element(0x0008, 0x0005, b"CS", b"ISO_IR 192"),
            _element(0x0010, 0x0010, b"PN", "Yamada^Tarou=山田^太郎=やまだ^たろう ".encode()),
            _element(0x0010, 0x1000, b"LO", b"A\\\\B "),
            _element(0x0018, 0x0050, b"DS", b"1.5\\2 "),
            _element(0x0020, 0x0013, b"IS", b"7 "),
            _element(0x0020, 0x9165, b"AT", struct.pack("<HH", 0x0018, 0x9087)),
            _element(0x0028, 0x0010, b"US", struct.pack("<H", 512)),
        )
    )
    found = to_attributes(data, part10.EXPLICIT_LE)
    assert found["00100010"] == {
        "vr": "PN",
        "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}],
    }
    assert found["00101000"]["Value"] == ["A", None, "B"]
    assert found["00180050"]["Value"] == [1.5, 2]
    assert found["00200013"]["Value"] == [7]
    assert found["00209165"]["Value"] == ["00189087"]
    assert found["00280010"]["Value"] == [512]


def test_bulk_values_get_a_uri_with_their_path() -> None:
    item = struct.pack("<HH2sHI", 0x5400, 0x1010, b"OW", 0, 2000) + bytes(2000)
    sequence = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item
    data = struct.pack("<HH2sHI", 0x5400, 0x0100, b"SQ", 0, len(sequence)) + sequence
    found = to_attributes(data, part10.EXPLICIT_LE, bulk_uri=lambda path: "uri:" + path)
    assert found["54000100"]["Value"][0]["54001010"]["BulkDataURI"] == "uri:54000100/0/54001010"


def test_deep_nesting_is_refused() -> None:
    opened = struct.pack("<HH2sHI", 0x40, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    with pytest.raises(BadDataSet, match="nested"):
        to_attributes(opened * 1000, part10.EXPLICIT_LE)
