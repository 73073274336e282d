"""How do tests get a PostgreSQL of their own? A throw-away cluster on loopback that can be stopped and started."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from pathlib import Path

import psycopg

from lumenarc.index.db import Index

BIN = Path("/usr/lib/postgresql/15/bin")


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
    return [*command]


class Cluster:
    """A cluster in a folder of its own; `remove` ends it."""

    def __init__(self) -> None:
        assert BIN.is_dir(), "the tests need PostgreSQL 15: make peers"
        self._folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/lumenarc-pg-XXXXXX"], text=True).strip())
        if os.getuid() == 0:
            subprocess.run(["chown", "postgres:", str(self._folder)], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._data = str(self._folder / "data")
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        initdb = (str(BIN / "initdb"), "-D", self._data, *options)
        subprocess.run(_as_postgres(*initdb), check=True, stdout=subprocess.DEVNULL)
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}"
        self._template = ""
        self.start()

    def _control(self, *words: str) -> None:
        command = (str(BIN / "pg_ctl"), "-D", self._data, "-w", "-s", *words)
        subprocess.run(_as_postgres(*command), check=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = f"-c listen_addresses=127.0.0.1 -c port={self._port} -c fsync=off"
        options = f"{settings} -c unix_socket_directories={self._folder}"
        self._control("-l", str(self._folder / "log"), "start", "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: immediate is as good as kill -9."""
        self._control("-m", mode, "stop")

    def new_database(self, template: str = "template1") -> str:
        """Make a database without rows; return its URL."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return f"{self.url}/{name}"

    def new_index(self) -> str:
        """Make a database that has the schema already, by copying the first one: ten times as fast."""
        if not self._template:
            url = self.new_database()
            Index(url.replace("postgresql://", "postgresql+psycopg://")).close()
            self._template = url.rpartition("/")[2]
        return self.new_database(self._template)

    def remove(self) -> None:
        """Stop it and have its folder deleted; nobody waits for that: a hundred databases have 30,000 files."""
        self.stop()
        subprocess.Popen(["rm", "-rf", str(self._folder)], start_new_session=True)
