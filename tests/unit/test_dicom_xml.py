"""Is the Native DICOM Model written as PS3.19 says, read back the same, and safe against hostile XML?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from corpus import real_files

from lumenarc.dicom import part10
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.dicom_xml import from_xml, to_xml
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

NS = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"


@pytest.mark.filterwarnings("ignore")
def test_round_trip_of_every_real_file() -> None:
    n_seen = 0
    for path in real_files():
        data = path.read_bytes()
        meta = part10.parse_meta(data[: 1 << 16])
        try:
            attributes = to_attributes(data[meta.header_bytes :], meta.transfer_syntax_uid, bulk_uri=lambda p: p)
        except BadDataSet:
            continue
        if re.search(r"\\u00[01]", json.dumps(attributes)):
            continue  # such control characters are no XML
        again = from_xml(to_xml(attributes))
        assert again == _without_trailing_nothing(attributes), path.name
        n_seen += 1
    assert n_seen > 40


def _without_trailing_nothing(attributes: Attributes) -> Attributes:
    """Empty names behind the last one and empty name components have no element in XML."""
    found: Attributes = {}
    for name, entry in attributes.items():
        values = list(entry.get("Value", ()))
        if entry["vr"] == "SQ":
            values = [_without_trailing_nothing(item) for item in values]
        if entry["vr"] == "PN":
            values = [{g: t.rstrip("^") for g, t in (v or {}).items() if t.rstrip("^")} or None for v in values]
        while values and values[-1] is None and (entry["vr"] == "PN" or all(each is None for each in values)):
            values.pop()
        found[name] = {**{k: v for k, v in entry.items() if k != "Value"}, **({"Value": values} if values else {})}
    return found


def test_form() -> None:
    attributes: Attributes = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane^^Dr.", "Ideographic": "山田^太郎"}]},
        "00081030": {"vr": "LO", "Value": ["<script>alert('&')</script>"]},
        "00420011": {"vr": "OB", "BulkDataURI": 'x"y&z'},
        "00081115": {"vr": "SQ", "Value": [{"0020000E": {"vr": "UI", "Value": ["1.2"]}}, {}]},
        "00189087": {"vr": "FD", "Value": ["Infinity", "NaN", 1.5]},
        "00111001": {"vr": "LO", "Value": [None, "b"]},
    }
    root = ET.fromstring(to_xml(attributes))
    assert root.tag == NS + "NativeDicomModel"
    found = {element.get("tag"): element for element in root}
    assert found["00100010"].get("keyword") == "PatientName"
    assert found["00100010"].findtext(f"{NS}PersonName/{NS}Alphabetic/{NS}NamePrefix") == "Dr."
    assert found["00081030"].findtext(f"{NS}Value") == "<script>alert('&')</script>"
    assert len(found["00081115"].findall(f"{NS}Item")) == 2
    assert [v.text for v in found["00189087"]] == ["INF", "NaN", "1.5"]
    assert from_xml(to_xml(attributes)) == attributes


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><NativeDicomModel>&x;</NativeDicomModel>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><NativeDicomModel/>',
        b"<?php echo 1 ?><NativeDicomModel/>",
        b"<NativeDicomModel>",
        b"<NativeDicomModel><Value>1</Value></NativeDicomModel>",
        b'<NativeDicomModel><DicomAttribute tag="zz" vr="LO"/></NativeDicomModel>',
        b"<NativeDicomModel>" + b'<DicomAttribute tag="0040A730" vr="SQ"><Item number="1">' * 70,
    ],
)
def test_hostile_documents_are_refused(hostile: bytes) -> None:
    with pytest.raises(BadDataSet):
        from_xml(hostile)


def test_control_characters_do_not_break_the_document() -> None:
    assert from_xml(to_xml({"00081030": {"vr": "LO", "Value": ["a\x00\x1bb"]}})) == {
        "00081030": {"vr": "LO", "Value": ["a\ufffd\ufffdb"]}
    }


def test_dcmtk_writes_what_we_read(tmp_path: Path) -> None:
    tool = shutil.which("dcm2xml")
    assert tool is not None, "dcmtk is needed"
    path = next(p for p in real_files() if p.name == "CT_small.dcm")
    text = subprocess.run([tool, "--native-format", str(path)], capture_output=True, check=True).stdout
    text = text[text.index(b"<NativeDicomModel") :]
    theirs = from_xml(text)
    data = path.read_bytes()
    meta = part10.parse_meta(data)
    ours = to_attributes(data[meta.header_bytes :], meta.transfer_syntax_uid)
    for name in ("00100010", "0020000D", "00080008", "00280010", "00200032"):
        assert theirs[name] == ours[name]
