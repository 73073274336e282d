"""Whom does a test talk DICOM with? Programs of others, each on a free port, in folders of their own."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PLUGINS = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program listens; it must not have ended by then."""
    for _attempt in range(400):
        assert process.poll() is None, "the peer ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("the peer does not listen")


@contextlib.contextmanager
def running(command: tuple[str, ...], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that listens on a port; its output goes to `log`."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            wait_for_port(port, process)
            yield process
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class StoreScp:
    """DCMTK's storescp: where it listens and what it has received."""

    port: int
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    def files(self) -> list[Path]:
        """Return what has arrived."""
        return sorted(path for path in self.folder.iterdir() if path.is_file())


@contextlib.contextmanager
def storescp(folder: Path, *options: str) -> Iterator[StoreScp]:
    """Run DCMTK's storescp, which keeps every data set as it comes (bit preserving)."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), folder.with_suffix(".log")
    command = ("storescp", "-v", "+B", "-od", str(folder), *(options or ("+xa",)), str(port))
    with running(command, port, log) as process:
        yield StoreScp(port, folder, log, process)


@dataclass(frozen=True, slots=True)
class Orthanc:
    """A running Orthanc: AE title ORTHANC, its DICOM port and its REST address."""

    port: int
    http: str

    def ask(self, path: str, body: object | None = None) -> object:
        """GET, or POST what is given as JSON; return the JSON of the answer."""
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.http + path, data), timeout=60) as answer:
            return json.load(answer)

    def file(self, identifier: str) -> bytes:
        """Return an instance as a file, by Orthanc's own identifier."""
        with urllib.request.urlopen(f"{self.http}/instances/{identifier}/file", timeout=60) as answer:
            found: bytes = answer.read()
            return found


@contextlib.contextmanager
def orthanc(folder: Path, modalities: dict[str, tuple[str, int]] | None = None) -> Iterator[Orthanc]:
    """Run Orthanc; `modalities` are AE titles of its own peers with host and port."""
    folder.mkdir(parents=True, exist_ok=True)
    port, http_port = free_port(), free_port()
    settings = {
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "HttpPort": http_port,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomAlwaysAllowStore": True,
        "UnknownSopClassAccepted": True,
        "OverwriteInstances": True,
        "Plugins": [_PLUGINS],
        "DicomModalities": {title: [title, host, peer] for title, (host, peer) in (modalities or {}).items()},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with running(("Orthanc", str(folder / "orthanc.json")), port, folder / "orthanc.log") as process:
        wait_for_port(http_port, process)
        peer = Orthanc(port, f"http://127.0.0.1:{http_port}")
        for _attempt in range(200):
            with contextlib.suppress(urllib.error.URLError):
                peer.ask("/system")
                break
            time.sleep(0.05)
        yield peer
