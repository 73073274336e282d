"""Are volumes read right: planes, slabs, models, fusion, and honest words for what is none? In a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import derived
import numpy as np
import phantoms
import pytest
import radiotherapy
import volume_phantoms as made
from pydicom.uid import generate_uid
from scenarios import play, store

from served import Served, serve

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An archive that starts empty; each test brings its own study."""
    served = serve(tmp_path_factory.mktemp("volumes"))
    yield served
    served.stop()


def drawn_middle(cut: made.Cut) -> list[float]:
    """Return the middle of those voxels that hold the marker: it is known no better than voxels are."""
    x, y, z = (np.asarray(cut.first)[:, None, None, None] + made.offsets(cut)).astype(float)
    inside = made.box(x, y, z, made.MARKER, (4, 4, 4))
    return [float(axis[inside].mean()) for axis in (x, y, z)]


def test_planes_slabs_and_sizes_are_right(archive: Served, tmp_path: Path) -> None:
    study, cut = generate_uid(), made.UPRIGHT
    made.write_ct(tmp_path, study)
    store(archive, tmp_path)
    # The bar holds 31 layers of 1.25 mm; the middle of its height and width is a voxel.
    bar = {"place": [-12, 8, 0], "length": 31 * 1.25, "step": cut.spacing[1]}
    play(archive, "viewer/volume", study=study, marker=drawn_middle(cut), bar=bar, step=cut.spacing[2])


def test_a_tilted_gantry_is_set_straight(archive: Served, tmp_path: Path) -> None:
    """The marker is where it is in the patient, although every slice lies further back than the one before."""
    study, cut = generate_uid(), made.TILTED
    made.write_ct(tmp_path, study, cut)
    store(archive, tmp_path)
    step = cut.spacing[2] * float(np.cos(np.deg2rad(15)))
    play(
        archive, "viewer/volume", study=study, marker=list(made.MARKER), bar={}, step=step, shot="tilted", tilt="15.0°"
    )


def test_pet_lies_over_ct_with_the_right_suv(archive: Served, tmp_path: Path) -> None:
    study = generate_uid()
    made.write_ct(tmp_path / "ct", study)
    made.write_pet(tmp_path / "pet", study)
    store(archive, tmp_path)
    play(archive, "viewer/fusion", study=study, hot=list(made.MARKER), step=made.UPRIGHT.spacing[2])


def test_a_volume_is_a_solid_body(archive: Served, tmp_path: Path) -> None:
    study = generate_uid()
    made.write_ct(tmp_path, study)
    store(archive, tmp_path)
    play(archive, "viewer/model", study=study, viewport={"width": 640, "height": 480})


def test_what_is_no_volume_says_why(archive: Served, tmp_path: Path) -> None:
    small = replace(made.UPRIGHT, columns=32, rows=24, count=6)

    def study(name: str, *places: int) -> str:
        uid = generate_uid()
        made.write_ct(tmp_path / name, uid, small)
        for index, file in enumerate(sorted((tmp_path / name).iterdir())):
            if index not in places:
                file.unlink()
        return uid

    cases = [
        {"study": study("gap", 0, 1, 2, 5), "words": "varies from 1.25 to 3.75 mm"},
        {"study": study("few", 0, 1), "words": "fewer than three images"},
    ]
    store(archive, tmp_path)
    play(archive, "viewer/no_volume", cases=cases)


def test_without_a_graphics_processor_it_says_so(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = generate_uid()
    made.write_ct(tmp_path, study, replace(made.UPRIGHT, count=4))
    store(archive, tmp_path)
    flags = ["--no-sandbox", "--disable-3d-apis", "--no-first-run"]
    play(archive, "viewer/no_volume", cases=[{"study": study, "words": "WebGL 2"}], more={"args": flags})


def test_layers_lie_on_the_planes(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path)
    derived.write_segmentations(tmp_path, derived.images_in(tmp_path))
    radiotherapy.write_treatment(tmp_path, derived.images_in(tmp_path))
    store(archive, tmp_path)
    play(archive, "viewer/plane_layers", study=study)
