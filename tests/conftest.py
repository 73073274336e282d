"""What tests share: throw-away PostgreSQL databases, and archives that really run."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from served import Served, serve

PG_BIN = Path("/usr/lib/postgresql/15/bin")


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
    return [*command]


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a PostgreSQL 15 on loopback for this run; yield the start of its URL."""
    assert PG_BIN.is_dir(), "the tests need PostgreSQL 15: make peers"
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/lumenarc-pg-XXXXXX"], text=True).strip())
    if os.getuid() == 0:
        subprocess.run(["chown", "postgres:", str(folder)], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    initdb = (
        str(PG_BIN / "initdb"),
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    )
    subprocess.run(_as_postgres(*initdb), check=True, stdout=subprocess.DEVNULL)
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    control = str(PG_BIN / "pg_ctl")
    start = (control, "-D", data, "-l", str(folder / "log"), "-w", "-s", "start", "-o", options)
    subprocess.run(_as_postgres(*start), check=True)
    yield f"postgresql://postgres@127.0.0.1:{port}"
    subprocess.run(_as_postgres(control, "-D", data, "-m", "immediate", "-s", "stop"), check=True)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """Make an empty database; return its URL."""
    name = f"t{secrets.token_hex(6)}"
    psql = ["psql", "-XAtq", f"{postgresql_server}/postgres", "-c", f"CREATE DATABASE {name}"]
    subprocess.run(psql, check=True)
    return f"{postgresql_server}/{name}"


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
