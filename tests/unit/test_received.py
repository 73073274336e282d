"""Do the columns of an instance that are read the short way equal those that go through DICOM JSON?"""

from __future__ import annotations

from typing import Any

import pytest
from corpus import real_files
from imagery import element

from lumenarc.dicom.attributes import INDEXED, INSTANCE_WANTED, WANTED, Level
from lumenarc.dicom.columns import column_values
from lumenarc.dicom.header import DEFLATED, inflate, scan
from lumenarc.dicom.part10 import EXPLICIT_LE, parse_meta
from lumenarc.dicom.received import Received

IMAGE_LINES = [line for line in INDEXED if line.level is Level.IMAGE]


def _the_long_way(received: Received) -> dict[str, Any]:
    attributes = received.attributes(INSTANCE_WANTED)
    columns: dict[str, Any] = {}
    for line in IMAGE_LINES:
        columns |= column_values(line, attributes)
    return columns


def test_every_real_file() -> None:
    for path in real_files():
        if "truncated" in path.name:
            continue
        data = path.read_bytes()
        meta = parse_meta(data)
        data_set = data[meta.header_bytes :]
        if meta.transfer_syntax_uid in DEFLATED:
            data_set = inflate(data_set, 1 << 30)
        received = Received(scan(data_set, meta.transfer_syntax_uid, WANTED, complete=True), meta.transfer_syntax_uid)
        assert received.instance_columns() == _the_long_way(received), path.name


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00200013, "IS", b"7 "),
        (0x00200013, "IS", b"007"),
        (0x00200013, "IS", b"-3"),
        (0x00200013, "IS", b"1\\2 "),
        (0x00200013, "IS", b"1.0 "),
        (0x00200013, "IS", b"\0\0"),
        (0x00200013, "IS", b"9" * 20),
        (0x00200013, "IS", b"12\xb2 "),
        (0x00080023, "DA", b"20240229"),
        (0x00080023, "DA", b"2024.02.29"),
        (0x00080023, "DA", b"20240229\\20250101 "),
        (0x00080023, "DA", b"        "),
        (0x00080033, "TM", b"101112.5"),
        (0x00080033, "TM", b"10:11:12"),
        (0x00080033, "TM", b"1011\0\0"),
        (0x00080033, "TM", b"\\1011 "),
        (0x00080033, "TM", b"1\xb3"),
        (0x00080008, "CS", b"ORIGINAL\\PRIMARY\\\\AXIAL "),
        (0x0040A491, "CS", b"COMPLETE"),
        (0x00280010, "US", b"\x00\x02"),
        (0x00280010, "US", b"\x00\x02\x01\x00"),
        (0x00280010, "UN", b"\x00\x02"),
        (0x00280008, "IS", b"10"),
    ],
)
def test_odd_values(tag: int, vr: str, value: bytes) -> None:
    received = Received(scan(element(tag, vr, value), EXPLICIT_LE, WANTED, complete=True), EXPLICIT_LE)
    assert received.instance_columns() == _the_long_way(received)
