"""Do the SQL and the reference meaning of PS3.4 C.2.2.2 agree? Keys are drawn from what is stored."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.dicom.attributes import INDEXED, Level
from lumenarc.dicom.columns import column_values, search_words
from lumenarc.dicom.matching import matches, words_match
from lumenarc.dicom.query import Attributes, Query
from lumenarc.dicom.query_parse import Negotiated, from_identifier
from lumenarc.index.schema import patient, patient_identifier, series, series_request, study
from lumenarc.services import query as query_service

_NAMES: tuple[dict[str, str], ...] = (
    {"Alphabetic": "Doe^Jane"},
    {"Alphabetic": "DOE"},
    {"Alphabetic": "Doerr^Émile^^Dr"},
    {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"},
    {"Ideographic": "王^小东"},
    {"Alphabetic": "[Odd]*%_!^O'Neill\\"},
    {"Alphabetic": "Straße^Jörg"},
    {},
)
_TEXTS = ("", "A1", "a1", "A 1", "A*1", "100%", "a_b", "[x]", "!", "Ä", "A12")
_DATES = ("", "19991231", "20200101", "20200229", "2020.03.01", "nonsense")
_TIMES = ("", "10", "1030", "235959.5", "000000", "080000.123456")
_MODALITIES = ("", "CT", "MR", "SR", "C")


def _element(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": [value for value in values if value not in ("", {})]}


def _study(n: int) -> Attributes:
    """Return the patient, study and series attributes of one made-up study."""
    return {
        "00100010": _element("PN", _NAMES[n % len(_NAMES)]),
        "00100020": _element("LO", _TEXTS[n % len(_TEXTS)]),
        "00100021": _element("LO", ("", "H1", "H2")[n % 3]),
        "00101002": _element("SQ", {"00100020": _element("LO", f"O{n % 5}"), "00100021": _element("LO", f"H{n % 2}")}),
        "00100030": _element("DA", _DATES[(n // 2) % len(_DATES)]),
        "0020000D": _element("UI", f"1.2.{n}"),
        "00080020": _element("DA", _DATES[n % len(_DATES)]),
        "00080030": _element("TM", _TIMES[(n // 3) % len(_TIMES)]),
        "00080050": _element("SH", _TEXTS[(n // 2) % len(_TEXTS)]),
        "00081030": _element("LO", _TEXTS[(n // 5) % len(_TEXTS)]),
        "00080090": _element("PN", _NAMES[(n // 3) % len(_NAMES)]),
        "00081032": _element("SQ", {"00080100": _element("SH", _TEXTS[n % len(_TEXTS)])}),
        "00104000": _element("LT", _TEXTS[(n // 4) % len(_TEXTS)]),
        "0020000E": _element("UI", f"1.2.{n}.1"),
        "00080060": _element("CS", _MODALITIES[n % len(_MODALITIES)]),
        "00200011": _element("IS", *([n % 7] if n % 4 else [])),
        "00081050": _element("PN", _NAMES[n % len(_NAMES)], _NAMES[(n + 1) % len(_NAMES)]),
        "00400275": _element("SQ", {"00400009": _element("SH", f"S{n % 3}"), "00080050": _element("SH", "R")}),
    }


# Few enough for every commit; more when somebody has changed the search.
N_QUERIES = int(os.environ.get("N_QUERIES", "150"))
STUDIES = tuple(_study(n) for n in range(60))


def _columns(level: Level, attributes: Attributes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in INDEXED:
        if line.level is level:
            found |= column_values(line, attributes)
    return found


def _texts(attributes: Attributes) -> str:
    name = attributes["00100010"]["Value"]
    referring = attributes["00080090"]["Value"]
    words = [text for value in (*name, *referring) for text in value.values()]
    for tag in ("00100020", "00080050", "00081030"):
        words.extend(attributes[tag]["Value"])
    return search_words(words)


def fill(archive: Archive) -> None:
    """Write the made-up studies straight into the tables."""

    def write(connection: Any) -> None:
        for n, attributes in enumerate(STUDIES, 1):
            times = {"attrs": json.dumps(attributes), "created_at": 0, "updated_at": 0}
            connection.execute(
                patient.insert().values(pk=n, identity=str(n), **_columns(Level.PATIENT, attributes), **times)
            )
            other = attributes["00101002"]["Value"][0]
            connection.execute(
                patient_identifier.insert().values(
                    patient_fk=n, value=other["00100020"]["Value"][0], issuer=other["00100021"]["Value"][0]
                )
            )
            modality = "".join(f"\\{value}\\" for value in attributes["00080060"]["Value"])
            columns = _columns(Level.STUDY, attributes) | {"modalities": modality, "search_text": _texts(attributes)}
            connection.execute(study.insert().values(pk=n, patient_fk=n, n_series=1, n_instances=1, **columns, **times))
            columns = _columns(Level.SERIES, attributes)
            connection.execute(series.insert().values(pk=n, study_fk=n, n_instances=1, **columns, **times))
            item = attributes["00400275"]["Value"][0]
            step = item["00400009"]["Value"][0]
            connection.execute(series_request.insert().values(series_fk=n, scheduled_procedure_step_id=step))

    archive.index.write(write)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql_server: str
) -> Iterator[Archive]:
    """Open an archive on each database, filled with the made-up studies."""
    folder: Path = tmp_path_factory.mktemp("archive")
    url = "" if request.param == "sqlite" else f"{postgresql_server}/sql_equals_matches"
    if url:
        # Another order than that of code points must not change any answer.
        create = "CREATE DATABASE sql_equals_matches TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        subprocess.run(["psql", "-XAtq", f"{postgresql_server}/postgres", "-c", create], check=True)
    opened = open_archive(Settings(data=folder, database=url))
    fill(opened)
    yield opened
    opened.close()


def _wild(draw: st.DrawFn, text: str) -> str:
    """Return a key made from a stored text: itself, or with parts replaced by wildcards."""
    if not text or draw(st.booleans()):
        return text
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return text[:start] + draw(st.sampled_from(("*", "?", "", "**"))) + text[end:]


@st.composite
def names(draw: st.DrawFn) -> dict[str, Any]:
    """A person name key."""
    value = draw(st.sampled_from(_NAMES))
    groups = {group: _wild(draw, text.upper() if draw(st.booleans()) else text) for group, text in value.items()}
    if draw(st.booleans()):
        groups = {"Alphabetic": next(iter(groups.values()), "")}
    return _element("PN", groups if any(groups.values()) else {})


@st.composite
def ranges(draw: st.DrawFn, vr: str, values: tuple[str, ...]) -> dict[str, Any]:
    """A date or time key: one value or a range, any end open."""
    usable = tuple(value for value in values if value != "nonsense")
    low, high = draw(st.sampled_from(usable)), draw(st.sampled_from(usable))
    return _element(vr, draw(st.sampled_from((low, f"{low}-{high}", f"{low}-", f"-{high}", '""'))))


@st.composite
def texts(draw: st.DrawFn, vr: str, values: tuple[str, ...]) -> dict[str, Any]:
    """A text key of one or two values, with wildcards or without."""
    picked = draw(st.lists(st.sampled_from((*values, '""')), min_size=1, max_size=2))
    return _element(vr, *(_wild(draw, text) for text in picked))


def _in_item(tag: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda key: {"vr": "SQ", "Value": [{tag: key}]}


KEYS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "00100010": names(),
    "00080090": names(),
    "00081050": names(),
    "00100020": texts("LO", (*_TEXTS, "O1", "O3")),
    "00100021": texts("LO", ("H0", "H1", "H2")),
    "00080050": texts("SH", _TEXTS),
    "00081030": texts("LO", _TEXTS),
    "00104000": texts("LT", _TEXTS),
    "00080060": texts("CS", _MODALITIES),
    "00080020": ranges("DA", _DATES),
    "00080030": ranges("TM", _TIMES),
    "00100030": ranges("DA", _DATES),
    "0020000D": st.lists(st.sampled_from([f"1.2.{n}" for n in range(60)]), max_size=4).map(
        lambda uids: _element("UI", *uids)
    ),
    "00200011": st.sampled_from(["0", "3", "6", '""']).map(lambda number: _element("IS", number)),
    "00081032": texts("SH", _TEXTS).map(_in_item("00080100")),
    "00400275": texts("SH", ("S0", "S1", "X")).map(_in_item("00400009")),
}


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """A series query of one to three keys."""
    tags = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique=True))
    identifier = {tag: draw(KEYS[tag]) for tag in tags}
    negotiated = Negotiated(relational=True, combined_datetime=draw(st.booleans()), fuzzy=draw(st.booleans()))
    return from_identifier(identifier, Level.SERIES, negotiated)


def _identifier(**keys: dict[str, Any]) -> Query:
    return from_identifier({tag[1:]: key for tag, key in keys.items()}, Level.SERIES, Negotiated(relational=True))


@settings(max_examples=N_QUERIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=queries())
@example(query=_identifier(_00100010=_element("PN", {"Alphabetic": "山田*"})))
@example(query=_identifier(_00080030=_element("TM", "2200-0900")))
@example(query=_identifier(_00100010=_element("PN", {"Alphabetic": "*[odd]*"})))
def test_sql_finds_what_matches(archive: Archive, query: Query) -> None:
    """Search and count give exactly the studies that the reference says."""
    expected = [n for n, attributes in enumerate(STUDIES) if matches(query, attributes)]
    wanted = Query(Level.SERIES, query.keys, frozenset({0x0020000D}), combined=query.combined)
    found = [int(answer["0020000D"]["Value"][0].rsplit(".", 1)[1]) for answer in query_service.search(archive, wanted)]
    assert found == expected
    assert query_service.count(archive, query) == len(expected)
    page = replace(wanted, limit=3, offset=len(expected) // 2)
    shown = [int(answer["0020000D"]["Value"][0].rsplit(".", 1)[1]) for answer in query_service.search(archive, page)]
    assert shown == expected[page.offset : page.offset + 3]


@settings(max_examples=N_QUERIES // 3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.sampled_from(("doe", "山田", "太郎", "王", "jane", "strasse", "100%", "a_b", '"', "o'n")), max_size=2
    )
)
def test_free_text_finds_what_contains_it(archive: Archive, words: list[str]) -> None:
    """Every word has to occur in the text of the study."""
    expected = {n for n, attributes in enumerate(STUDIES) if words_match(tuple(words), _texts(attributes))}
    query = Query(Level.STUDY, returns=frozenset({0x0020000D}), words=tuple(words))
    found = {int(answer["0020000D"]["Value"][0].rsplit(".", 1)[1]) for answer in query_service.search(archive, query)}
    assert found == expected
