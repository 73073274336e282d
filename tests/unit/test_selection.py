"""Does an identifier select what PS3.4 C.4.2 says, on both databases? Is an instance made ready, or refused whole?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.dicom.attributes import Level
from lumenarc.errors import BadQuery, Corrupt, NotAcceptable
from lumenarc.index.lookup import StoredInstance, Uids
from lumenarc.protocol.dimse import status
from lumenarc.services import delete, outgoing, selection, store
from lumenarc.services.selection import Model, Vanished
from lumenarc.services.send import Progress, SubOperation

STUDY_ROOT, PATIENT_ROOT = Model(Level.STUDY), Model(Level.PATIENT)
EXPLICIT, IMPLICIT, RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4.50"
NAMES = ("CT_small.dcm", "MR_small_RLE.dcm", "image_dfl.dcm", "reportsi.dcm")


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    opened = open_archive(settings)
    for name in NAMES:
        store.store_part10(opened, [next(PYDICOM_FILES.rglob(name)).read_bytes()], store.Source())
    yield opened
    opened.close()


def head(name: str) -> pydicom.Dataset:
    return pydicom.dcmread(next(PYDICOM_FILES.rglob(name)), stop_before_pixels=True)


def identifier(level: str, **values: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {"00080052": {"vr": "CS", "Value": [level]}}
    for keyword, value in values.items():
        tag = pydicom.datadict.tag_for_keyword(keyword)
        assert tag is not None
        given = value if isinstance(value, list) else [value]
        found[f"{tag:08X}"] = {"vr": "UI", "Value": [str(one) for one in given]}
    return found


def chosen(archive: Archive, keys: dict[str, Any], model: Model, *, relational: bool = False) -> list[str]:
    picked = selection.select(archive, selection.uids_of(keys, model, relational=relational))
    rows = list(selection.rows(archive, picked))
    assert len(rows) == len(picked)
    return [row.sop_instance_uid for row in rows]


def test_every_level_selects_its_instances(archive: Archive) -> None:
    ct, sr = head("CT_small.dcm"), head("reportsi.dcm")
    study, series = {"StudyInstanceUID": ct.StudyInstanceUID}, {"SeriesInstanceUID": ct.SeriesInstanceUID}
    uid = {"SOPInstanceUID": [ct.SOPInstanceUID, sr.SOPInstanceUID]}
    expected = [ct.SOPInstanceUID]
    assert chosen(archive, identifier("PATIENT", PatientID=ct.PatientID), PATIENT_ROOT) == expected
    assert chosen(archive, identifier("STUDY", **study), STUDY_ROOT) == expected
    assert chosen(archive, identifier("STUDY", PatientID=ct.PatientID, **study), PATIENT_ROOT) == expected
    assert chosen(archive, identifier("STUDY", PatientID="other", **study), PATIENT_ROOT) == []
    # Study Root has no patient level: a Patient ID is no unique key there.
    assert chosen(archive, identifier("STUDY", PatientID="other", **study), STUDY_ROOT) == expected
    assert chosen(archive, identifier("SERIES", **study, **series), STUDY_ROOT) == expected
    assert chosen(archive, identifier("SERIES", **series), STUDY_ROOT, relational=True) == expected
    assert chosen(archive, identifier("IMAGE", **study, **series, **uid), STUDY_ROOT) == expected
    assert len(chosen(archive, identifier("IMAGE", **uid), Model(Level.IMAGE))) == 2
    issuer = {"IssuerOfPatientID": "elsewhere"}
    assert chosen(archive, identifier("PATIENT", PatientID=ct.PatientID, **issuer), PATIENT_ROOT) == []


@pytest.mark.parametrize(
    ("keys", "model", "relational"),
    [
        (identifier("PATIENT", PatientID="1"), STUDY_ROOT, True),
        (identifier("IMAGE", SOPInstanceUID="1"), Model(Level.PATIENT, Level.STUDY), True),
        (identifier("SERIES", SeriesInstanceUID="1"), STUDY_ROOT, False),
        (identifier("SERIES", StudyInstanceUID="1"), STUDY_ROOT, True),
        (identifier("STUDY", StudyInstanceUID="1.2*"), STUDY_ROOT, True),
        (identifier("SERIES", StudyInstanceUID=["1", "2"], SeriesInstanceUID="3"), STUDY_ROOT, True),
        (identifier("PATIENT", PatientID=["1", "2"]), PATIENT_ROOT, True),
        (identifier("WORLD"), STUDY_ROOT, True),
        ({}, STUDY_ROOT, True),
    ],
)
def test_identifiers_that_make_no_sense(keys: dict[str, Any], model: Model, relational: bool) -> None:
    with pytest.raises(BadQuery):
        selection.uids_of(keys, model, relational=relational)


def test_kinds_and_what_vanishes_meanwhile(archive: Archive) -> None:
    picked = selection.select(archive, Uids())
    assert {kind.transfer_syntax_uid for kind in picked.kinds} == {EXPLICIT, RLE, EXPLICIT + ".99"}
    ct = head("CT_small.dcm")
    delete.delete(archive, str(ct.StudyInstanceUID))
    rows = list(selection.rows(archive, picked))
    assert [row.sop_instance_uid for row in rows if isinstance(row, Vanished)] == [ct.SOPInstanceUID]
    assert len(rows) == len(NAMES)


def row_of(archive: Archive, name: str) -> StoredInstance:
    picked = selection.select(archive, Uids(sop_instance_uids=(str(head(name).SOPInstanceUID),)))
    (row,) = selection.rows(archive, picked)
    assert isinstance(row, StoredInstance)
    return row


def test_the_stored_syntax_is_preferred_and_the_rest_is_lossless(archive: Archive) -> None:
    row = row_of(archive, "MR_small_RLE.dcm")
    for accepted, expected in (
        ([EXPLICIT, RLE], RLE),
        ([IMPLICIT, EXPLICIT], EXPLICIT),
        ([JPEG, IMPLICIT], IMPLICIT),
    ):
        with outgoing.prepare(archive, row, accepted) as ready:
            assert ready.instance.kind.transfer_syntax_uid == expected
            # The chunks can be had more than once.
            first, again = (b"".join(map(bytes, ready.instance.chunks())) for _turn in range(2))
            assert first == again
    for accepted in ([JPEG], []):
        with pytest.raises(NotAcceptable):
            outgoing.prepare(archive, row, accepted)


def test_damage_is_found_before_the_first_byte(archive: Archive) -> None:
    row = row_of(archive, "CT_small.dcm")
    for path in archive.settings.data.rglob("*"):
        if path.is_file() and (raw := bytearray(path.read_bytes())).find(b"CompressedSamples^CT1") >= 0:
            place = raw.find(b"CompressedSamples^CT1")
            raw[place] ^= 1
            if path.suffix != ".sqlite" and "sqlite" not in path.name:
                path.chmod(0o640)
                path.write_bytes(raw)
    for accepted in ([EXPLICIT], [IMPLICIT]):
        with pytest.raises(Corrupt):
            outgoing.prepare(archive, row, accepted)


def test_progress_says_the_truth() -> None:
    progress = Progress(5)
    for code in (status.SUCCESS, 0xB000, 0xA700, status.SUCCESS):
        progress.count(SubOperation(f"1.{code}", code, "full"))
    assert (progress.remaining, progress.completed, progress.failed, progress.warning) == (1, 2, 1, 1)
    assert (progress.failed_uids, progress.comment) == ([f"1.{0xA700}"], "full")
    assert progress.final_status == status.SOME_SUBOPERATIONS_FAILED
    progress.give_up("gone")
    assert (progress.remaining, progress.failed) == (0, 2)
    assert Progress(0).final_status == status.SUCCESS
    nothing = Progress(2)
    nothing.give_up("gone")
    assert (nothing.final_status, nothing.comment) == (status.UNABLE_TO_PERFORM, "gone")
