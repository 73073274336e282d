"""What tests share: throw-away PostgreSQL databases, and archives that really run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as profiles

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings, load
from lumenarc.index.db import Index
from postgresql import Cluster
from served import Served, serve

# A busy machine is no finding: examples may take as long as they take.
profiles.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
profiles.load_profile("patient")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """Start a PostgreSQL 15 on loopback for this run."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def postgresql_server(postgresql: Cluster) -> str:
    """Return the start of its URL."""
    return postgresql.url


@pytest.fixture
def postgresql_url(postgresql: Cluster) -> str:
    """Make an index without rows; return its URL."""
    return postgresql.new_index()


@pytest.fixture(scope="session")
def sqlite_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an index without rows: copying it takes a tenth of the time."""
    file = tmp_path_factory.mktemp("index") / "index.sqlite"
    Index(f"sqlite:///{file}").close()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give the settings of an archive, once for each database."""
    data, database = tmp_path / "data", ""
    if request.param == "postgresql":
        database = request.getfixturevalue("postgresql_url")
    else:
        data.mkdir(mode=0o750)
        shutil.copy(request.getfixturevalue("sqlite_index"), data / "index.sqlite")
    return load(data=data, database=database, min_free_bytes=0)


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    """Give an open archive, once for each database."""
    opened = open_archive(settings)
    yield opened
    opened.close()


@pytest.fixture
def archive_server(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Give a function like `serve` (options and environment only); each archive gets its own folder and is stopped.

    `data` names the folder, so that an archive can be started again on what another left.
    """
    started: list[Served] = []

    def start(*options: str, data: Path | None = None, environment: dict[str, str] | None = None) -> Served:
        started.append(serve(data or tmp_path / f"archive-{len(started)}", *options, environment=environment))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.stop()
