"""Who receives, keeps and finds in the benchmark: Lumenarc, Orthanc, DCMTK's storescp, and one that keeps nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .programs import Broken, free_port, need, running, wait_for_port

ORTHANC_DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
LUMENARC = (sys.executable, "-c", "from lumenarc.cli import main; main()")


def our_environment() -> dict[str, str]:
    """Let our programs import what the bench imports, compiled once, as what is installed is."""
    compiled = Path(tempfile.gettempdir()) / f"lumenarc-bench-{os.getuid()}"
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(compiled),
    }


@dataclass(frozen=True, slots=True)
class Receiver:
    """A running server: its AE title, ports, process, and how many instances it has."""

    name: str
    aet: str
    dicom_port: int
    pid: int
    n_instances: Callable[[], int]
    dicom_web: str = ""


@contextmanager
def lumenarc(folder: Path, *, sync: str = "full") -> Iterator[Receiver]:
    """Run our archive in a folder."""
    log = folder / "lumenarc.log"
    folder.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    ports = ("--dicom-port", "0", "--http-port", "0", "--hl7-port", "0")
    command = (*LUMENARC, "serve", "--data", str(folder / "data"), *ports)
    environment = our_environment() | {"LUMENARC_SYNC": sync, "LUMENARC_LOG_LEVEL": "warning"}
    with running(command, log, environment) as process:
        facts = _ready(log, process.poll)
        index = folder / "data" / "index.sqlite"

        def n_instances() -> int:
            with sqlite3.connect(f"file:{index}?mode=ro", uri=True) as connection:
                return int(connection.execute("SELECT count(*) FROM instance WHERE state = 'live'").fetchone()[0])

        port = int(facts["dicom"].rpartition(":")[2])
        yield Receiver("Lumenarc", facts["aet"], port, process.pid, n_instances, facts["http"] + "dicom-web")


def _ready(log: Path, poll: Callable[[], int | None]) -> dict[str, str]:
    """Wait for the line that says where the doors are."""
    while poll() is None:
        for line in log.read_text("utf-8", "replace").splitlines():
            words = line.split()
            if words[:1] == ["ready"]:
                return dict(word.split("=", 1) for word in words[1:])
        time.sleep(0.005)
    raise Broken(f"lumenarc did not start: {log.read_text('utf-8', 'replace')[-500:]}")


@contextmanager
def orthanc(folder: Path, *, no_delay: bool = True) -> Iterator[Receiver]:
    """Run Orthanc with its SQLite index and its DICOMweb plugin in a folder, with its default durability.

    `no_delay` switches Nagle's algorithm off in its DCMTK, without which each small instance takes it 45 ms longer.
    """
    need("Orthanc", ORTHANC_DICOMWEB)
    folder.mkdir(parents=True, exist_ok=True)
    dicom_port, http_port = free_port(), free_port()
    configuration = {
        "Name": "bench",
        "StorageDirectory": str(folder / "data"),
        "IndexDirectory": str(folder / "data"),
        "Plugins": [ORTHANC_DICOMWEB],
        "DicomAet": "ORTHANC",
        "DicomPort": dicom_port,
        "HttpPort": http_port,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomAlwaysAllowStore": True,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": True},
    }
    config, log = folder / "orthanc.json", folder / "orthanc.log"
    config.write_text(json.dumps(configuration))
    environment = {"TCP_NODELAY": "1"} if no_delay else {}
    with running(("Orthanc", str(config)), log, environment) as process:
        wait_for_port(process, http_port, log)
        wait_for_port(process, dicom_port, log)
        base = f"http://127.0.0.1:{http_port}/"

        def n_instances() -> int:
            with urllib.request.urlopen(base + "statistics") as answer:
                return int(json.load(answer)["CountInstances"])

        yield Receiver("Orthanc", "ORTHANC", dicom_port, process.pid, n_instances, base + "dicom-web")


@contextmanager
def storescp(folder: Path) -> Iterator[Receiver]:
    """Run DCMTK's storescp: a file for each instance, no index, nothing flushed."""
    need("storescp")
    kept, port, log = folder / "kept", free_port(), folder / "storescp.log"
    kept.mkdir(parents=True, exist_ok=True)
    command = ("storescp", "-q", "+B", "-pm", "-aet", "STORESCP", "-od", str(kept), str(port))
    with running(command, log, {"TCP_NODELAY": "1"}) as process:
        wait_for_port(process, port, log)
        yield Receiver("storescp", "STORESCP", port, process.pid, lambda: sum(1 for _ in os.scandir(kept)))


@contextmanager
def discarding(folder: Path) -> Iterator[Receiver]:
    """Run a receiver that answers success and keeps nothing: what is measured then is the sender."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log, counts = free_port(), folder / "discard.log", folder / "counts"
    program = str(Path(__file__).parent / "discard.py")
    with running((sys.executable, program, str(port), str(counts)), log) as process:
        wait_for_port(process, port, log)

        def n_instances() -> int:
            return sum(map(int, counts.read_text().split()))

        yield Receiver("discarding", "DISCARD", port, process.pid, n_instances)


@contextmanager
def our_storescp(folder: Path) -> Iterator[Receiver]:
    """Run our storescp: a file for each instance, no index, nothing flushed."""
    kept, port, log = folder / "kept", free_port(), folder / "storescp.log"
    kept.mkdir(parents=True, exist_ok=True)
    command = (*LUMENARC, "storescp", "-q", "-b", f"STORESCP:{port}", "--directory", str(kept))
    with running(command, log, our_environment()) as process:
        wait_for_port(process, port, log)
        yield Receiver("our storescp", "STORESCP", port, process.pid, lambda: sum(1 for _ in kept.glob("*.*")))
