"""Do the steps lead to what `index/schema.py` says, from nothing and from an archive made before there were steps?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, insert, inspect, select, text
from sqlalchemy.exc import OperationalError

from lumenarc.errors import Unavailable
from lumenarc.index import migrate, search_text
from lumenarc.index.db import Index
from lumenarc.index.migrations import v0001_first
from lumenarc.index.schema import metadata, patient
from postgresql import Cluster

NOT_OURS_TO_COMPARE = ("alembic_version", "study_count", "study_text", "study_trigram", search_text.TRIGRAM_INDEX)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'index.sqlite'}"
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.new_database().replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def _is_compared(_item: Any, name: str | None, *_more: Any) -> bool:
    return not (name or "").startswith(NOT_OURS_TO_COMPARE)


def differences(connection: Connection) -> list[Any]:
    options = {
        "include_object": _is_compared,
        "compare_type": True,
        "compare_server_default": connection.dialect.name == "postgresql",
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_steps_and_model_agree(url: str, connection: Connection) -> None:
    Index(url).close()
    assert differences(connection) == []
    assert migrate.is_current(connection)


def test_every_step_is_numbered_and_in_one_line() -> None:
    script = ScriptDirectory(str(migrate.FOLDER), version_locations=[str(migrate.FOLDER)])
    steps = list(script.walk_revisions())
    assert [step.revision for step in steps] == sorted((step.revision for step in steps), reverse=True)
    assert script.get_heads() == [migrate.newest()]
    assert all(Path(step.path).stem.startswith(f"v{step.revision}_") for step in steps)


def _make_without_steps(url: str) -> None:
    """Make the database as programs did that knew no steps: the first schema, and no word about its version."""
    engine = create_engine(url)
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            v0001_first.upgrade()
        connection.execute(insert(patient).values(pk=7, identity="x", attrs="{}", created_at=1, updated_at=1))
    engine.dispose()


def test_an_archive_made_before_there_were_steps_is_adopted(url: str, connection: Connection) -> None:
    _make_without_steps(url)
    Index(url).close()
    assert migrate.is_current(connection)
    assert differences(connection) == []
    assert connection.execute(select(patient.c.pk)).scalars().all() == [7]


def test_a_newer_schema_is_refused_and_left_alone(url: str, connection: Connection) -> None:
    Index(url).close()
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    connection.commit()
    with pytest.raises(Unavailable, match="9999 of a newer Lumenarc"):
        Index(url)
    assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_many_may_open_an_empty_database_at_once(url: str, connection: Connection) -> None:
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(lambda _: Index(url), range(8)):
            opened.close()
    assert migrate.is_current(connection)
    assert differences(connection) == []


def test_a_step_that_fails_leaves_nothing_behind(
    url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_connection: Connection) -> None:
        raise OperationalError("", None, Exception("the power is gone"))

    with monkeypatch.context() as patched:
        patched.setattr(search_text, "install", break_off)
        with pytest.raises(Unavailable):
            Index(url)
    assert inspect(connection).get_table_names() == []
    connection.rollback()
    Index(url).close()
    assert migrate.is_current(connection)
