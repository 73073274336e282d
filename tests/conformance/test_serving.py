"""Does the program start, say where it listens, refuse what it must, and stop cleanly?"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus import PYDICOM_FILES

from lumenarc.app import listen, serve
from lumenarc.app.opening import listening_for_hl7
from lumenarc.config import BadSetting, load
from lumenarc.errors import Unavailable
from raw_peer import RawPeer
from served import Served

SERVE = (
    sys.executable,
    "-c",
    "from lumenarc.cli import main; main()",
    "serve",
    "--http-port",
    "0",
    "--dicom-port",
    "0",
    "--hl7-port",
    "0",
)


def test_it_answers_and_stops_cleanly(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    for how in (signal.SIGTERM, signal.SIGINT):
        served = archive_server(data=tmp_path / "data")
        with urllib.request.urlopen(served.http + "readyz", timeout=20) as answer:
            assert json.load(answer) == {"status": "ready"}
        host, port = served.dicom_host, str(served.dicom_port)
        subprocess.run(("echoscu", "-aec", "LUMENARC", host, port), check=True, timeout=30)
        wrong = subprocess.run(("echoscu", "-aec", "NOBODY", host, port), capture_output=True, text=True, timeout=30)
        assert wrong.returncode != 0
        assert "Called AE Title Not Recognized" in wrong.stderr
        second = subprocess.run((*SERVE, "--data", str(tmp_path / "data")), capture_output=True, text=True, check=False)
        assert second.returncode == 2
        assert "running in this data folder" in second.stderr
        served.process.send_signal(how)
        assert served.process.wait(30) == 0


def test_settings_come_from_file_environment_and_command_line(
    archive_server: Callable[..., Served], tmp_path: Path
) -> None:
    """The later wins; more processes say so in the ready line."""
    config = tmp_path / "my.toml"
    config.write_text('aet = "FROMFILE"\nworkers = 3\nhost = "127.0.0.1"\n')
    environment = {"LUMENARC_AET": "FROMENV", "LUMENARC_WORKERS": "2", "LUMENARC_HL7_PORT": "0"}
    served = archive_server("--config", str(config), "--host", "::1", "--hl7-port", "0", environment=environment)
    assert served.dicom_host == "[::1]" and served.http.startswith("http://[::1]:")
    with urllib.request.urlopen(served.http + "api/settings", timeout=20) as answer:
        found = {line["name"]: line["value"] for line in json.load(answer)}
    assert (found["aet"], found["workers"], found["host"], found["hl7_port"]) == ("FROMENV", 2, "::1", 0)
    with RawPeer("::1", served.dicom_port) as peer:
        assert peer.associate(called="FROMENV").echo() == 0


def test_a_second_archive_starts_without_the_hl7_port_unless_that_was_asked_for(tmp_path: Path) -> None:
    def opened(**named: Any) -> bool:
        with listening_for_hl7(load(data=tmp_path, **named)) as bound:
            return bound is not None

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Unavailable):  # whoever has the port already does as well
            stack.enter_context(listen("127.0.0.1", 2575))
        assert not opened()
        with pytest.raises(Unavailable, match="2575 is taken"):
            opened(hl7_port=2575)
        assert opened(hl7_port=0)


def test_what_storescu_sends_findscu_finds(archive_server: Callable[..., Served]) -> None:
    served = archive_server()
    host, port = served.dicom_host, str(served.dicom_port)
    files = [str(next(PYDICOM_FILES.rglob(name))) for name in ("CT_small.dcm", "MR_small.dcm")]
    subprocess.run(("storescu", "-aec", "LUMENARC", host, port, *files), check=True, timeout=30)
    keys = ("QueryRetrieveLevel=STUDY", "PatientName=compressedsamples^ct*", "StudyInstanceUID", "ModalitiesInStudy")
    asked = [word for key in keys for word in ("-k", key)]
    found = subprocess.run(
        ("findscu", "-S", "-aec", "LUMENARC", *asked, host, port), capture_output=True, text=True, timeout=30
    )
    assert found.returncode == 0
    assert found.stderr.count("Find Response:") == 1
    assert "UI [1.3.6.1.4.1.5962.1.2.1.20040119072730.12322" in found.stderr
    assert "CS [CT]" in found.stderr


def test_the_start_loads_no_library_that_it_does_not_need() -> None:
    """Each of these takes a tenth of a second or more, and the archive shall be ready in two."""
    heavy = {"pydicom", "imagecodecs", "PIL", "alembic", "highdicom", "reportlab"}
    words = f"import sys, lumenarc.app; print(*{heavy} & set(sys.modules))"
    done = subprocess.run((sys.executable, "-c", words), capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_taken_port_is_named() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(Unavailable, match="taken"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_nobody_outside_without_sign_in(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"lumenarc user add.*insecure_public"):
        serve(load(data=tmp_path / "data", host="0.0.0.0"))
    assert not (tmp_path / "data").exists()
