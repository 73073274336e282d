"""Is text written in every character set, with code extensions too, and read back the same by us and by pydicom?"""

from __future__ import annotations

import pydicom.charset
import pytest

from lumenarc.dicom import charset

CASES = (
    ("ISO_IR 100", "Äneas^Rüdiger"),
    ("ISO_IR 101", "Wałęsa^Łukasz"),
    ("ISO_IR 144", "Люкceмбypг"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 148", "Çavuşoğlu"),
    ("ISO_IR 166", "นามสกุล"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ("GB18030", "王^小东"),
    ("GBK", "王^小东"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東"),
    ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    ("\\ISO 2022 IR 87\\ISO 2022 IR 159", "Yamada=山田^龠丂"),
    ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
    ("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", "Ä^Люк"),
)


@pytest.mark.parametrize(("term", "text"), CASES)
def test_round_trip(term: str, text: str) -> None:
    raw = charset.encode(text, term, "PN")
    terms = tuple(term.split("\\"))
    assert charset.decode(raw, terms, "PN") == text
    theirs = pydicom.charset.decode_bytes(raw, pydicom.charset.convert_encodings(list(terms)), {0x5E, 0x3D, 0x5C})
    if "IR 58" not in term:  # pydicom leaves the escapes of GB 2312 in the text when several delimiters are around
        assert theirs == text


@pytest.mark.parametrize("term", [term for term, _ in CASES if term not in ("ISO_IR 192", "GB18030")])
def test_choose_keeps_what_fits_and_falls_back_to_utf8(term: str) -> None:
    text = dict(CASES)[term]
    assert charset.choose([text], term) == term
    assert charset.choose([text, "𝄞"], term) == "ISO_IR 192"


def test_what_cannot_be_expressed_raises() -> None:
    with pytest.raises(UnicodeEncodeError):
        charset.encode("山田", "ISO_IR 100", "PN")
    with pytest.raises(UnicodeEncodeError):
        charset.encode("山田", "ISO_IR 13", "PN")
    with pytest.raises(UnicodeEncodeError):
        charset.encode("홍", "\\ISO 2022 IR 87", "PN")
