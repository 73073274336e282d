"""Is printing done from the page? Films that came in, and images of the viewer on the film of DCMTK's printer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import phantoms
import pydicom
import pytest
from corpus import PYDICOM_FILES
from scenarios import play, store

from dicom_peers import free_port, running
from print_peers import configured
from served import Served
from tools import run

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"


def test_films_come_and_go(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    archive = archive_server(environment={"LUMENARC_FILM_DPI": "60", "LUMENARC_IMAGING_TIMEOUT_S": "60"})
    study = phantoms.write_ct(tmp_path / "ct", count=6)
    store(archive, tmp_path / "ct")
    file = PYDICOM_FILES / "test_files" / "CT_small.dcm"
    words = ("--film-size", "A4", "--label", "Knee <b>", "--annotation", "A line")
    assert run("printscu", "-c", f"LUMENARC@127.0.0.1:{archive.dicom_port}", *words, file).code == 0
    port = free_port()
    configuration = configured(tmp_path / "spool", port, "LOCALPRINTER")
    with running(("dcmprscp", "-c", str(configuration)), port, tmp_path / "log"):
        play(archive, "page/films", study=study, port=port, axe=str(AXE))
    films = list((tmp_path / "spool" / "db").glob("SP_*"))
    boxes = [pydicom.dcmread(film).FilmBoxContentSequence[0] for film in films]
    assert [(box.ImageDisplayFormat, box.FilmSizeID) for box in boxes] == [(r"STANDARD\1,2", "8INX10IN")] * 2
    kept = [pydicom.dcmread(path).pixel_array for path in (tmp_path / "spool" / "db").glob("HG_*")]
    # Every second image of six, in the window of the first and inverted.
    files = [pydicom.dcmread(tmp_path / "ct" / f"ct{n:04}.dcm") for n in range(6)]
    first = files[0]
    center, width = (float(np.atleast_1d(first[name].value)[0]) for name in ("WindowCenter", "WindowWidth"))
    assert len(kept) == 3

    def printed(ds: pydicom.Dataset) -> bool:
        values = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        levels = 4095 - np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 4095
        return any(pixels.shape == levels.shape and abs(pixels - levels).max() <= 2 for pixels in kept)

    assert all(printed(ds) for ds in files[::2])
