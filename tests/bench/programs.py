"""How are archives and receivers run beside each other? As programs of their own that end with the bench."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_START_S = 60.0
_STOP_S = 60.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Missing(Exception):
    """A program that a row needs is not installed."""


class Broken(Exception):
    """A program did not do what was asked."""


def need(*programs: str) -> None:
    """Raise Missing unless every program, or file, is there."""
    for program in programs:
        if not (Path(program).exists() if "/" in program else shutil.which(program)):
            raise Missing(f"{program} is missing: run `make peers`")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: dict[str, str] | None = None, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the caller works; it dies with the bench, whatever happens to that."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            ("setpriv", "--pdeathsig", "TERM", *command),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            cwd=folder,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a server listens; raise Broken with the end of its log when it ends instead."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Broken(f"{process.args!r} does not listen: {log.read_text('utf-8', 'replace')[-500:]}")


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """Run a tool to its end and return what it printed; raise Broken when it fails."""
    done = subprocess.run(command, capture_output=True, env={**os.environ, **(environment or {})}, check=False)
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode:
        raise Broken(f"{command[0]} failed ({done.returncode}): {output[-300:].strip()}")
    return output


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def peak_bytes(pid: int) -> int:
    """Return the most resident memory that a process ever had."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
