"""Does the fast scanner find what pydicom finds, and refuse what lies about its lengths?"""

from __future__ import annotations

import struct

import pydicom
import pytest
from corpus import real_files

from lumenarc.dicom import header, part10
from lumenarc.dicom.attributes import WANTED
from lumenarc.dicom.header import NeedMoreData, scan
from lumenarc.errors import BadDataSet, TooLarge

UIDS = (0x0020000D, 0x0020000E, 0x00080018, 0x00080016, 0x00080060)


def _body(data: bytes) -> tuple[bytes, str]:
    meta = part10.parse_meta(data[: 1 << 16])
    body = data[meta.header_bytes :]
    if meta.transfer_syntax_uid in header.DEFLATED:
        body = header.inflate(body, 1 << 30)
    return body, meta.transfer_syntax_uid


@pytest.mark.filterwarnings("ignore")
def test_equal_to_pydicom_on_every_real_file() -> None:
    n_with_pixels = 0
    for path in real_files():
        if "truncated" in path.name:
            continue
        body, syntax = _body(path.read_bytes())
        found = scan(body, syntax, WANTED, complete=True)
        theirs = pydicom.dcmread(path, stop_before_pixels=True)
        for tag in UIDS:
            value = theirs[tag].value if tag in theirs else None
            assert found.text(tag) == ("" if value is None else str(value)), (path.name, hex(tag))
        assert {tag for tag in WANTED if tag in theirs} == set(found.values), path.name
        n_with_pixels += found.pixel is not None
    assert n_with_pixels > 40


@pytest.mark.filterwarnings("ignore")
def test_a_prefix_asks_for_more_until_it_reaches_the_pixels() -> None:
    path = next(p for p in real_files() if p.name == "CT_small.dcm")
    body, syntax = _body(path.read_bytes())
    whole = scan(body, syntax, WANTED, complete=True)
    assert whole.pixel is not None
    size, rounds = 64, 0
    while True:
        try:
            found = scan(body[:size], syntax, WANTED, complete=False)
            break
        except NeedMoreData as more:
            assert more.n_bytes > size
            size, rounds = more.n_bytes, rounds + 1
    assert rounds > 0
    assert found == whole


def _element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def test_lengths_that_lie_are_refused() -> None:
    lying = struct.pack("<HH2sH", 8, 0x18, b"UI", 60000) + b"1.2"
    with pytest.raises(BadDataSet, match="0008,0018"):
        scan(lying, part10.EXPLICIT_LE, WANTED, complete=True)
    with pytest.raises(BadDataSet):
        scan(_element(8, 0x18, b"UI", b"1.2\0") + b"\x08\0", part10.EXPLICIT_LE, WANTED, complete=True)


def test_deep_nesting_is_refused_without_recursion() -> None:
    opened = struct.pack("<HH2sHI", 0x40, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    with pytest.raises(BadDataSet, match="nested"):
        scan(opened * 100_000, part10.EXPLICIT_LE, WANTED, complete=True)


def test_undefined_length_un_is_implicit_inside() -> None:
    inside = struct.pack("<HHI", 8, 0x100, 4) + b"CODE"
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inside)) + inside + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    data = struct.pack("<HH2sHI", 9, 0x1010, b"UN", 0, 0xFFFFFFFF) + item + _element(0x10, 0x20, b"LO", b"ID")
    assert scan(data, part10.EXPLICIT_LE, WANTED, complete=True).values[0x00100020] == b"ID"


def test_trailing_zeros_are_padding() -> None:
    data = _element(0x10, 0x20, b"LO", b"ID") + bytes(16)
    assert scan(data, part10.EXPLICIT_LE, WANTED, complete=True).values[0x00100020] == b"ID"


def test_a_deflate_bomb_is_capped() -> None:
    import zlib

    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = engine.compress(bytes(64 << 20)) + engine.flush()
    with pytest.raises(TooLarge):
        header.inflate(bomb, 1 << 20)
    with pytest.raises(BadDataSet):
        header.inflate(bomb[:100], 1 << 20)


@pytest.mark.parametrize("cut", [1, 7, 1 << 20])
def test_the_head_of_a_deflated_data_set(cut: int) -> None:
    import zlib

    data = b"".join(b"%07d\n" % number for number in range(100_000)) + bytes(5 << 20)
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = engine.compress(data) + engine.flush()
    packed += bytes(len(packed) % 2)  # the padding of PS3.5 A.5
    pieces = [packed[at : at + cut] for at in range(0, len(packed), cut)]
    for size in (0, 10, 1 << 20, len(data), 1 << 30):
        assert header.inflate_head(pieces, size, len(data)) == (data[:size], len(data))
    with pytest.raises(TooLarge):
        header.inflate_head(pieces, 10, len(data) - 1)
    with pytest.raises(BadDataSet, match="early"):
        header.inflate_head(pieces[: len(pieces) // 2], 10, len(data))
