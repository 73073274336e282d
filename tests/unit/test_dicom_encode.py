"""Do attributes become bytes that pydicom reads back as the same attributes?"""

from __future__ import annotations

import io
import json
from typing import Any

import pydicom
import pytest
from corpus import real_files

from lumenarc.dicom import header, part10
from lumenarc.dicom.charset import choose
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.dictionary import vr_of
from lumenarc.dicom.encode import encode, texts
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
ANSWER: Attributes = {
    "00080020": {"vr": "DA", "Value": ["20260101"]},
    "00080030": {"vr": "TM", "Value": ["101112.5"]},
    "00080050": {"vr": "SH", "Value": ["A1"]},
    "00080052": {"vr": "CS", "Value": ["STUDY"]},
    "00080054": {"vr": "AE", "Value": ["LUMENARC"]},
    "00080061": {"vr": "CS", "Value": ["CT", "SR"]},
    "00080090": {"vr": "PN"},
    "00081030": {"vr": "LO", "Value": ["Schädel"]},
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]},
    "00100020": {"vr": "LO", "Value": ["4711"]},
    "00100030": {"vr": "DA", "Value": ["19700101"]},
    "00100040": {"vr": "CS", "Value": ["O"]},
    "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
    "00201206": {"vr": "IS", "Value": [3]},
    "00201208": {"vr": "IS", "Value": [300]},
}


def _read(data: bytes, syntax: str) -> pydicom.Dataset:
    stream = io.BytesIO(data)
    return pydicom.filereader.read_dataset(
        stream, is_implicit_VR=syntax == SYNTAXES[0], is_little_endian=syntax != SYNTAXES[2]
    )


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_pydicom_reads_an_answer(syntax: str) -> None:
    found = _read(encode(ANSWER, syntax), syntax)
    assert str(found.PatientName) == "Yamada^Tarou=山田^太郎"
    assert found.StudyDescription == "Schädel"
    assert list(found.ModalitiesInStudy) == ["CT", "SR"]
    assert found.NumberOfStudyRelatedInstances == 300
    assert found.SpecificCharacterSet == "ISO_IR 192"
    assert found.ReferringPhysicianName == ""
    tags = [int(element.tag) for element in found]
    assert tags == sorted(tags)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_round_trip_of_every_real_file(syntax: str) -> None:
    n_compared = 0
    for path in real_files():
        data = path.read_bytes()
        meta = part10.parse_meta(data[: 1 << 16])
        body = data[meta.header_bytes :]
        try:
            attributes = to_attributes(body, meta.transfer_syntax_uid)
        except BadDataSet:
            continue
        term = choose(texts(attributes), "")
        again = to_attributes(encode(attributes, syntax, term), syntax)
        again.pop("00080005", None)
        attributes.pop("00080005", None)
        if syntax == SYNTAXES[0]:
            attributes, again = _without_vrs(attributes, attributes), _without_vrs(again, attributes)
        else:
            attributes = _without_charsets(attributes)
        assert _plain(again) == _plain(attributes), path.name
        n_compared += 1
    assert n_compared > 60


def _plain(value: Any) -> str:
    """DS keeps 16 characters (PS3.5 6.2), so numbers are compared to ten digits."""
    return json.dumps(json.loads(json.dumps(value), parse_float=lambda text: f"{float(text):.10g}"), sort_keys=True)


def _without_charsets(attributes: Attributes) -> Attributes:
    """Items lose their own character set, because the whole data set is written in one."""
    found: Attributes = {}
    for name, entry in attributes.items():
        if entry["vr"] == "SQ" and "Value" in entry:
            items = [_without_charsets({k: v for k, v in item.items() if k != "00080005"}) for item in entry["Value"]]
            found[name] = {"vr": "SQ", "Value": items}
        else:
            found[name] = entry
    return found


def _without_vrs(attributes: Attributes, original: Attributes) -> Attributes:
    """Implicit VR cannot say which private or ambiguous VR was meant: compare what the dictionary fixes."""
    found: Attributes = {}
    for name, entry in attributes.items():
        vr = original.get(name, entry)["vr"]
        if name == "00080005" or vr_of(int(name, 16)) != vr or int(name[:4], 16) % 2:
            continue
        if vr == "SQ" and entry["vr"] == "SQ":
            both = zip(entry.get("Value", ()), original.get(name, entry).get("Value", ()), strict=True)
            found[name] = {"vr": "SQ", "Value": [_without_vrs(item, theirs) for item, theirs in both]}
        else:
            found[name] = entry
    return found


def test_numbers_keep_their_limits() -> None:
    attributes: Attributes = {
        "00281053": {"vr": "DS", "Value": [1 / 3, 1e-300, 123456789012345678, 2]},
        "00189087": {"vr": "FD", "Value": ["NaN", 0.1]},
        "00080301": {"vr": "UV", "Value": ["18446744073709551615"]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
    }
    found = _read(encode(attributes, SYNTAXES[1], ""), SYNTAXES[1])
    assert all(len(str(value)) <= 16 for value in found[0x00281053].value)
    assert abs(float(found[0x00281053].value[0]) - 1 / 3) < 1e-13
    assert found[0x00189087].value[0] != found[0x00189087].value[0]
    assert found[0x00080301].value == 2**64 - 1
    assert found[0x00280009].value == 0x00181063


@pytest.mark.parametrize(
    "entry",
    [
        {"vr": "US", "Value": [70000]},
        {"vr": "US", "Value": ["x"]},
        {"vr": "IS", "Value": [1.5]},
        {"vr": "OB", "InlineBinary": "%%"},
        {"vr": "OB", "Value": ["x"]},
        {"vr": "XYZ", "Value": ["x"]},
    ],
)
def test_what_does_not_fit_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(BadDataSet):
        encode({"00280010": entry}, SYNTAXES[1])


def test_binary_bulk_and_long_values() -> None:
    attributes: Attributes = {
        "00420011": {"vr": "OB", "BulkDataURI": "bulk/1"},
        "00081030": {"vr": "LO", "Value": ["x" * 70000]},
        "54001010": {"vr": "OW", "InlineBinary": "AQIDBA=="},
    }
    data = encode(attributes, SYNTAXES[2], "", read_bulk={"bulk/1": b"%PDF-1"}.__getitem__)
    found = _read(data, SYNTAXES[2])
    assert found[0x00420011].value == b"%PDF-1"
    assert found[0x54001010].value == b"\x02\x01\x04\x03"
    assert found[0x00081030].VR in ("UN", "LO")
    assert header.scan(data, SYNTAXES[2], frozenset(), complete=True).end == len(data)


def test_nesting_is_bounded() -> None:
    attributes: Attributes = {}
    for _ in range(100):
        attributes = {"0040A730": {"vr": "SQ", "Value": [attributes]}}
    with pytest.raises(BadDataSet):
        encode(attributes, SYNTAXES[1])


def _element_with(entry: dict[str, Any], beside: str) -> bytes:
    """Encode one element in a way that cannot be the short one: beside a second value that is cut off again."""
    whole = encode({"00081030": {"vr": entry["vr"], "Value": [*entry["Value"], beside]}}, SYNTAXES[1], "")
    return whole[8:].rstrip(b" \0").removesuffix(b"\\" + beside.encode())


@pytest.mark.parametrize("vr", ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "SH", "TM", "UI"])
def test_one_ascii_string_is_written_as_among_others(vr: str) -> None:
    for value in ("1", "12", ""):
        short = encode({"00081030": {"vr": vr, "Value": [value]}}, SYNTAXES[1], "")
        assert len(short) % 2 == 0
        assert short[8:].rstrip(b" \0") == _element_with({"vr": vr, "Value": [value]}, "9")
        assert short[8 + len(value) :] == ({"UI": b"\0"}.get(vr, b" ") if len(value) % 2 else b"")


@pytest.mark.parametrize("name", ["A^B", "A^B=", "=", ""])
def test_a_name_with_one_group_is_written_as_with_two(name: str) -> None:
    short = encode({"00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]}}, SYNTAXES[1], "")
    both = {"Alphabetic": name, "Phonetic": ""}
    assert short == encode({"00100010": {"vr": "PN", "Value": [both]}}, SYNTAXES[1], "")
