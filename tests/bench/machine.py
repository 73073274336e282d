"""On which machine, with which versions, was it measured? And where the last table is kept: docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .table import Line, as_markdown

REPORT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def facts(elapsed_s: float) -> dict[str, str]:
    """Return what one has to know to read the table."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", info)
    memory = int(re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[0]) / (1 << 20)
    load = os.getloadavg()
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": f"{os.cpu_count()} × {model[1] if model else platform.machine()}, {memory:.0f} GiB, "
        f"Linux {platform.release()}",
        "versions": f"Lumenarc {_commit()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{_version('Orthanc', '--version')}, {_version('storescu', '--version')}",
        "took": f"{elapsed_s:.0f} s; load at the end {load[0]:.1f} {load[1]:.1f} {load[2]:.1f}",
    }


def _commit() -> str:
    done = subprocess.run(
        ("git", "describe", "--always", "--dirty"), cwd=REPORT.parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _version(program: str, option: str) -> str:
    try:
        done = subprocess.run((program, option), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{program} is missing"
    lines = done.stdout.splitlines()
    return re.sub(r"^\$|\$$|^dcmtk: ", "", lines[0]).replace("dcmtk: ", "DCMTK ").strip() if lines else program


def write_report(about: Mapping[str, str], lines: Sequence[Line]) -> None:
    """Put the table into docs/benchmarks.md, between its two marks."""
    text = REPORT.read_text("utf-8")
    head, rest = text.split(_BEGIN, 1)
    tail = rest.split(_END, 1)[1]
    measured = "\n".join(f"- {name}: {value}" for name, value in about.items())
    REPORT.write_text(f"{head}{_BEGIN}\n{measured}\n\n{as_markdown(lines)}\n{_END}{tail}", "utf-8")
