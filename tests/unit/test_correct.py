"""Are corrections found, laid over what leaves, remembered, and followed by objects that come later?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.query import Attributes, Query
from lumenarc.dicom.query_parse import from_qido
from lumenarc.errors import BadRequest, Corrupt, NotFound, Refused
from lumenarc.services import check, correct, delete, leaving, query, retrieve, store

CT, MR = "CT_small.dcm", "MR_small.dcm"
FILES = (CT, "ExplVR_BigEnd.dcm", "image_dfl.dcm", "JPEG2000.dcm", "MR_small_implicit.dcm", "reportsi.dcm")
WHY = {"by": "admin", "reason": "wrong patient at the console"}


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    opened = open_archive(settings)
    yield opened
    opened.close()


def stored(archive: Archive, name: str, **over: str) -> pydicom.Dataset:
    """Store a file of pydicom's, with other values; return what was stored."""
    ds = pydicom.dcmread(next(PYDICOM_FILES.rglob(name)))
    for keyword, value in over.items():
        setattr(ds, keyword, value)
    ds.PatientID = ds.get("PatientID", "P1")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    written = io.BytesIO()
    ds.save_as(written, enforce_file_format=True)
    done = store.store_part10(archive, [written.getvalue()], store.Source("SCU"))
    assert done.outcome == "stored"
    return ds


def patient_of(archive: Archive, patient_id: str) -> int:
    total, found = correct.find_patients(archive, patient_id, 10, 0)
    assert total == len(found) == 1
    return found[0].pk


def left(archive: Archive, uid: str) -> pydicom.Dataset:
    going = leaving.file(archive, retrieve.find_object(archive, uid))
    whole = b"".join(going.chunks)
    assert len(whole) == going.n_bytes
    return pydicom.dcmread(io.BytesIO(whole))


def found(archive: Archive, level: Level, **keys: str) -> list[Attributes]:
    return list(query.search(archive, from_qido(level, {}, [*keys.items()])))


def value(text: str) -> dict[str, Any]:
    return {"vr": "LO", "Value": [text]}


def named(name: str) -> dict[str, Any]:
    return {"vr": "PN", "Value": [{"Alphabetic": name}]}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
def test_an_edited_patient_leaves_corrected_and_the_stored_bytes_stay(archive: Archive, name: str) -> None:
    before = stored(archive, name)
    inst = retrieve.find_object(archive, before.SOPInstanceUID)
    changes = correct.checked("PATIENT", {"PatientName": named("Doe^Jané"), "00100040": {"vr": "CS", "Value": ["O"]}})
    key = patient_of(archive, before.get("PatientID", ""))
    assert correct.edit_patient(archive, key, changes, **WHY) == [before.StudyInstanceUID]

    after = left(archive, before.SOPInstanceUID)
    assert (str(after.PatientName), after.PatientSex) == ("Doe^Jané", "O")
    (original,) = after.OriginalAttributesSequence[-1:]
    assert original.ModifiedAttributesSequence[0].PatientName == before.PatientName
    assert original.ReasonForTheAttributeModification == "CORRECT"
    assert original.SourceOfPreviousValues == "SCU"
    for gone in ("PatientName", "PatientSex", "OriginalAttributesSequence", "SpecificCharacterSet"):
        for ds in (before, after):
            if gone in ds:
                delattr(ds, gone)
    for tag in [element.tag for element in before if not element.tag.element]:
        del before[tag]  # group lengths are retired, and would lie now
    assert after == before
    assert b"".join(retrieve.data_set(archive, inst)) == b"".join(
        retrieve.data_set(archive, retrieve.find_object(archive, before.SOPInstanceUID))
    )
    assert check.check(archive).clean


@pytest.mark.filterwarnings("ignore")
def test_searches_find_what_is_true_now(archive: Archive) -> None:
    ds = stored(archive, CT)
    key = patient_of(archive, ds.PatientID)
    correct.edit_patient(archive, key, {"00100010": named("Meier^Anna")}, **WHY)
    study = {"00081030": value("Thorax nativ"), "00080050": {}}
    correct.edit_study(archive, ds.StudyInstanceUID, study, **WHY)
    correct.edit_series(archive, ds.StudyInstanceUID, ds.SeriesInstanceUID, {"0008103E": value("Lunge")}, **WHY)

    for level in (Level.PATIENT, Level.STUDY, Level.SERIES, Level.IMAGE):
        assert len(found(archive, level, PatientName="meier^anna")) == 1
        assert not found(archive, level, PatientName="CompressedSamples*")
    assert len(found(archive, Level.STUDY, q="nativ meier")) == 1
    assert not found(archive, Level.STUDY, q="compressedsamples")
    (image,) = found(archive, Level.IMAGE, SeriesDescription="Lunge", includefield="all")
    assert image["00081030"]["Value"] == ["Thorax nativ"]
    assert "Value" not in image["00080050"]
    lines = correct.history(archive, ds.StudyInstanceUID)
    assert [(line.kind, line.level, line.reason, line.corrected_by) for line in lines] == [
        ("edit", level, WHY["reason"], "admin") for level in ("SERIES", "STUDY", "PATIENT")
    ]
    assert lines[-1].before["00100010"]["Value"][0]["Alphabetic"] == "CompressedSamples^CT1"


@pytest.mark.filterwarnings("ignore")
def test_objects_that_come_later_follow_a_correction(archive: Archive) -> None:
    ds = stored(archive, CT)
    key = patient_of(archive, ds.PatientID)
    correct.edit_patient(archive, key, {"00100020": value("RIGHT"), "00100010": named("Doe^Jane")}, **WHY)
    # The modality goes on with the old patient, another one knows the right one already; both in a new series.
    stored(archive, CT, SOPInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3")
    stored(archive, CT, SOPInstanceUID="1.2.4.1", SeriesInstanceUID="1.2.4", PatientID="RIGHT", PatientName="Doe^Jane")
    for uid in (ds.SOPInstanceUID, "1.2.3.1", "1.2.4.1"):
        assert (left(archive, uid).PatientID, str(left(archive, uid).PatientName)) == ("RIGHT", "Doe^Jane")
    assert "OriginalAttributesSequence" not in left(archive, "1.2.4.1")
    # A new study of either is of the same patient.
    stored(archive, CT, SOPInstanceUID="1.2.5.1", SeriesInstanceUID="1.2.5", StudyInstanceUID="1.2.6")
    (patient,) = found(archive, Level.PATIENT, includefield="00201200")
    assert (patient["00100020"]["Value"], patient["00201200"]["Value"]) == (["RIGHT"], [2])


@pytest.mark.filterwarnings("ignore")
def test_a_moved_study_leaves_with_its_new_patient_alone(archive: Archive) -> None:
    ct, mr = stored(archive, CT, PatientComments="of the first"), stored(archive, MR)
    target = patient_of(archive, mr.PatientID)
    assert correct.move_study(archive, ct.StudyInstanceUID, target, **WHY) == target
    after = left(archive, ct.SOPInstanceUID)
    assert (after.PatientID, after.PatientName) == (mr.PatientID, mr.PatientName)
    assert after.PatientComments == ""
    assert after.pixel_array.tobytes() == ct.pixel_array.tobytes()
    assert len(found(archive, Level.STUDY, PatientID=mr.PatientID)) == 2
    stored(archive, CT, SOPInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3")
    assert left(archive, "1.2.3.1").PatientID == mr.PatientID
    # Back again, and to a patient that is made for it.
    with pytest.raises(Refused):
        correct.move_study(archive, ct.StudyInstanceUID, target, **WHY)
    new = {"00100020": value("NEW"), "00100010": named("New^Patient")}
    correct.move_study(archive, ct.StudyInstanceUID, new, **WHY)
    assert left(archive, ct.SOPInstanceUID).PatientID == "NEW"
    assert len(found(archive, Level.PATIENT)) == 2


@pytest.mark.filterwarnings("ignore")
def test_merged_patients_are_one_also_for_what_is_still_to_come(archive: Archive) -> None:
    ct, mr = stored(archive, CT), stored(archive, MR)
    source, target = patient_of(archive, ct.PatientID), patient_of(archive, mr.PatientID)
    assert correct.merge_patients(archive, source, target, **WHY) == [ct.StudyInstanceUID]
    assert [p["00100020"]["Value"] for p in found(archive, Level.PATIENT)] == [[mr.PatientID]]
    assert len(found(archive, Level.STUDY, PatientID=ct.PatientID)) == 2  # the prior ID still finds the patient
    stored(archive, CT, SOPInstanceUID="1.2.3.1", SeriesInstanceUID="1.2.3", StudyInstanceUID="1.2.4")
    assert left(archive, "1.2.3.1").PatientID == mr.PatientID
    by_word = Query(Level.STUDY, (), None, words=(str(mr.PatientID).lower(),))
    uids = [row["0020000D"]["Value"] for row in query.search(archive, by_word)]
    assert ["1.2.4"] in uids  # free text knows the present patient of what has just arrived
    with pytest.raises(NotFound):
        correct.get_patient(archive, source)
    for study_uid in (ct.StudyInstanceUID, mr.StudyInstanceUID, "1.2.4"):
        delete.delete(archive, study_uid)
    for item in delete.trash_items(archive, 10, 0)[1]:
        delete.purge(archive, item.pk)
    stored(archive, CT)
    assert left(archive, ct.SOPInstanceUID).PatientID == ct.PatientID


@pytest.mark.filterwarnings("ignore")
def test_an_edit_that_makes_two_patients_one_is_refused(archive: Archive) -> None:
    ct, mr = stored(archive, CT), stored(archive, MR)
    same = {
        "00100020": value(mr.PatientID),
        "00100010": named(str(mr.PatientName)),
        "00100030": {"vr": "DA", "Value": [mr.PatientBirthDate]} if mr.get("PatientBirthDate") else {},
    }
    with pytest.raises(Refused, match="merge"):
        correct.edit_patient(archive, patient_of(archive, ct.PatientID), same, **WHY)


@pytest.mark.parametrize(
    ("level", "changes"),
    [
        ("PATIENT", {}),
        ("PATIENT", {"StudyDate": {"vr": "DA", "Value": ["20260101"]}}),
        ("STUDY", {"StudyInstanceUID": {"vr": "UI", "Value": ["1.2"]}}),
        ("STUDY", {"StudyDate": {"vr": "DA", "Value": ["yesterday"]}}),
        ("STUDY", {"AccessionNumber": {"vr": "SH", "Value": ["x" * 17]}}),
        ("PATIENT", {"PatientName": {"vr": "PN", "Value": ["no groups"]}}),
        ("PATIENT", {"NoSuchKeyword": {"vr": "LO", "Value": ["x"]}}),
        ("SERIES", {"Modality": {"vr": "CS", "Value": ["CT"]}}),
    ],
)
def test_what_does_not_fit_is_refused(level: str, changes: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        correct.checked(level, changes)


@pytest.mark.filterwarnings("ignore")
def test_no_correction_without_a_reason(archive: Archive) -> None:
    ds = stored(archive, CT)
    with pytest.raises(BadRequest, match="reason"):
        correct.edit_study(archive, ds.StudyInstanceUID, {"00081030": value("x")}, by="admin", reason=" ")
    with pytest.raises(NotFound):
        correct.edit_study(archive, "1.2.3", {"00081030": value("x")}, **WHY)


@pytest.mark.filterwarnings("ignore")
def test_a_flipped_byte_never_leaves_under_a_correction(archive: Archive) -> None:
    ds = stored(archive, CT)
    correct.edit_study(archive, ds.StudyInstanceUID, {"00081030": value("x")}, **WHY)
    inst = retrieve.find_object(archive, ds.SOPInstanceUID)
    blob = (archive.settings.data / "blobs" / inst.blob_key).with_suffix(".dcm")
    data = bytearray(blob.read_bytes())
    data[-100] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(data)
    with pytest.raises(Corrupt):
        b"".join(leaving.file(archive, inst).chunks)
