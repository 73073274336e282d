"""How does a test play a scenario? In node, because the page's own driver (playwright-core) is there already."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path

from served import Served

HERE = Path(__file__).parent
SHOTS = Path(os.environ.get("BROWSER_SHOTS", "/tmp/lumenarc-shots"))


def store(archive: Served, folder: Path) -> None:
    """Send all files of a folder as they are (DCMTK's storescu would have to transcode some)."""
    for file in sorted(folder.rglob("*.dcm")):
        headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+json"}
        request = urllib.request.Request(archive.http + "dicom-web/studies", file.read_bytes(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200, file.name


def play(archive: Served, scenario: str, **facts: object) -> None:
    """Run `folder/name` against an archive with what it needs to know; its failure is the test's."""
    shots = SHOTS / Path(scenario).parent
    shots.mkdir(parents=True, exist_ok=True)
    given = json.dumps({"base": archive.http, "shots": str(shots), **facts})
    command = ("node", str(HERE / "run.mjs"), str(HERE / f"{scenario}.mjs"), given)
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
