"""Can a reader read studies in the viewer? Scenarios in a real Chromium against a running archive with known images."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import phantoms
import pytest

from served import Served, serve

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
SHOTS = Path(os.environ.get("BROWSER_SHOTS", "/tmp/lumenarc-shots")) / "viewer"


def store(archive: Served, folder: Path) -> None:
    """Send all files of a folder."""
    command = ("storescu", "-aec", "LUMENARC", "+sd", "+r", archive.dicom_host, str(archive.dicom_port), str(folder))
    subprocess.run(command, check=True, timeout=120)


def play(archive: Served, scenario: str, **facts: object) -> None:
    """Run a scenario; its failure is the test's."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    given = json.dumps({"base": archive.http, "shots": str(SHOTS), **facts})
    command = ("node", str(HERE / "run.mjs"), str(HERE / "viewer" / f"{scenario}.mjs"), given)
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An archive that starts empty; each test brings its own study."""
    served = serve(tmp_path_factory.mktemp("viewer"))
    yield served
    served.stop()


def test_a_stack_is_read_with_mouse_and_keys(archive: Served, tmp_path: Path) -> None:
    study = phantoms.write_ct(tmp_path / "ct")
    phantoms.write_mr(tmp_path / "mr", study)
    store(archive, tmp_path)
    play(archive, "stack", study=study)
