"""Is what each received instance needs of SQLite all or nothing, and is the log copied without anybody waiting?"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from lumenarc.errors import Unavailable
from lumenarc.index import checkpoint
from lumenarc.index.db import Index
from lumenarc.index.instances import Inserter, _Waiting
from lumenarc.index.parents import NewInstance, NewRows, Policy

COUNT = "SELECT count(*) FROM state"
PUT = "INSERT INTO state (name, value) VALUES (?, '')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


def _count(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        return int(connection.execute(COUNT).fetchone()[0])


def test_true_commits_and_anything_else_undoes(path: Path) -> None:
    index = Index(f"sqlite:///{path}")
    index.write(lambda connection: None)

    def put(raw: sqlite3.Connection, name: str) -> bool:
        return raw.execute(PUT, (name,)).rowcount == 1

    before = _count(path)
    assert index.write_raw(lambda raw: put(raw, "a"))
    assert not index.write_raw(lambda raw: put(raw, "b") and False)
    assert not index.write_raw(lambda raw: put(raw, "c") and put(raw, "a"))
    with pytest.raises(ZeroDivisionError):
        index.write_raw(lambda raw: put(raw, "d") and 1 // 0 == 1)
    assert _count(path) == before + 1
    index.write(lambda connection: None)  # the ordinary way goes on, on the same connection
    index.close()
    assert not index.write_raw(lambda raw: put(raw, "e"))


def test_the_log_is_copied_beside_the_commits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "_AFTER_COMMITS", 5)
    index = Index(f"sqlite:///{path}")
    index.write(lambda connection: None)
    deadline, number = time.monotonic() + 60, 0
    # The database file itself has the rows once the log was copied.
    while b"name-0" not in path.read_bytes():
        assert time.monotonic() < deadline
        assert index.write_raw(lambda raw, name=f"name-{number}": raw.execute(PUT, (name,)).rowcount == 1)  # type: ignore[misc]
        number += 1
    index.close()
    assert _count(path) >= number


def test_a_writer_that_cannot_be_had_is_told_to_all_who_wait(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_index: Index, _change: object) -> bool:
        raise Unavailable("Somebody else writes.")

    monkeypatch.setattr(Index, "write_raw", busy)
    new = NewInstance("1.2", "1.2.3", "x", "P1", "", "CT", {}, lambda: NewRows({}, (), {}, {}, ()))
    group = [_Waiting(new), _Waiting(new)]
    index = Index(f"sqlite:///{path}")
    Inserter(index, Policy("refuse", "refuse", 0))._write(group)
    index.close()
    assert [type(waiting.error) for waiting in group] == [Unavailable, Unavailable]
