"""What does a running archive hold: threads, files, sockets, memory? From /proc, so that a leak shows."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one process at one moment; memory in bytes, `peak_bytes` since its start.

    `n_blobs` are open files of the data folder; folders and up to four empty files for the next instances, which are
    kept open on purpose, are counted nowhere.
    """

    n_threads: int
    n_sockets: int
    n_blobs: int
    resident_bytes: int
    peak_bytes: int


def figures(pid: int) -> Figures:
    """Read what the kernel says about a process."""
    lines = (line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    status = {name: value.split() for name, value in lines}
    kib = {name: int(status[name][0]) << 10 for name in ("VmRSS", "VmHWM")}
    n_sockets = n_blobs = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found = entry.stat()
            n_sockets += stat.S_ISSOCK(found.st_mode)
            n_blobs += found.st_size > 0 and entry.readlink().suffix == ".dcm"
    return Figures(int(status["Threads"][0]), n_sockets, n_blobs, kib["VmRSS"], kib["VmHWM"])


def settled(pid: int, is_settled: Callable[[Figures], bool], within_s: float = 60.0) -> Figures:
    """Wait until the figures are as they should be; return the last ones, whatever they are."""
    until = time.monotonic() + within_s
    while not is_settled(found := figures(pid)) and time.monotonic() < until:
        time.sleep(0.05)
    return found
