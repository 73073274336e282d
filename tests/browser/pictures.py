"""How does every view look? Takes pictures for docs/pictures.md, with made-up studies in an archive of their own.

PYTHONPATH=src:tests:tests/browser .venv/bin/python tests/browser/pictures.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import derived
import httpx
import looks
import models
import phantoms
import radiotherapy
import slides
import volume_phantoms
from PIL import Image
from pydicom.uid import generate_uid
from scenarios import store

from served import Served, serve

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
VIEWS = {
    "studies": "Studies",
    "study": "A study beside the list",
    "export": "Export of a selection",
    "header": "Header",
    "patients": "Patients",
    "remote": "Other archives",
    "dashboard": "Dashboard",
    "jobs": "Jobs",
    "devices": "Devices",
    "trash": "Trash",
    "films": "Films",
    "settings": "Settings",
}
# The viewer is dark in both themes.
VIEWER = {
    "viewer": "Viewer",
    "planes": "Planes of a volume",
    "body": "A volume as a body",
    "fusion": "PET over CT",
    "layers": "Segmentation, structures and dose over CT",
    "plan": "Plan of a treatment",
    "presented": "Presentation state",
    "slide": "Whole slide",
    "model": "Model",
    "letter": "Letter (CDA)",
}
LOOKS = ("en-light", "en-dark", "zh-light", "zh-dark")
_KINDS = "pt mr dx mg us ecg sr seg".split()
_WIDTH = 960


def main() -> int:
    """Fill an archive, take the pictures, write the page."""
    with tempfile.TemporaryDirectory(prefix="lumenarc-pictures-") as scratch:
        shots = Path(scratch) / "shots"
        shots.mkdir()
        archive = serve(Path(scratch) / "data")
        try:
            _fill(archive, Path(scratch))
            given = json.dumps(
                {"base": archive.http, "shots": str(shots), "made": _fill_viewer(archive, Path(scratch))}
            )
            subprocess.run(("node", str(HERE / "run.mjs"), str(HERE / "pictures.mjs"), given), check=True, timeout=1800)
        finally:
            archive.stop()
        folder = DOCS / "images" / "views"
        folder.mkdir(parents=True, exist_ok=True)
        for shot in sorted(shots.glob("*.png")):
            with Image.open(shot) as picture:
                small = picture.convert("RGB").resize((_WIDTH, _WIDTH * picture.height // picture.width))
                small.save(folder / f"{shot.stem}.webp", quality=72, method=6)
    _write_page()
    return 0


def _fill(archive: Served, scratch: Path) -> None:
    """Bring in studies of many kinds, a device, a deletion and jobs."""
    http = httpx.Client(base_url=archive.http, timeout=300)
    http.post("api/samples").raise_for_status()
    command = (sys.executable, "-c", "from lumenarc.cli import main; main()", "dcmgen", "-q", "-j", "1")
    size = ("--size", "128", "--frames", "12", "-s", "InstitutionName=Phantom Hospital")
    subprocess.run((*command, *size, *_KINDS, str(scratch / "made")), check=True)
    for file in sorted((scratch / "made").rglob("*")):
        if file.is_file():
            http.post("api/upload", content=file.read_bytes(), headers={"Content-Type": "application/dicom"})
    device = {"title": "RECON1", "host": "192.0.2.17", "port": 11112, "description": "CT, room 3"}
    http.post("api/aes", json=device).raise_for_status()
    (study,) = http.get("dicom-web/studies", params={"StudyDescription": "Sample chest radiograph"}).json()
    item = {"study_uid": study["0020000D"]["Value"][0]}
    http.post("api/delete", json={"items": [item], "reason": "sent twice"}).raise_for_status()
    for task in ("check", "metadata"):
        http.post("api/jobs", json={"task": task})
    time.sleep(5)  # let the jobs come to their end


def _fill_viewer(archive: Served, scratch: Path) -> dict[str, str]:
    """Bring in what the viewer shows besides stacks; return its studies by name."""
    folder, volume = scratch / "objects", generate_uid()
    images = phantoms.write_ct(folder)
    derived.write_segmentations(folder, derived.images_in(folder))
    radiotherapy.write_treatment(folder, derived.images_in(folder))
    volume_phantoms.write_ct(folder / "ct", volume)
    volume_phantoms.write_pet(folder / "pet", volume)
    written = {
        "slide": slides.write_slide(folder),
        "documents": models.write_documents(folder),
        "times": derived.write_times(folder),
        "presented": looks.write_state(folder / "state"),
    }
    store(archive, folder)
    return {"images": images, "volume": volume, **written}


def _write_page() -> None:
    lines = ["# How every view looks", ""]
    lines += ["Made by `tests/browser/pictures.py` from made-up studies; English and Chinese, light and dark.", ""]
    for name, title in VIEWS.items():
        cells = [f"![{title}, {look}](images/views/{name}-{look}.webp)" for look in LOOKS]
        lines += [f"## {title}", "| English, light | English, dark |", "|---|---|", f"| {cells[0]} | {cells[1]} |"]
        lines += ["", "| 中文，浅色 | 中文，深色 |", "|---|---|", f"| {cells[2]} | {cells[3]} |", ""]
    lines += ["## The viewer", "It is dark in both themes.", ""]
    for name, title in VIEWER.items():
        cells = [f"![{title}, {language}](images/views/{name}-{language}-dark.webp)" for language in ("en", "zh")]
        lines += [f"### {title}", "| English | 中文 |", "|---|---|", f"| {cells[0]} | {cells[1]} |", ""]
    (DOCS / "pictures.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
