"""Do random parts survive being written, cut anywhere, and read? (RFC 2046 5.1)"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lumenarc.protocol.web.multipart import MultipartParser, PartBegin, PartData, closing, part_head

PIECES = st.lists(st.sampled_from([b"\r\n--b", b"\r\n", b"--", b"-", b"\n", b"x", b"--c", b" "]), max_size=12)


@given(st.lists(PIECES.map(b"".join), max_size=4), st.integers(1, 40))
def test_parts_come_back(parts: list[bytes], size: int) -> None:
    parts = [part for part in parts if b"\r\n--b" not in part]
    body = b"".join(part_head("b0", {"A": "b"}) + part for part in parts) + closing("b0")
    parser, found = MultipartParser("b0"), list[bytes]()
    for start in range(0, len(body), size):
        for event in parser.feed(body[start : start + size]):
            if isinstance(event, PartBegin):
                found.append(b"")
            elif isinstance(event, PartData):
                found[-1] += event.data
    parser.close()
    assert found == parts
