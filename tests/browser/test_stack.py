"""Do the image tools of the stack viewer do what the standard says? Scenarios in a real Chromium on made-up images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import looks
import phantoms
import pytest
from scenarios import play
from test_viewer import store

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
