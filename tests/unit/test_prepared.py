"""Which searches share their SQL, and is it the one that the slow way makes?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from web_client import sample

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.query_parse import from_qido
from lumenarc.index.prepared import MAX_SHAPES, shape_of
from lumenarc.services import query
from lumenarc.services.store import Source, store_part10


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql_server: str
) -> Iterator[Archive]:
    data = tmp_path_factory.mktemp("archive")
    url = f"{postgresql_server}/postgres" if request.param == "postgresql" else ""
    opened = open_archive(load(data=data, min_free_bytes=0, database=url))
    for name in ("CT_small.dcm", "MR_small.dcm", "examples_palette.dcm", "rtplan.dcm"):
        store_part10(opened, [sample(name)], Source())
    yield opened
    opened.close()


KEPT = (
    (("PatientID", "1CT1"),),
    (("PatientID", "4MR1"), ("StudyDate", "20040826")),
    (("StudyDate", "20040101-20041231"), ("orderby", "-StudyDate")),
    (("StudyDate", "20040101-"), ("includefield", "all")),
    (("StudyDate", "-20040901"), ("offset", "1")),
    (("StudyTime", "200000-080000"),),
    (("Modality", "CT"), ("PatientID", "1CT1")),
    (),
)
OTHER = ((("PatientName", "CompressedSamples^CT1"),), (("PatientID", "*"), ("q", "ct")), (("PatientID", "1*"),))


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("params", KEPT)
def test_kept_sql_answers_as_new_sql(archive: Archive, params: tuple[tuple[str, str], ...], level: Level) -> None:
    asked = from_qido(level, {}, [*params, ("limit", "10")])
    assert shape_of(asked) is not None
    slow = list(query._searched(archive, asked))
    for _ in range(2):
        assert list(query.search(archive, asked)) == slow


@pytest.mark.parametrize("params", OTHER)
def test_what_changes_the_sql_is_not_shared(archive: Archive, params: tuple[tuple[str, str], ...]) -> None:
    asked = from_qido(Level.STUDY, {}, params)
    assert shape_of(asked) is None
    assert list(query.search(archive, asked)) == list(query._searched(archive, asked))


def test_values_make_no_shape_but_their_order_does() -> None:
    def shape(*params: tuple[str, str]) -> object:
        found = shape_of(from_qido(Level.STUDY, {}, params))
        assert found is not None
        return found[0]

    assert shape(("PatientID", "1")) == shape(("PatientID", "2"))
    assert shape(("StudyDate", "20200101-20200102")) == shape(("StudyDate", "2019-2021".replace("-", "0101-") + "0101"))
    assert shape(("StudyTime", "10-12")) != shape(("StudyTime", "12-10"))
    assert shape(("limit", "3")) == shape(("limit", "4")) != shape()
    assert shape(("PatientID", "1")) != shape(("StudyID", "1"))


def test_shapes_do_not_grow_without_end(archive: Archive) -> None:
    archive.index.shapes.update({("filler", number): None for number in range(MAX_SHAPES)})
    asked = from_qido(Level.STUDY, {}, (("AccessionNumber", "x"), ("limit", "1")))
    assert list(query.search(archive, asked)) == []
    assert len(archive.index.shapes) == 1
