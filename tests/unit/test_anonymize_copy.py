"""Is an anonymised copy a study of its own that holds nothing of the original's identity, and the same every time?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.dicom.deidentify_policy import Policy
from lumenarc.errors import BadRequest, NotFound, Refused
from lumenarc.services import anonymize, jobs, retrieve, store

CT, MR_RLE, REPORT = "CT_small.dcm", "MR_small_RLE.dcm", "reportsi.dcm"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    yield opened
    opened.close()


def stored(archive: Archive, name: str) -> tuple[pydicom.Dataset, bytes]:
    path = next(PYDICOM_FILES.rglob(name))
    store.store_part10(archive, [path.read_bytes()], store.Source("SCU"))
    return pydicom.dcmread(path), path.read_bytes()


def ran(archive: Archive, study_uid: str, wish: Policy) -> dict[str, object]:
    anonymize.start(archive, (study_uid,), wish)
    running = jobs.claim(archive, ("anonymize",))
    assert running is not None
    result = anonymize.run(archive, running)
    running.done(result)
    return result


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [CT, MR_RLE, REPORT])
def test_a_copy_holds_nothing_of_the_original(archive: Archive, name: str) -> None:
    ds, _data = stored(archive, name)
    wish = Policy(patient_name="Nobody^At all", patient_id="STUDY-7")
    result = ran(archive, ds.StudyInstanceUID, wish)
    (copied,) = cast(list[str], result["study_uids"])
    (copy,) = retrieve.find(archive, copied)
    whole = b"".join(retrieve.whole_file(archive, copy))
    read = pydicom.dcmread(pydicom.filebase.DicomBytesIO(whole))
    assert (str(read.PatientName), read.PatientID, read.PatientIdentityRemoved) == ("Nobody^At all", "STUDY-7", "YES")
    assert copy.transfer_syntax_uid == ds.file_meta.TransferSyntaxUID
    if "PixelData" in ds:
        assert read.PixelData == ds.PixelData
    for uid in (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID, str(ds.PatientName)):
        assert uid.encode() not in whole
    assert result == ran(archive, ds.StudyInstanceUID, wish)  # the same copy again
    assert len(retrieve.find(archive, copied)) == 1


@pytest.mark.filterwarnings("ignore")
def test_what_may_show_a_name_is_refused_and_said(archive: Archive) -> None:
    ds, _data = stored(archive, CT)
    other = pydicom.dcmread(next(PYDICOM_FILES.rglob(CT)))
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.3.4")
    other.BurnedInAnnotation = "YES"
    written = pydicom.filebase.DicomBytesIO()
    other.save_as(written)
    store.store_part10(archive, [written.getvalue()], store.Source("SCU"))
    result = ran(archive, ds.StudyInstanceUID, Policy())
    assert result["instances"] == 1
    assert sum(result["refused"].values()) == 1  # type: ignore[attr-defined]  # a dict of counts


def test_what_cannot_be_is_said_at_once(archive: Archive) -> None:
    with pytest.raises(NotFound):
        anonymize.start(archive, ("1.2.3",), Policy())
    ds, _data = stored(archive, CT)
    with pytest.raises(BadRequest):
        anonymize.start(archive, (ds.StudyInstanceUID,), Policy(frozenset(("keep_everything",))))
    anonymize.start(archive, (ds.StudyInstanceUID,), Policy())
    with pytest.raises(Refused):
        anonymize.start(archive, (ds.StudyInstanceUID,), Policy())
