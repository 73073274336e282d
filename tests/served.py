"""How does a test run the archive? As its users do: as a program of its own, on free ports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Served:
    """A running archive: where its doors listen, its data folder and its process."""

    process: subprocess.Popen[str]
    data: Path
    dicom_host: str
    dicom_port: int
    http: str
    """The base URL with a slash at its end."""
    hl7_port: int

    def call(self, path: str, value: object = None, method: str | None = None) -> Any:
        """Ask the administration API, with JSON when there is a value; return the JSON of the answer."""
        body = None if value is None else json.dumps(value).encode()
        kind = {} if value is None else {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(self.http + path, body, kind, method=method)) as answer:
            return json.loads(answer.read() or "null")

    def stop(self) -> None:
        """End it by SIGTERM; it must go in good order."""
        self.process.terminate()
        assert self.process.wait(30) == 0


def serve(
    data: Path,
    *options: str,
    environment: dict[str, str] | None = None,
    log: Path | None = None,
    prefix: tuple[str, ...] = (),
) -> Served:
    """Start `lumenarc serve` in a data folder on free ports and wait until it is ready; `log` takes its lines.

    `prefix` is a command that runs it, with fewer rights for example.
    """
    command = (*prefix, sys.executable, "-c", "from lumenarc.cli import main; main()", "serve", "--data", str(data))
    ports = ("--dicom-port", "0", "--http-port", "0", "--hl7-port", "0")
    environment = {**os.environ, **(environment or {})}
    with open(log or os.devnull, "ab") as lines:
        process = subprocess.Popen(
            (*command, *ports, *options),
            stdout=subprocess.PIPE,
            stderr=lines if log else None,
            text=True,
            env=environment,
        )
    assert process.stdout is not None
    words = process.stdout.readline().split()
    assert words[:1] == ["ready"], "the archive did not start"
    facts = dict(word.split("=", 1) for word in words[1:])
    host, _, port = facts["dicom"].rpartition(":")
    return Served(process, data, host, int(port), facts["http"], int(facts["hl7"].rpartition(":")[2]))
