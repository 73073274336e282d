"""Is only what is really here vouched for, and does nobody forget to say so? (storage commitment, PS3.4 J)"""

from __future__ import annotations

from typing import Any

import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive
from lumenarc.dicom.commitment import (
    CLASS_CONFLICT,
    NO_SUCH_INSTANCE,
    PROCESSING_FAILURE,
    Reference,
    Request,
    report,
    request_of,
)
from lumenarc.errors import BadDataSet, Cancelled, Refused, UnknownDestination
from lumenarc.services import commitment, delete, jobs, retrieve, store
from lumenarc.storage.filesystem import SUFFIX

CT_CLASS, MR_CLASS = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"


def item(sop_class_uid: str, uid: str) -> dict[str, Any]:
    return {"00081150": {"vr": "UI", "Value": [sop_class_uid]}, "00081155": {"vr": "UI", "Value": [uid]}}


def asked(*items: dict[str, Any], transaction: str = "1.2.3") -> dict[str, Any]:
    return {"00081195": {"vr": "UI", "Value": [transaction]}, "00081199": {"vr": "SQ", "Value": list(items)}}


def put(archive: Archive, name: str) -> store.Stored:
    return store.store_part10(archive, (next(PYDICOM_FILES.rglob(name)).read_bytes(),), store.Source())


def take(archive: Archive, *references: Reference, transaction: str = "1.2.3") -> jobs.Running:
    job = commitment.accept(archive, "MODALITY", Request(transaction, references))
    assert job is not None
    return job


def judged(archive: Archive, job: jobs.Running) -> dict[str, int]:
    return commitment.judge(archive, job, job.go_on)


@pytest.mark.parametrize(
    "information",
    [
        {},
        asked(transaction=""),
        asked(item(CT_CLASS, "1.2"), transaction="no uid"),
        asked(item(CT_CLASS, "1.2"), transaction="1." * 40 + "1"),
        asked(item("", "1.2")),
        asked(item(CT_CLASS, "")),
    ],
)
def test_a_request_that_says_nothing_is_refused(information: dict[str, Any]) -> None:
    with pytest.raises(BadDataSet):
        request_of(information)


def test_a_report_says_what_is_safe_and_what_is_not() -> None:
    request = request_of(asked(item(CT_CLASS, "1.1"), item(MR_CLASS, "1.2")))
    assert report(request, {}, "HERE") == (
        1,
        asked(item(CT_CLASS, "1.1"), item(MR_CLASS, "1.2")) | {"00080054": {"vr": "AE", "Value": ["HERE"]}},
    )
    event, information = report(request, {"1.2": NO_SUCH_INSTANCE})
    assert (event, information["00081199"]["Value"]) == (2, [item(CT_CLASS, "1.1")])
    reason = {"00081197": {"vr": "US", "Value": [0x0112]}}
    assert information["00081198"]["Value"] == [item(MR_CLASS, "1.2") | reason]
    event, information = report(request, {"1.1": 0x0110, "1.2": 0x0110}, "HERE")
    assert event == 2 and not information.keys() & {"00081199", "00080054"}


def test_only_whole_objects_of_their_class_are_vouched_for(archive: Archive) -> None:
    ct, mr, gone = (put(archive, name) for name in ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm"))
    delete.delete(archive, gone.study_uid)
    archive.storage.settle()
    (found,) = retrieve.find(archive, mr.study_uid)
    path = archive.settings.data / "blobs" / (found.blob_key + SUFFIX)
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] + bytes((whole[-5] ^ 1,)) + whole[-4:])
    references = [Reference(one.sop_class_uid, one.sop_instance_uid) for one in (ct, mr, gone)]
    unknown = Reference(CT_CLASS, "1.2.3.4")
    job = take(archive, *references, unknown)
    assert judged(archive, job) == {
        mr.sop_instance_uid: PROCESSING_FAILURE,
        gone.sop_instance_uid: NO_SUCH_INSTANCE,
        "1.2.3.4": NO_SUCH_INSTANCE,
    }
    job = take(archive, Reference(MR_CLASS, ct.sop_instance_uid), transaction="1.2.4")
    assert judged(archive, job) == {ct.sop_instance_uid: CLASS_CONFLICT}
    path.unlink()
    job = take(archive, references[1], transaction="1.2.5")
    assert judged(archive, job) == {mr.sop_instance_uid: PROCESSING_FAILURE}


def test_the_length_is_enough_where_that_is_wanted(archive: Archive) -> None:
    mr = put(archive, "MR_small.dcm")
    archive.storage.settle()
    (found,) = retrieve.find(archive, mr.study_uid)
    path = archive.settings.data / "blobs" / (found.blob_key + SUFFIX)
    whole = path.read_bytes()
    object.__setattr__(archive, "settings", archive.settings.model_copy(update={"commitment_check": "length"}))
    reference = Reference(mr.sop_class_uid, mr.sop_instance_uid)
    path.write_bytes(whole[:-5] + bytes(5))
    assert judged(archive, take(archive, reference)) == {}
    path.write_bytes(whole[:-1])
    assert judged(archive, take(archive, reference, transaction="1.2.4")) == {reference.sop_instance_uid: 0x0110}


def test_what_was_judged_is_what_a_worker_says_later(archive: Archive) -> None:
    ct = put(archive, "CT_small.dcm")
    job = take(archive, Reference(ct.sop_class_uid, ct.sop_instance_uid), Reference(CT_CLASS, "1.2.3.4"))
    assert jobs.claim(archive, (commitment.TASK,)) is None  # it is in our hands
    judged(archive, job)
    job.give_back()
    delete.delete(archive, ct.study_uid)
    later = jobs.claim(archive, (commitment.TASK,))
    assert later is not None and later.job.id == job.job.id
    assert judged(archive, later) == {"1.2.3.4": NO_SUCH_INSTANCE}
    with pytest.raises(UnknownDestination):
        commitment.run(archive, later)
    later.done(commitment.result_of(archive, later))
    shown = jobs.get(archive, later.job.id)
    assert shown.result == {"transaction": "1.2.3", "committed": 1, "n_failed": 1}
    assert shown.title == "Tell MODALITY whether 2 objects are safe"


def test_a_question_asked_twice_is_one(archive: Archive) -> None:
    job = take(archive, Reference(CT_CLASS, "1.2"))
    assert commitment.accept(archive, "MODALITY", Request("1.2.3", (Reference(CT_CLASS, "1.2"),))) is None
    with pytest.raises(Refused):
        commitment.accept(archive, "MODALITY", Request("1.2.3", (Reference(CT_CLASS, "1.3"),)))
    assert commitment.accept(archive, "OTHER", Request("1.2.3", (Reference(CT_CLASS, "1.3"),))) is not None
    job.is_cancelled = True
    with pytest.raises(Cancelled):
        judged(archive, job)
