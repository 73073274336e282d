"""Are objects derived from images, and those that are no images, shown as what they are? In a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import derived
import models
import phantoms
import pytest
import radiotherapy
import reports
import slides
from scenarios import play, store

from served import Served

pytestmark = pytest.mark.browser


def test_segmentations_lie_over_their_images(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path)
    phantoms.write_mr(tmp_path, study)
    derived.write_segmentations(tmp_path, derived.images_in(tmp_path))
    store(archive, tmp_path)
    play(archive, "viewer/segmentation", study=study)


def test_treatments_lie_over_their_images(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path)
    phantoms.write_mr(tmp_path, study)
    radiotherapy.write_treatment(tmp_path, derived.images_in(tmp_path))
    store(archive, tmp_path)
    play(archive, "viewer/radiotherapy", study=study)


def test_reports_of_others_are_drawn(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path)
    reports.write_foreign_report(tmp_path, derived.images_in(tmp_path))
    store(archive, tmp_path)
    play(archive, "viewer/foreign_report", study=study)


def test_slides_are_seen_at_every_zoom(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = slides.write_slide(tmp_path)
    store(archive, tmp_path)
    play(archive, "viewer/slide", study=study, square=slides.SQUARE)


def test_times_are_walked_through_beside_slices(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = derived.write_times(tmp_path)
    store(archive, tmp_path)
    play(archive, "viewer/times", study=study)


def test_models_and_letters_are_seen_as_what_they_are(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = models.write_documents(tmp_path)
    store(archive, tmp_path)
    play(archive, "viewer/models", study=study)


def test_the_views_of_objects_are_accessible(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    images = phantoms.write_ct(tmp_path)
    derived.write_segmentations(tmp_path, derived.images_in(tmp_path))
    radiotherapy.write_treatment(tmp_path, derived.images_in(tmp_path))
    facts = {
        "images": images,
        "slide": slides.write_slide(tmp_path),
        "documents": models.write_documents(tmp_path),
        "times": derived.write_times(tmp_path),
    }
    store(archive, tmp_path)
    axe = str(Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js")
    play(archive, "viewer/objects_access", **facts, axe=axe)
