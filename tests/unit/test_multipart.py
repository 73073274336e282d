"""Is a multipart body taken apart the same way however it is cut? (RFC 2046 5.1)"""

from __future__ import annotations

import pytest

from lumenarc.errors import BadRequest
from lumenarc.protocol.web.multipart import MultipartParser, PartBegin, PartData, PartEnd, closing, part_head


def parse(body: bytes, size: int, boundary: str = "b") -> list[tuple[dict[str, str], bytes]]:
    parser = MultipartParser(boundary)
    parts: list[tuple[dict[str, str], bytes]] = []
    n_ended = 0
    for start in range(0, len(body), size):
        for event in parser.feed(body[start : start + size]):
            if isinstance(event, PartBegin):
                parts.append((event.headers, b""))
            elif isinstance(event, PartData):
                parts[-1] = (parts[-1][0], parts[-1][1] + event.data)
            elif isinstance(event, PartEnd):
                n_ended += 1
    parser.close()
    assert n_ended == len(parts)
    return parts


BODY = (
    b"preamble\r\n--b  \r\nContent-Type: application/dicom\r\nX: 1\r\n 2\r\n\r\none\r\n--bx\r\n--\r\n"
    b"\r\n--b\r\n\r\n\r\n--b\r\nA: b\r\n\r\n\r\n\r\n--b--\r\nepilogue --b\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_every_cut_gives_the_same_parts(size: int) -> None:
    assert parse(BODY, size) == [
        ({"content-type": "application/dicom", "x": "1 2"}, b"one\r\n--bx\r\n--\r\n"),
        ({}, b""),
        ({"a": "b"}, b"\r\n"[:2]),
    ]


def test_written_parts_are_read_back() -> None:
    body = part_head("b", {"Content-Type": "a/b"}) + b"1\r\n2" + part_head("b", {"C": "d"}) + closing("b")
    assert parse(body, 4) == [({"content-type": "a/b"}, b"1\r\n2"), ({"c": "d"}, b"")]


@pytest.mark.parametrize("body", [b"", b"--b\r\n\r\nx", b"--b\r\n\r\nx\r\n--b", b"--c\r\n\r\nx\r\n--c--"])
def test_a_cut_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse(body, 100)


def test_headers_without_end_are_refused() -> None:
    parser = MultipartParser("b")
    with pytest.raises(BadRequest):
        for _ in range(40):
            list(parser.feed(b"--b\r\n" + b"x: " + b"y" * 1000 if _ == 0 else b"y" * 1000))


@pytest.mark.parametrize("boundary", ["", "a b ", "ü", "x" * 300, "a\r\nb"])
def test_bad_boundaries_are_refused(boundary: str) -> None:
    with pytest.raises(BadRequest):
        MultipartParser(boundary)


def test_a_header_cannot_bring_another() -> None:
    assert part_head("b", {"A": "b\r\nC: d\n\r\n"}) == b"\r\n--b\r\nA: bC: d\r\n\r\n"
