"""How does a test run a tool? As its users do: as a program of its own, or inside the test where that is enough."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-c", "from lumenarc.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a tool ended, and what it said."""

    code: int
    out: str
    err: str

    def objects(self) -> list[dict[str, Any]]:
        """Return what it printed with --json."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(*words: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> Ran:
    """Run a tool to its end."""
    command = (*PROGRAM, *map(str, words))
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, timeout=120)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(slots=True)
class Running:
    """A tool that serves: its port, and what it has said when it has ended."""

    process: subprocess.Popen[str]
    port: int
    out: str = ""

    def stop(self) -> str:
        """End it by SIGTERM; it must go in good order. Return what it printed."""
        self.process.send_signal(signal.SIGTERM)
        self.out = self.process.communicate(timeout=30)[0]
        assert self.process.returncode == 0
        return self.out


@contextlib.contextmanager
def serving(*words: str | Path, cwd: Path | None = None) -> Iterator[Running]:
    """Run a tool that serves until the end of the block; it listens on a free port when `-b` names port 0."""
    command = (*PROGRAM, *map(str, words))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=cwd, env=dict(os.environ)) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith(("ready ", "{")), first
        port = json.loads(first)["port"] if first.startswith("{") else int(first.rstrip().rpartition(":")[2])
        tool = Running(process, port)
        try:
            yield tool
        finally:
            if process.poll() is None:
                tool.stop()


def worklist_item(number: int, modality: str) -> dict[str, Any]:
    """Return a worklist item with one scheduled step, in the JSON model."""
    step = {
        "00080060": {"vr": "CS", "Value": [modality]},
        "00400001": {"vr": "AE", "Value": ["STATION"]},
        "00400002": {"vr": "DA", "Value": ["20260101"]},
        "00400003": {"vr": "TM", "Value": ["101500"]},
        "00400009": {"vr": "SH", "Value": [f"S{number}"]},
    }
    return {
        "00080050": {"vr": "SH", "Value": [f"A{number}"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": f"Doe^{number}"}]},
        "00100020": {"vr": "LO", "Value": [f"P{number}"]},
        "0020000D": {"vr": "UI", "Value": [f"1.2.{number}"]},
        "00321060": {"vr": "LO", "Value": ["Something"]},
        "00400100": {"vr": "SQ", "Value": [step]},
        "00401001": {"vr": "SH", "Value": [f"R{number}"]},
    }
