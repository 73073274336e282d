"""Does a search of a real archive give what was asked, and no more (PS3.4 C.4.1, C.3.4)?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from test_store import made, put

from bench.synthetic_index import fill
from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings, load
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.query import Attributes, Query
from lumenarc.dicom.query_parse import Negotiated, from_identifier, from_qido
from lumenarc.index import schema
from lumenarc.index.search_text import are_common
from lumenarc.services import delete
from lumenarc.services.query import count, search, size_bytes


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    """Two patients, three studies, four series, five instances."""
    opened = open_archive(settings)
    for n, (patient, study, series, modality) in enumerate(
        (("P1", "1.1", "1.1.1", "CT"), ("P1", "1.1", "1.1.1", "CT"), ("P1", "1.1", "1.1.2", "SR"),
         ("P1", "1.2", "1.2.1", "MR"), ("P2", "1.3", "1.3.1", "")), 1
    ):  # fmt: skip
        name = {"P1": "Doe^Jane", "P2": "Mueller^Karl"}[patient]
        uid = f"1.9.{n}"
        put(
            opened, made(uid, pid=patient, name=name, study=study, series=series, modality=modality, number=str(n)), uid
        )
    yield opened
    opened.close()


def _values(archive: Archive, query: Query, tag: str) -> list[object]:
    return [answer.get(tag, {}).get("Value", [None])[0] for answer in search(archive, query)]


def _studies(archive: Archive, *params: tuple[str, str]) -> list[object]:
    return _values(archive, from_qido(Level.STUDY, {}, params), "0020000D")


def _only(archive: Archive, query: Query) -> Attributes:
    (answer,) = search(archive, query)
    return answer


def test_study_has_what_is_computed(archive: Archive) -> None:
    """Counts, modalities, availability; the modalities are left out where there are none."""
    answer = _only(archive, from_qido(Level.STUDY, {}, [("StudyInstanceUID", "1.1"), ("includefield", "00080062")]))
    assert answer["00201206"]["Value"] == [2]
    assert answer["00201208"]["Value"] == [3]
    assert answer["00080061"]["Value"] == ["CT", "SR"]
    assert answer["00080062"]["Value"] == ["1.2.840.10008.5.1.4.1.1.2"]
    assert answer["00080056"]["Value"] == ["ONLINE"]
    assert answer["00100010"]["Value"] == [{"Alphabetic": "Doe^Jane"}]
    without = _only(archive, from_qido(Level.STUDY, {}, [("StudyInstanceUID", "1.3")]))
    assert "00080061" not in without


def test_modalities_and_relational_keys(archive: Archive) -> None:
    """ModalitiesInStudy finds whole values; keys of lower levels find what has such a row below."""
    assert _studies(archive, ("ModalitiesInStudy", "SR")) == ["1.1"]
    assert _studies(archive, ("ModalitiesInStudy", "SR,MR")) == ["1.1", "1.2"]
    assert _studies(archive, ("ModalitiesInStudy", "S")) == []
    assert _studies(archive, ("ModalitiesInStudy", "?R")) == ["1.1", "1.2"]
    assert _studies(archive, ("Modality", "MR")) == ["1.2"]
    assert _studies(archive, ("SOPInstanceUID", "1.9.3")) == ["1.1"]
    assert _studies(archive, ("Modality", "SR"), ("SOPInstanceUID", "1.9.1")) == []


def test_order_limit_and_count(archive: Archive) -> None:
    """Order is stable, pages are parts of the whole, and the count knows no pages."""
    assert _studies(archive, ("orderby", "-PatientName")) == ["1.3", "1.2", "1.1"]
    assert _studies(archive, ("orderby", "PatientID"), ("limit", "1"), ("offset", "1")) == ["1.2"]
    assert count(archive, from_qido(Level.STUDY, {}, [("limit", "1")])) == 3
    assert count(archive, from_qido(Level.STUDY, {}, [("PatientID", "P1")])) == 2
    assert count(archive, from_qido(Level.IMAGE, {}, [])) == 5


def test_size_is_what_the_studies_take(archive: Archive) -> None:
    """By what is stored; a search that only the attributes can answer has no known size."""
    with archive.index.read() as connection:
        found = connection.execute(select(schema.study.c.study_uid, schema.study.c.size_bytes))
        sizes = {str(row.study_uid): int(row.size_bytes) for row in found}
    assert size_bytes(archive, from_qido(Level.STUDY, {}, [])) == sum(sizes.values()) > 0
    ofs = [("PatientName", "Doe*"), ("limit", "1")]
    assert size_bytes(archive, from_qido(Level.STUDY, {}, ofs)) == sizes["1.1"] + sizes["1.2"]
    assert size_bytes(archive, from_qido(Level.STUDY, {}, [("PatientID", "nobody")])) == 0
    fuzzy = [("PatientName", "Doe"), ("fuzzymatching", "true")]
    assert size_bytes(archive, from_qido(Level.STUDY, {}, fuzzy)) is None


def test_count_holds_after_the_archive_was_opened_again(archive: Archive) -> None:
    """Opening makes no second counter (SQLite keeps the number of studies, docs in index/search_text.py)."""
    again = open_archive(archive.settings)
    assert count(again, from_qido(Level.STUDY, {}, [])) == 3
    again.close()


def test_free_text(archive: Archive) -> None:
    """Parts of words are found, all words must occur."""
    assert _studies(archive, ("q", "uell")) == ["1.3"]
    assert _studies(archive, ("q", "ja")) == ["1.1", "1.2"]
    assert _studies(archive, ("q", "doe p2")) == []
    assert _studies(archive, ("PatientName", "*elle*")) == ["1.3"]


def test_words_in_very_many_studies_are_found_without_their_index(tmp_path: Path) -> None:
    """Whether the index or the studies in their order are read is not seen in the answers, only in the plan."""
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    fill(archive, 2000)
    page = [("limit", "20"), ("offset", "5"), ("orderby", "-StudyDate,-StudyTime")]
    with archive.index.read() as connection:
        common = {word: are_common(connection, (word,)) for word in ("thorax", "anna", "ba", "absent")}
    assert common == {"thorax": True, "anna": False, "ba": False, "absent": False}
    everything = list(search(archive, from_qido(Level.STUDY, {}, page)))
    for key in (("q", "thorax smith"), ("ReferringPhysicianName", "*mith*")):
        assert list(search(archive, from_qido(Level.STUDY, {}, [key, *page]))) == everything
    assert count(archive, from_qido(Level.STUDY, {}, [("q", "thorax smith")])) == 2000
    assert count(archive, from_qido(Level.STUDY, {}, [("q", "thorax anna")])) == 125
    archive.close()


def test_patient_level(archive: Archive) -> None:
    """A patient has counts over its studies."""
    identifier: Attributes = {
        "00100020": {"vr": "LO", "Value": ["P1"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "doe*"}]},
        "00201200": {"vr": "IS"},
        "00201204": {"vr": "IS"},
    }
    answer = _only(archive, from_identifier(identifier, Level.PATIENT, Negotiated(), root=Level.PATIENT))
    assert answer["00201200"]["Value"] == [2]
    assert int(answer["00201204"]["Value"][0]) == 4
    assert set(answer) == {"00100010", "00100020", "00201200", "00201204"}


def test_instances_return_and_match_what_only_the_blob_has(archive: Archive) -> None:
    """Attributes without columns are read from the object."""
    query = from_qido(Level.IMAGE, {"StudyInstanceUID": "1.1"}, [("includefield", "PatientBirthDate")])
    assert _values(archive, query, "00080018") == ["1.9.1", "1.9.2", "1.9.3"]
    assert _values(archive, query, "00100030") == ["19700101"] * 3
    everything = from_qido(Level.IMAGE, {"StudyInstanceUID": "1.1"}, [("includefield", "all"), ("InstanceNumber", "2")])
    answer = _only(archive, everything)
    assert answer["00080060"]["Value"] == ["CT"]
    assert answer["00083002"]["Value"] == ["1.2.840.10008.1.2.1"]
    assert _values(archive, from_qido(Level.IMAGE, {}, [("SamplesPerPixel", "9")]), "00080018") == []


def test_deleted_is_not_found(archive: Archive) -> None:
    """A study without live instances is hidden at every level, and not counted."""
    delete.delete(archive, "1.3")
    assert _studies(archive) == ["1.1", "1.2"]
    assert count(archive, from_qido(Level.STUDY, {}, [])) == 2
    assert _values(archive, from_qido(Level.PATIENT, {}, []), "00100020") == ["P1"]
    assert "1.9.5" not in _values(archive, from_qido(Level.IMAGE, {}, []), "00080018")
