"""Is text of every Specific Character Set decoded as the standard's own examples say (PS3.5 H to K)?"""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.dicom import charset, part10
from lumenarc.dicom.header import scan

NAMES = frozenset((0x00100010, 0x00080005))


@pytest.mark.filterwarnings("ignore")
def test_names_of_pydicoms_charset_files() -> None:
    files = sorted(Path(PYDICOM_FILES, "charset_files").glob("*.dcm"))
    n_compared = 0
    for path in files:
        data = path.read_bytes()
        meta = part10.parse_meta(data)
        found = scan(data[meta.header_bytes :], meta.transfer_syntax_uid, NAMES, complete=True)
        if 0x00100010 not in found.values:
            continue
        terms = tuple(found.text(0x00080005).split("\\"))
        theirs = str(pydicom.dcmread(path).PatientName)
        assert charset.decode(found.values[0x00100010], terms, "PN").rstrip("= ") == theirs.rstrip("= "), path.name
        n_compared += 1
    assert n_compared >= 15


@pytest.mark.parametrize(
    ("raw", "terms", "text"),
    [
        ("王^小东=王^小东".encode("gb18030"), ("GB18030",), "王^小东=王^小东"),
        ("王^小东".encode("gbk"), ("GBK",), "王^小东"),
        (b"Wang^XiaoDong=\x1b$)A\xcd\xf5^\x1b$)A\xd0\xa1\xb6\xab", ("", "ISO 2022 IR 58"), "Wang^XiaoDong=王^小东"),
        ("Ärger".encode("latin-1"), ("ISO-IR 100",), "Ärger"),
        ("Ärger".encode("latin-1"), (), "Ärger"),
        ("Ärger".encode(), (), "Ärger"),
        ("ไทย".encode("iso8859-11"), ("ISO_IR 166",), "ไทย"),
    ],
)
def test_decoding(raw: bytes, terms: tuple[str, ...], text: str) -> None:
    assert charset.decode(raw, terms, "PN") == text


def test_bytes_that_fit_nothing_never_fail() -> None:
    for term in ("ISO_IR 192", "GB18030", "ISO 2022 IR 87", "ISO_IR 13", "NO SUCH SET"):
        assert isinstance(charset.decode(bytes(range(256)) * 3, (term, "ISO 2022 IR 149"), "LO"), str)


def test_the_answer_is_in_the_requested_set_when_it_can_be() -> None:
    assert charset.choose(["Ärger"], "ISO_IR 100") == "ISO_IR 100"
    assert charset.choose(["山田"], "ISO_IR 100") == "ISO_IR 192"
    assert charset.choose(["plain"], "") == ""
    assert charset.encode("Ärger", "ISO_IR 100") == "Ärger".encode("latin-1")
