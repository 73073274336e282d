"""Does any text that a Specific Character Set can express come back as it was? (PS3.3 C.12.1.1.2, PS3.5 6.1)"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumenarc.dicom import charset

TERMS = (
    "", "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144", "ISO_IR 127", "ISO_IR 126", "ISO_IR 138",
    "ISO_IR 148", "ISO_IR 13", "ISO_IR 166", "ISO_IR 192", "GB18030", "GBK", "\\ISO 2022 IR 87", "\\ISO 2022 IR 149",
    "\\ISO 2022 IR 58", "ISO 2022 IR 13\\ISO 2022 IR 87", "ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126",
)  # fmt: skip
BLOCKS = "".join(
    chr(code)
    for first, last in ((0x20, 0x7E), (0xA0, 0x17F), (0x386, 0x44F), (0x5D0, 0x64A), (0xE01, 0xE5B), (0x3041, 0x30FE))
    for code in range(first, last + 1)
) + "王小东山田太郎龠丂洪吉洞홍길동ﾔﾏﾀﾞ𝄞猫¥‾€"  # fmt: skip


@cache
def expressible(term: str) -> str:
    """Return the characters that a term can write, one by one; delimiters and padding apart."""
    found = []
    for character in BLOCKS:
        try:
            charset.encode(character, term)
        except UnicodeEncodeError:
            continue
        if character not in "\\ ^=~":
            found.append(character)
    return "".join(found)


@pytest.mark.parametrize("term", TERMS)
def test_each_character_alone(term: str) -> None:
    terms = tuple(term.split("\\"))
    for character in expressible(term):
        assert charset.decode(charset.encode(character, term), terms, "LO") == character, f"{character!r} in {term}"


@given(st.data())
def test_names_and_lists(data: st.DataObject) -> None:
    term = data.draw(st.sampled_from(TERMS))
    part = st.text(expressible(term), min_size=1, max_size=6)
    component = st.lists(part, min_size=1, max_size=4).map("^".join)
    name = data.draw(st.lists(component, min_size=1, max_size=3).map("=".join))
    text = data.draw(st.lists(part, min_size=1, max_size=3).map("\\".join))
    terms = tuple(term.split("\\"))
    assert charset.decode(charset.encode(name, term, "PN"), terms, "PN") == name
    assert charset.decode(charset.encode(text, term, "LO"), terms, "LO") == text


@given(st.binary(max_size=60), st.sampled_from(TERMS), st.sampled_from(["PN", "LO", "UT"]))
def test_any_bytes_become_text(raw: bytes, term: str, vr: str) -> None:
    """What a sender wrote against its own character set is still shown, and can be sent on and stored."""
    text = charset.decode(raw, tuple(term.split("\\")), vr)
    charset.encode(text, "ISO_IR 192", vr)


@given(st.text("[31m;Hred$(", max_size=12), st.sampled_from(TERMS))
def test_escapes_of_terminals_lose_no_text(text: str, term: str) -> None:
    """What no character set knows as an escape sequence is text: nothing behind it is dropped."""
    raw = b"\x1b[" + text.encode()
    assert charset.decode(raw, tuple(term.split("\\")), "LO") == f"\x1b[{text}"
