"""Are series split and merged so that nothing is lost, and is everything as it was when the trash gives it back?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from test_store import made, put

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.errors import BadRequest, NotFound, Refused
from lumenarc.services import correct, delete, jobs, leaving, regroup, retrieve

STUDY, FIRST, SECOND, OTHER = "1.2.3", "1.2.3.1", "1.2.3.2", "1.2.3.3"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """A study of two CT series of three and two objects, and a report."""
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    for series, n, modality in ((FIRST, 3, "CT"), (SECOND, 2, "CT"), (OTHER, 1, "SR")):
        for number in range(1, n + 1):
            uid = f"{series}.{number}"
            put(opened, made(uid, study=STUDY, series=series, modality=modality, number=str(number)), uid)
    yield opened
    opened.close()


def ran(archive: Archive) -> dict[str, object]:
    running = jobs.claim(archive, ("regroup",))
    assert running is not None
    result = regroup.run(archive, running)
    running.done(result)
    return result


def series_of(archive: Archive) -> dict[str, int]:
    counted: dict[str, int] = {}
    for inst in retrieve.find(archive, STUDY):
        counted[inst.series_uid] = counted.get(inst.series_uid, 0) + 1
    return counted


def test_a_series_is_split_and_comes_back(archive: Archive) -> None:
    description = {"0008103E": {"vr": "LO", "Value": ["The second half"]}}
    regroup.split(archive, STUDY, FIRST, [f"{FIRST}.2", f"{FIRST}.3"], description, "two examinations in one")
    result = ran(archive)
    new = str(result["series_uid"])
    assert series_of(archive) == {FIRST: 1, SECOND: 2, OTHER: 1, new: 2}
    copy = retrieve.find(archive, STUDY, new)[0]
    read = pydicom.dcmread(pydicom.filebase.DicomBytesIO(b"".join(leaving.file(archive, copy).chunks)))
    assert (read.SeriesInstanceUID, read.SeriesDescription, read.InstanceNumber) == (new, "The second half", 2)
    assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID == copy.sop_instance_uid
    before = read.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (before.SeriesInstanceUID, before.SOPInstanceUID) == (FIRST, f"{FIRST}.2")
    total, (item,) = delete.trash_items(archive, 10, 0)
    assert (total, item.n_instances, item.reason) == (1, 2, "two examinations in one")
    assert delete.restore(archive, item.pk) == (2, 0)
    assert series_of(archive)[FIRST] == 3


def test_series_are_merged_after_the_study_was_moved(archive: Archive) -> None:
    new_patient = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Other^Patient"}]},
        "00100020": {"vr": "LO", "Value": ["OTHER"]},
    }
    correct.move_study(archive, STUDY, correct.checked("PATIENT", new_patient), by="me", reason="wrong person")
    regroup.merge(archive, STUDY, FIRST, [SECOND], "one examination in two")
    assert ran(archive)["instances"] == 2
    assert series_of(archive) == {FIRST: 5, OTHER: 1}
    assert correct.patient_of(archive, STUDY).attrs["00100020"]["Value"] == ["OTHER"]


def test_an_attempt_that_was_broken_off_is_finished_once(archive: Archive) -> None:
    regroup.merge(archive, STUDY, FIRST, [SECOND], "one examination in two")
    running = jobs.claim(archive, ("regroup",))
    assert running is not None
    regroup.run(archive, running)
    regroup.run(archive, running)
    assert series_of(archive) == {FIRST: 5, OTHER: 1}


def test_what_makes_no_sense_is_refused_at_once(archive: Archive) -> None:
    with pytest.raises(BadRequest):
        regroup.split(archive, STUDY, FIRST, [f"{FIRST}.{n}" for n in (1, 2, 3)], {}, "all of them")
    with pytest.raises(BadRequest):
        regroup.split(archive, STUDY, FIRST, [f"{FIRST}.1"], {}, " ")
    with pytest.raises(BadRequest):
        regroup.merge(archive, STUDY, FIRST, [FIRST], "itself")
    with pytest.raises(Refused):
        regroup.merge(archive, STUDY, FIRST, [OTHER], "CT and SR")
    with pytest.raises(NotFound):
        regroup.merge(archive, STUDY, FIRST, ["9.9"], "nobody")
