"""Does a structured report read as it was written, with nothing in it alive?"""

from __future__ import annotations

import pytest
from corpus import PYDICOM_FILES
from imagery import element, sequence

from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.part10 import parse_meta
from lumenarc.dicom.sr_html import encapsulated_document, render_report
from lumenarc.errors import NotAcceptable, Unrenderable

EXPLICIT = "1.2.840.10008.1.2.1"


def code(tag: int, meaning: str) -> bytes:
    return sequence(tag, element(0x00080100, "SH", "1") + element(0x00080104, "LO", meaning))


def item(kind: str, concept: str, value: bytes, *children: bytes) -> bytes:
    parts = element(0x0040A010, "CS", "CONTAINS") + element(0x0040A040, "CS", kind) + code(0x0040A043, concept)
    return parts + value + (sequence(0x0040A730, *children) if children else b"")


def report(*children: bytes) -> bytes:
    return (
        element(0x00080005, "CS", "ISO_IR 192")
        + element(0x00100010, "PN", b"Doe^Jane")
        + element(0x0040A040, "CS", "CONTAINER")
        + code(0x0040A043, "Chest report")
        + sequence(0x0040A730, *children)
    )


def test_every_value_type_is_shown() -> None:
    unit = sequence(0x004008EA, element(0x00080100, "SH", "mm") + element(0x00080104, "LO", "millimeter"))
    measured = sequence(0x0040A300, unit + element(0x0040A30A, "DS", "12.5"))
    reference = sequence(0x00081199, element(0x00081155, "UI", "1.2.3"))
    data = report(
        item("TEXT", "Finding", element(0x0040A160, "UT", "Größe <b>normal</b>\nno mass".encode())),
        item("NUM", "Diameter", measured),
        item("CODE", "Side", code(0x0040A168, "Left")),
        item("PNAME", "Reader", element(0x0040A123, "PN", "Roe^Richard")),
        item("DATE", "Day", element(0x0040A121, "DA", "20240131")),
        item("TIME", "Hour", element(0x0040A122, "TM", "134500")),
        item("UIDREF", "Of", element(0x0040A124, "UI", "1.9")),
        item("IMAGE", "Seen in", reference),
        item("CONTAINER", "Section", b"", item("TEXT", "Inner", element(0x0040A160, "UT", "deep"))),
    )
    text = render_report(data, EXPLICIT, "text/plain")
    for line in (
        "Finding: Größe <b>normal</b>",
        "Diameter: 12.5 mm",
        "Side: Left",
        "Reader: Roe Richard",
        "Day: 2024-01-31",
        "Hour: 13:45:00",
        "Of: 1.9",
        "Seen in: 1.2.3",
        "Section",
        "  Inner: deep",
    ):
        assert line in text
    page = render_report(data, EXPLICIT, "text/html")
    assert "<h1>Chest report</h1>" in page
    assert "Größe &lt;b&gt;normal&lt;/b&gt;<br>no mass" in page


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</article><style>"]
)
def test_nothing_hostile_gets_out(hostile: str) -> None:
    data = report(item("TEXT", hostile[:60], element(0x0040A160, "UT", hostile)))
    page = render_report(data.replace(b"Doe^Jane", b"<b>^Jane"), EXPLICIT, "text/html")
    for living in ("<script", "<img", "<style", "<b>^", "onerror=alert(1)>"):
        assert living not in page


def test_other_instances_and_media_types_are_refused() -> None:
    with pytest.raises(NotAcceptable):
        render_report(report(), EXPLICIT, "application/pdf")
    with pytest.raises(Unrenderable):
        render_report(element(0x00080060, "CS", "CT"), EXPLICIT, "text/html")
    with pytest.raises(Unrenderable):
        render_report(report()[:-3] + b"\xff\xff\xff", EXPLICIT, "text/html")


def test_real_reports_read_well() -> None:
    for name, words in (("test-SR.dcm", "was detected"), ("reportsi.dcm", "Section Heading")):
        data = (PYDICOM_FILES / "test_files" / name).read_bytes()
        meta = parse_meta(data)
        text = render_report(data[meta.header_bytes :], meta.transfer_syntax_uid, "text/plain")
        assert words.lower() in text.lower()
        assert len(text.splitlines()) > 5


def test_encapsulated_documents_come_out_whole() -> None:
    head = element(0x00420011, "OB", b"%PDF-1.4 x\n\0") + element(0x00420012, "LO", "application/pdf")
    assert encapsulated_document(LazySet.of(head, EXPLICIT)) == ("application/pdf", b"%PDF-1.4 x\n")
    exact = head + element(0x00420015, "UL", (11).to_bytes(4, "little"))
    assert encapsulated_document(LazySet.of(exact, EXPLICIT))[1] == b"%PDF-1.4 x\n"
    for broken in (b"", head.replace(b"application/pdf", b"text/javascript")):
        with pytest.raises(Unrenderable):
            encapsulated_document(LazySet.of(broken, EXPLICIT))
