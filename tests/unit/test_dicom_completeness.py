"""Is a data set called complete exactly when no byte is missing, without reading its pixels?"""

from __future__ import annotations

import pytest
from corpus import real_files

from lumenarc.dicom import header, part10
from lumenarc.dicom.completeness import validate_complete
from lumenarc.errors import BadDataSet

TRUNCATED = ("MR_truncated.dcm", "rtplan_truncated.dcm")


def _body(name: str) -> tuple[bytes, str]:
    data = next(p for p in real_files() if p.name == name).read_bytes()
    meta = part10.parse_meta(data)
    return data[meta.header_bytes :], meta.transfer_syntax_uid


def _check(body: bytes, syntax: str) -> None:
    validate_complete(lambda offset, length: body[offset : offset + length], len(body), syntax)


@pytest.mark.filterwarnings("ignore")
def test_real_files_are_complete_and_their_beginnings_are_not() -> None:
    n_complete, refused = 0, []
    for path in real_files():
        data = path.read_bytes()
        meta = part10.parse_meta(data[: 1 << 16])
        body = data[meta.header_bytes :]
        if meta.transfer_syntax_uid in header.DEFLATED:
            continue
        try:
            _check(body, meta.transfer_syntax_uid)
        except BadDataSet:
            refused.append(path.name)
            continue
        n_complete += 1
        refused_cuts = 0
        for cut in (len(body) * 2 // 3, len(body) * 2 // 3 + 1):  # one of them may hit the end of an element
            try:
                _check(body[: cut - 1] + b"\1", meta.transfer_syntax_uid)
            except BadDataSet:
                refused_cuts += 1
        assert refused_cuts > 0, path.name
    assert n_complete > 80
    assert set(TRUNCATED) <= set(refused)
    assert len(refused) < 12, refused


def test_fragments_are_not_read() -> None:
    small, syntax = _body("MR_small_RLE.dcm")
    head = small[: small.index(b"\xe0\x7f\x10\0OB") + 12]
    fragment = b"\xfe\xff\0\xe0" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20)
    body = head + b"\xfe\xff\0\xe0\0\0\0\0" + 8 * fragment + b"\xfe\xff\xdd\xe0\0\0\0\0"
    n_read = 0

    def read(offset: int, length: int) -> bytes:
        nonlocal n_read
        n_read += length
        return body[offset : offset + length]

    validate_complete(read, len(body), syntax)
    assert n_read < len(body) // 10
    with pytest.raises(BadDataSet):
        validate_complete(read, len(body) - 8, syntax)


def test_nesting_is_bounded() -> None:
    opened = b"\x40\0\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    with pytest.raises(BadDataSet, match="nested"):
        _check(opened * 100_000, part10.EXPLICIT_LE)


def test_padding_zeros_are_allowed() -> None:
    body, syntax = _body("CT_small.dcm")
    _check(body + bytes(100), syntax)
