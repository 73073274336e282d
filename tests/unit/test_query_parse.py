"""Do identifiers and QIDO-RS parameters become the right query (PS3.4 C.2.2.2, PS3.18 8.3.4)?"""

from __future__ import annotations

from typing import Any

import pytest

from lumenarc.dicom.attributes import Level
from lumenarc.dicom.matching import matches
from lumenarc.dicom.query import Attributes, CombinedDateTime, Item, OneOf, PersonName, Query, Range, Wildcard
from lumenarc.dicom.query_parse import Negotiated, from_identifier, from_qido, query_level
from lumenarc.errors import BadQuery

RELATIONAL = Negotiated(relational=True)


def _key(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}


def _matcher(tag: str, vr: str, *values: Any) -> object:
    query = from_identifier({tag: _key(vr, *values)}, Level.STUDY, RELATIONAL)
    return query.keys[0].matcher if query.keys else None


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("DA", "20200101", Range("20200101", "20200101")),
        ("DA", "2020.01.01", Range("20200101", "20200101")),
        ("DA", "20200101-", Range("20200101", None)),
        ("DA", "-20200101", Range(None, "20200101")),
        ("DA", "2020-01-01", Range("20200101", "20200101")),
        ("TM", "10", Range("100000.000000", "105959.999999")),
        ("TM", "2200-0200", Range("220000.000000", "020059.999999")),
        ("TM", "101500.5", Range("101500.500000", "101500.599999")),
        ("DT", "2020-2021", Range("2020", "20211231235959.999999")),
        ("LO", "a*b", Wildcard(("a*b",))),
        ("LO", "**", None),
        ("LO", "", None),
        ("LO", '""', OneOf(("",))),
        ("IS", "007", OneOf(("7",))),
        ("UI", "1.2*", OneOf(("1.2*",))),
    ],
)
def test_value_decides_how_it_is_matched(vr: str, value: str, expected: object) -> None:
    """The kinds of matching of PS3.4 C.2.2.2."""
    tag = {"DA": "00080020", "TM": "00080030", "IS": "00200011", "UI": "0020000D"}.get(vr, "00081030")
    assert _matcher(tag, vr, value) == expected


@pytest.mark.parametrize(
    ("vr", "value"), [("DA", "monday"), ("TM", "1"), ("TM", "25:xx"), ("IS", "seven"), ("DT", "x")]
)
def test_nonsense_is_refused(vr: str, value: str) -> None:
    """A key that can match nothing by mistake is an error, not an empty answer."""
    with pytest.raises(BadQuery):
        _matcher("00080020", vr, value)


def test_name_is_folded_by_group() -> None:
    """Case, accents and trailing carets do not count."""
    assert _matcher("00100010", "PN", {"Alphabetic": "ÉMILE^"}) == PersonName(("emile", "", ""), True)
    assert _matcher("00100010", "PN", {"Ideographic": "山田^*"}) == PersonName(("", "山田", ""), False)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("DOE", True),
        ("doe^jane", True),
        ("do*", True),
        ("DO", False),
        ("d?e", True),
        ("山田^太郎", True),
        ("jane", False),
        ("*jané*", True),
        ("Doe=山田", True),
        ("Doe=王", False),
    ],
)
def test_names(key: str, found: bool) -> None:
    """One group is tried against all three; DOE finds DOE^JANE."""
    stored: Attributes = {"00100010": _key("PN", {"Alphabetic": "Doe^Jane", "Ideographic": "山田^太郎"})}
    assert matches(from_qido(Level.STUDY, {}, [("PatientName", key)]), stored) is found


@pytest.mark.parametrize(("key", "found"), [("Smyth", True), ("Jon^Smith", True), ("Smi*", True), ("Miller", False)])
def test_fuzzy_names(key: str, found: bool) -> None:
    """Fuzzy matching goes by sound, in any order."""
    stored: Attributes = {"00100010": _key("PN", {"Alphabetic": "Smith^John"})}
    query = from_qido(Level.STUDY, {}, [("PatientName", key), ("fuzzymatching", "true")])
    assert matches(query, stored) is found


def test_hierarchical_query_needs_the_keys_above() -> None:
    """A missing or multiple unique key above the level is 0xA900."""
    identifier = {"00080060": _key("CS", "CT")}
    with pytest.raises(BadQuery) as refused:
        from_identifier(identifier, Level.SERIES, Negotiated())
    assert refused.value.dimse_status == 0xA900
    several = identifier | {"0020000D": _key("UI", "1.2", "1.3")}
    with pytest.raises(BadQuery):
        from_identifier(several, Level.SERIES, Negotiated())
    one = identifier | {"0020000D": _key("UI", "1.2")}
    assert len(from_identifier(one, Level.SERIES, Negotiated()).keys) == 2
    with pytest.raises(BadQuery):
        from_identifier(one, Level.SERIES, Negotiated(), root=Level.PATIENT)
    assert len(from_identifier(identifier, Level.SERIES, RELATIONAL).keys) == 1


def test_level() -> None:
    """The level is one of four words."""
    assert query_level({"00080052": _key("CS", "IMAGE")}) is Level.IMAGE
    with pytest.raises(BadQuery):
        query_level({"00080052": _key("CS", "FRAME")})
    with pytest.raises(BadQuery):
        from_identifier({}, Level.PATIENT, RELATIONAL, root=Level.STUDY)


def test_combined_date_and_time() -> None:
    """Negotiated, a date range and a time range are two points in time."""
    identifier = {"00080020": _key("DA", "20200101-20200103"), "00080030": _key("TM", "22-04")}
    query = from_identifier(identifier, Level.STUDY, Negotiated(combined_datetime=True))
    assert query.keys == ()
    assert query.combined == (
        CombinedDateTime(0x00080020, 0x00080030, "20200101220000.000000", "20200103045959.999999"),
    )
    stored: Attributes = {"00080020": _key("DA", "20200102"), "00080030": _key("TM", "120000")}
    assert matches(query, stored)
    assert not matches(from_identifier(identifier, Level.STUDY, Negotiated()), stored)


def test_time_zone_moves_the_range() -> None:
    """A caller two hours ahead asks for the first hour of a day: that is the evening before."""
    identifier = {
        "00080020": _key("DA", "20200101"),
        "00080030": _key("TM", "00"),
        "00080201": _key("SH", "+0200"),
    }
    query = from_identifier(identifier, Level.STUDY, Negotiated(combined_datetime=True, timezone=True))
    assert query.combined[0].low == "20191231220000.000000"
    assert query.combined[0].high == "20191231225959.999999"
    ignored = from_identifier(identifier, Level.STUDY, Negotiated(combined_datetime=True))
    assert ignored.combined[0].low == "20200101000000.000000"
    with pytest.raises(BadQuery):
        from_identifier(identifier | {"00080201": _key("SH", "CET")}, Level.STUDY, Negotiated(timezone=True))


def test_other_patient_ids_count_with_their_issuer() -> None:
    """ID and issuer have to stand together."""
    stored: Attributes = {
        "00100020": _key("LO", "1"),
        "00100021": _key("LO", "A"),
        "00101002": _key("SQ", {"00100020": _key("LO", "2"), "00100021": _key("LO", "B")}),
    }

    def found(patient_id: str, issuer: str) -> bool:
        return matches(from_qido(Level.STUDY, {}, [("PatientID", patient_id), ("IssuerOfPatientID", issuer)]), stored)

    assert found("1", "A")
    assert found("2", "B")
    assert not found("1", "B")
    assert found("2", "")


def _qido(*params: tuple[str, str]) -> Query:
    return from_qido(Level.STUDY, {}, params)


def test_qido_options() -> None:
    """Everything that is no key."""
    query = _qido(("limit", "5"), ("offset", "2"), ("orderby", "-StudyDate,PatientName"), ("q", "Doe Thörax"),
                  ("includefield", "all"))  # fmt: skip
    assert (query.limit, query.offset, query.include_all, query.words) == (5, 2, True, ("doe", "thorax"))
    assert [(order.tag, order.descending) for order in query.order] == [(0x00080020, True), (0x00100010, False)]
    assert (_qido(("includefield", "00081030%2COtherPatientIDs")).returns or frozenset()) >= {0x00081030, 0x00101000}


@pytest.mark.parametrize(
    "param",
    [("limit", "-5"), ("offset", "x"), ("NoSuchAttribute", "1"), ("orderby", "PixelData"), ("StudyDate", "today"),
     ("StudyDate.PatientName", "x")],
)  # fmt: skip
def test_qido_refuses(param: tuple[str, str]) -> None:
    """What cannot be meant is 400."""
    with pytest.raises(BadQuery) as refused:
        _qido(param)
    assert refused.value.http_status == 400


def test_qido_paths_and_lists() -> None:
    """A dotted path is a sequence key; commas list UIDs and modalities."""
    (key,) = _qido(("ModalitiesInStudy", "CT,MR")).keys
    assert key.matcher == OneOf(("CT", "MR"))
    (key,) = _qido(("StudyInstanceUID", "1.2,1.3")).keys
    assert key.matcher == OneOf(("1.2", "1.3"))
    query = from_qido(
        Level.SERIES,
        {"StudyInstanceUID": "1.2"},
        [("RequestAttributesSequence.ScheduledProcedureStepID", "S"), ("00400275.00401001", "P")],
    )
    sequence = next(key.matcher for key in query.keys if key.tag == 0x00400275)
    assert isinstance(sequence, Item)
    assert {key.tag for key in sequence.keys} == {0x00400009, 0x00401001}
