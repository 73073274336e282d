"""Are the samples right? The numbers of the phantoms, and objects that every reader takes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.dicom import phantoms
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.query_parse import from_qido
from lumenarc.index.lookup import Uids
from lumenarc.services import query, retrieve, samples


def test_phantom_has_the_values_it_says() -> None:
    """Air outside, lung and muscle where they lie; the last body drawn is on top."""
    volume = phantoms.drawn(phantoms.CHEST, (9, 128, 128), -1000)
    assert volume[4, 0, 0] == -1000
    assert volume[4, 64, 40] == -845
    assert volume[4, 86, 64] == 130
    assert phantoms.noisy(volume, 5, 1).mean() == pytest.approx(volume.mean(), abs=0.2)
    assert (phantoms.noisy(volume, 5, 1) == phantoms.noisy(volume, 5, 1)).all()


def test_ventricle_beats() -> None:
    """Frames differ, the first follows the last, and nothing is drawn outside the sector."""
    frames = phantoms.beating(8, 90, 120)
    assert frames.shape == (8, 90, 120, 3)
    assert not frames[:, 80:, :10].any()
    assert (frames[0] != frames[4]).any()


def test_samples_are_stored_once(tmp_path: Path) -> None:
    """The second time everything is there already; every object says that it is synthetic, and pydicom reads it."""
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    first = samples.load(archive)
    assert (first.n_failed, first.n_present, len(first.studies)) == (0, 0, 4)
    again = samples.load(archive)
    assert (again.n_stored, again.n_present, again.studies) == (0, first.n_stored, first.studies)
    rows = list(query.search(archive, from_qido(Level.STUDY, {}, [("q", "小东")])))
    assert [row["00080061"]["Value"] for row in rows] == [["MR"]]
    for inst in retrieve.select(archive, Uids(study_uids=first.studies)):
        ds = pydicom.dcmread(io.BytesIO(b"".join(retrieve.whole_file(archive, inst))))
        assert ds["SyntheticData"].value == "YES"
        assert np.ptp(ds.pixel_array) > 0
    archive.close()
