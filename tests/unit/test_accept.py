"""Which representation is chosen for which wishes? (PS3.18 8.7; RFC 9110 12.5.1)"""

from __future__ import annotations

import pytest

from lumenarc.doors.http.accept import EXPLICIT_LE, OCTETS, STORED, frame_wish, object_wish
from lumenarc.errors import NotAcceptable
from lumenarc.protocol.web.media_types import best_of_equals, parse_accept

J2K, RLE, JPEG = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"
MANY = 'multipart/related; type="application/dicom"'


@pytest.mark.parametrize(
    ("accept", "n_objects", "kind", "syntaxes"),
    [
        ("", 3, "multipart", (STORED,)),
        ("*/*", 1, "multipart", (STORED,)),
        (MANY, 1, "multipart", (EXPLICIT_LE, STORED)),
        ("multipart/related", 1, "multipart", (EXPLICIT_LE, STORED)),
        (MANY + "; transfer-syntax=*", 1, "multipart", (STORED,)),
        (f"{MANY}; transfer-syntax={J2K}, {MANY}; transfer-syntax={RLE}", 1, "multipart", (J2K, RLE)),
        (f"{MANY}; transfer-syntax={J2K};q=0.2, {MANY}; transfer-syntax={RLE}", 1, "multipart", (RLE, J2K)),
        ("application/dicom", 1, "single", (EXPLICIT_LE, STORED)),
        (f"application/dicom; transfer-syntax={J2K}", 1, "single", (J2K,)),
        (f"application/dicom, {MANY};q=0.5", 2, "multipart", (EXPLICIT_LE, STORED)),
        ("application/zip", 9, "zip", (STORED,)),
        ("text/html, application/zip;q=0.1", 9, "zip", (STORED,)),
    ],
)
def test_objects(accept: str, n_objects: int, kind: str, syntaxes: tuple[str, ...]) -> None:
    wish = object_wish(parse_accept([accept]), n_objects)
    assert (wish.kind, wish.syntaxes) == (kind, syntaxes)


def test_the_stored_syntax_goes_first_where_it_is_named() -> None:
    wish = object_wish(parse_accept([f"{MANY}; transfer-syntax={RLE}, {MANY}; transfer-syntax={J2K}"]), 1)
    assert wish.for_stored(J2K) == (J2K, RLE)
    assert wish.for_stored(JPEG) == (RLE, J2K)
    assert object_wish(parse_accept([MANY]), 1).for_stored(J2K) == (EXPLICIT_LE, J2K)


@pytest.mark.parametrize("accept", ["image/png", 'multipart/related; type="image/png"', "application/dicom", "a"])
def test_objects_that_nobody_wants_so(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        object_wish(parse_accept([accept]), 2)


@pytest.mark.parametrize(
    ("accept", "own", "n_frames", "expected"),
    [
        ("*/*", J2K, 1, (False, OCTETS, J2K)),
        ("*/*", J2K, 2, (True, OCTETS, J2K)),
        ("multipart/*; type=application/octet-stream; transfer-syntax=*", J2K, 1, (True, OCTETS, J2K)),
        ("multipart/related; type=application/octet-stream", J2K, 1, (True, OCTETS, EXPLICIT_LE)),
        (OCTETS, EXPLICIT_LE, 1, (False, OCTETS, EXPLICIT_LE)),
        ("image/jp2", J2K, 1, (False, "image/jp2", J2K)),
        ("image/jp2", RLE, 1, (False, "image/jp2", J2K)),
        ("image/*", JPEG, 1, (False, "image/jpeg", JPEG)),
        (f"image/jpeg; transfer-syntax={JPEG}", RLE, 1, (False, "image/jpeg", JPEG)),
        ("image/jpeg, multipart/related; type=image/jpeg;q=0.1", JPEG, 3, (True, "image/jpeg", JPEG)),
    ],
)  # fmt: skip
def test_frames(accept: str, own: str, n_frames: int, expected: tuple[bool, str, str]) -> None:
    wish = frame_wish(parse_accept([accept]), own, n_frames, lambda _uid: True)
    assert (wish.multipart, wish.media_type, wish.syntax) == expected


def test_frames_that_cannot_be_made() -> None:
    for accept in ("image/jp2; transfer-syntax=1.2.3", "text/html", "image/*", "image/jls"):
        with pytest.raises(NotAcceptable):
            frame_wish(parse_accept([accept]), EXPLICIT_LE, 1, lambda uid: uid == EXPLICIT_LE)


def test_a_browser_leaves_the_choice_to_us() -> None:
    browser = parse_accept(["image/avif,image/webp,image/*,*/*;q=0.8"])
    assert best_of_equals(browser, ("image/jpeg", "image/webp")) == "image/jpeg"
    assert best_of_equals(parse_accept(["image/webp,*/*;q=0.5"]), ("image/jpeg", "image/webp")) == "image/webp"
    assert best_of_equals(parse_accept(["image/png,image/jpeg"]), ("image/jpeg", "image/png")) == "image/png"
    assert best_of_equals(parse_accept(["text/html"]), ("image/jpeg",)) is None
