"""Can a reader read studies in the viewer? Scenarios in a real Chromium against a running archive with known images."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import documents
import highdicom as hd
import numpy as np
import phantoms
import pydicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage, generate_uid
from scenarios import store

from served import Served, serve

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent
SHOTS = Path(os.environ.get("BROWSER_SHOTS", "/tmp/lumenarc-shots")) / "viewer"


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


def test_documents_are_shown_as_what_they_are(archive: Served, tmp_path: Path) -> None:
    study = phantoms.write_ct(tmp_path / "files", count=3)
    documents.write_pdf(tmp_path / "files", study)
    movie = tmp_path / "film.mp4"
    play(archive, "record", out=str(movie))
    documents.write_video(tmp_path / "files", study, movie.read_bytes(), (160, 120))
    report, ecg = (PYDICOM_FILES / "test_files" / name for name in ("reportsi.dcm", "waveform_ecg.dcm"))
    for file in (report, ecg):
        shutil.copy(file, tmp_path / "files")
    store(archive, tmp_path / "files")
    play(archive, "documents", study=study, report=study_of(report), ecg=study_of(ecg))


def study_of(file: Path) -> str:
    return str(pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID)


# One of each: depth, sign, colour, palette, planes, big endian, and the codecs of the browser and of the server.
KINDS = (
    "CT_small", "MR_small", "ExplVR_BigEnd", "JPEG2000", "JPEG-lossy", "JPGExtended", "J2K_pixelrep_mismatch",
    "MR_small_RLE", "MR_small_jpeg_ls_lossless", "MR_small_jp2klossless", "OBXXXX1A", "OT-PAL-8-face",
    "SC_rgb_jpeg_dcmtk", "SC_rgb_jpeg_app14_dcmd", "SC_ybr_full_uncompressed", "SC_ybr_full_422_uncompressed",
    "SC_rgb_rle", "SC_rgb_16bit", "examples_palette", "examples_ybr_color", "examples_rgb_color", "examples_jpeg2k",
    "HTJ2KLossless_08_RGB", "HTJ2K_08_RGB", "JPEG-LL", "image_dfl", "rtdose", "SC_rgb_small_odd",
)  # fmt: skip


def test_every_kind_of_image_looks_as_the_server_draws_it(archive: Served, tmp_path: Path) -> None:
    series = []
    for kind in KINDS:
        found = sorted(PYDICOM_FILES.rglob(f"{kind}.dcm"))
        if not found:
            continue
        data_set = pydicom.dcmread(found[0], force=True)
        # Each in a study of its own, so that they do not become one stack.
        data_set.StudyInstanceUID, data_set.SeriesInstanceUID, uid = generate_uid(), generate_uid(), generate_uid()
        data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = uid
        data_set.save_as(tmp_path / f"{kind}.dcm")
        series.append((kind, f"/dicom-web/studies/{data_set.StudyInstanceUID}/series/{data_set.SeriesInstanceUID}"))
    assert len(series) > 20
    store(archive, tmp_path)
    play(archive, "kinds", series=series)


def test_series_stand_side_by_side(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path / "ct")
    phantoms.write_mr(tmp_path / "mr", study)
    phantoms.write_ct(tmp_path / "prior", study_date="20240301")
    store(archive, tmp_path)
    play(archive, "layout", study=study)


def test_measurements_are_right_and_kept_as_a_report(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server()
    study = phantoms.write_ct(tmp_path / "ct", count=5)
    store(archive, tmp_path)
    play(archive, "measure", study=study)
    # Judged by others: dicom3tools finds no error, highdicom reads both groups with their regions.
    file = fetched(archive, study, "SR", tmp_path)
    judged = subprocess.run(("dciodvfy", "-new", str(file)), capture_output=True, text=True, check=False)
    assert "Error" not in judged.stderr, judged.stderr
    content: Any = hd.sr.srread(file).content
    assert len(content.get_planar_roi_measurement_groups()) + len(content.get_image_measurement_groups()) == 2
    assert_state_is_right(fetched(archive, study, "PR", tmp_path))


def fetched(archive: Served, study: str, modality: str, folder: Path) -> Path:
    """Fetch the only object of a modality of a study."""
    with urllib.request.urlopen(f"{archive.http}dicom-web/studies/{study}/series?Modality={modality}") as answer:
        (row,) = json.load(answer)
    url = f"{archive.http}dicom-web/studies/{study}/series/{row['0020000E']['Value'][0]}"
    request = urllib.request.Request(url, headers={"Accept": "application/dicom"})
    file = folder / f"{modality}.dcm"
    with urllib.request.urlopen(request) as answer:
        file.write_bytes(answer.read())
    return file


def assert_state_is_right(file: Path) -> None:
    """Find no error by dicom3tools, and the shapes as they were drawn: a line of 50 mm, a square of 8 pixels."""
    judged = subprocess.run(("dciodvfy", "-new", str(file)), capture_output=True, text=True, check=False)
    assert "Error" not in judged.stderr, judged.stderr
    state = pydicom.dcmread(file)
    assert state.SOPClassUID == GrayscaleSoftcopyPresentationStateStorage
    assert (state.RescaleIntercept, state.PresentationLUTShape) == (-1024, "IDENTITY")
    assert state.SoftcopyVOILUTSequence[0].WindowWidth == 400
    drawn = [shape for part in state.GraphicAnnotationSequence for shape in part.GraphicObjectSequence]
    line, square = sorted(drawn, key=lambda shape: int(shape.NumberOfGraphicPoints))
    x0, y0, x1, y1 = line.GraphicData
    assert abs(np.hypot(x1 - x0, y1 - y0) * 0.5 - 50) < 0.1
    corners = np.reshape(square.GraphicData, (5, 2))
    assert (corners[0] == corners[4]).all()
    assert np.abs(np.ptp(corners, axis=0) - 8).max() < 0.1
    assert np.abs(corners[:4].mean(axis=0) - 64.5).max() < 0.2
    words = [text.UnformattedTextValue for part in state.GraphicAnnotationSequence for text in part.TextObjectSequence]
    assert any("Mean 300 HU" in text for text in words)


def test_the_viewer_is_in_reach(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    """By finger, in ultrasound's own measure, as a film in each loop mode, and by axe with all its panels and menus."""
    archive = archive_server()
    ct = phantoms.write_ct(tmp_path / "ct", count=12)
    ultrasound = phantoms.write_ultrasound(tmp_path / "us")
    store(archive, tmp_path)
    axe = str(Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js")
    play(archive, "reach", ct=ct, ultrasound=ultrasound, axe=axe, more={"hasTouch": True})
