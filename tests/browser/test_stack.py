"""Do the image tools of the stack viewer do what the standard says? Scenarios in a real Chromium on made-up images."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import looks
import phantoms
import pydicom
import pytest
from scenarios import play, store

from served import Served

pytestmark = pytest.mark.browser


def test_brightness_overlays_shutters_and_presentation_states(
    archive_server: Callable[..., Served], tmp_path: Path
) -> None:
    archive = archive_server()
    folder = tmp_path / "files"
    studies = {
        "tables": looks.write_tables(folder),
        "modality": looks.write_modality(folder),
        "sigmoid": looks.write_sigmoid(folder),
        "presented": looks.write_state(folder),
    }
    store(archive, folder)
    play(archive, "viewer/look", **studies)


def test_what_is_seen_leaves_the_viewer_as_it_is_seen(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path / "ct")
    phantoms.write_mr(tmp_path / "mr", study)
    store(archive, tmp_path)
    play(archive, "viewer/export", study=study)


def test_key_images_are_kept_as_others_read_them(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path / "ct", count=6)
    store(archive, tmp_path)
    play(archive, "viewer/keys", study=study)
    url = f"{archive.http}dicom-web/studies/{study}"
    with urllib.request.urlopen(f"{url}/series?Modality=KO") as answer:
        (row,) = json.load(answer)
    request = urllib.request.Request(
        f"{url}/series/{row['0020000E']['Value'][0]}", headers={"Accept": "application/dicom"}
    )
    file = tmp_path / "keys.dcm"
    with urllib.request.urlopen(request) as answer:
        file.write_bytes(answer.read())
    judged = subprocess.run(("dciodvfy", "-new", str(file)), capture_output=True, text=True, check=False)
    assert "Error" not in judged.stderr, judged.stderr
    document = hd.ko.KeyObjectSelectionDocument.from_dataset(pydicom.dcmread(file))
    names = [pydicom.dcmread(tmp_path / "ct" / f"ct{n:04}.dcm", stop_before_pixels=True) for n in (3, 5)]
    uids = {str(name.SOPInstanceUID) for name in names}
    assert {uid for _study, _series, uid in map(document.resolve_reference, uids)} == uids


def test_keys_are_changed_and_mammograms_hung(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path / "ct", count=6)
    breasts = looks.write_mammograms(tmp_path / "mg")
    store(archive, tmp_path)
    play(archive, "viewer/habits", study=study, breasts=breasts)


def test_studies_hang_by_the_readers_protocols(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path / "ct", count=6)
    phantoms.write_mr(tmp_path / "mr", study, count=4)
    phantoms.write_ct(tmp_path / "prior", count=3, study_date="20240301")
    store(archive, tmp_path)
    play(
        archive,
        "viewer/habits_hang",
        study=study,
        axe=str(Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"),
    )
