"""Is C-FIND over the wire what PS3.4 C.2.2.2 and C.4.1 say? Asked by DCMTK's findscu, pynetdicom and our own SCU."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import build_context

from archive_content import Sample, archive_peer, fill, keys
from lumenarc.peers import dimse
from lumenarc.peers.dimse import Outcome, Pending, Proposal, open_association
from served import Served, serve

pytestmark = pytest.mark.conformance
PATIENT_FIND, STUDY_FIND, PATIENT_STUDY_FIND = (f"1.2.840.10008.5.1.4.1.2.{n}.1" for n in (1, 2, 3))
Archive = tuple[Served, dict[str, Sample]]
PEOPLE = (
    # name, ID, charset, study date, study time, time zone
    ("ROE^JANE", "A1", "", "20260110", "2330", ""),
    ("Roe^John", "A2", "", "20260111", "0015", ""),
    ("Yamada^Tarou=山田^太郎=やまだ^たろう", "J1", "\\ISO 2022 IR 87", "20260112", "1200", "+0900"),
    ("Müller^Jörg", "D1", "ISO_IR 100", "20260113", "101112.25", ""),
    ("Buc^Jérôme", "F1", "ISO_IR 192", "20260114", "23", ""),
    ("Люкceмбypг", "R1", "ISO_IR 144", "20260115", "2200", ""),
    ("王^小東", "C1", "GB18030", "20260116", "0159", ""),
)


def made(folder: Path, number: int, person: tuple[str, ...]) -> Path:
    """Write a small object of one of the people."""
    name, patient_id, charset, date, time, zone = person
    ds: Any = Dataset()
    if charset:
        ds.SpecificCharacterSet = charset.split("\\")
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", f"1.2.3.{number}.3"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"1.2.3.{number}.1", f"1.2.3.{number}.2"
    ds.StudyDate, ds.StudyTime, ds.Modality, ds.PatientID, ds.PatientName = date, time, "OT", patient_id, name
    ds.PatientBirthDate, ds.PatientSex, ds.StudyID, ds.AccessionNumber = "19700101", "O", str(number), f"ACC{number}"
    if zone:
        ds.TimezoneOffsetFromUTC = zone
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = folder / f"{number}.dcm"
    ds.save_as(file, enforce_file_format=True)
    return file


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("files")
    served = serve(tmp_path_factory.mktemp("archive"), environment={"LUMENARC_TIMEZONE": "+0100"})
    files = [made(folder, number, person) for number, person in enumerate(PEOPLE, 1)]
    files += [file for name in ("CT_small.dcm", "MR_small.dcm") for file in PYDICOM_FILES.rglob(name)]
    files += sorted((PYDICOM_FILES / "test_files" / "dicomdirtests").rglob("*"))
    yield served, fill(served, [file for file in files if file.is_file() and not file.name.startswith("DICOMDIR")])
    served.stop()


def ask(
    archive: Archive, identifier: dict[str, Any], model: str = STUDY_FIND, extended: bytes | None = None
) -> tuple[list[dict[str, Any]], Outcome, list[Pending]]:
    with open_association(archive_peer(archive[0]), [Proposal(model, extended=extended)]) as assoc:
        assert extended is None or assoc.partners.extended[model] == extended[:4]
        answers = dimse.find(assoc, model, identifier)
        found = list(answers)
        return [answer.attributes for answer in found], answers.outcome(), found


def ids(archive: Archive, extended: bytes | None = None, /, **values: str | list[str]) -> set[str]:
    """Return the Patient IDs that a study level query finds."""
    found, outcome, _raw = ask(archive, keys("STUDY", **{"PatientID": "", **values}), extended=extended)
    assert outcome.status == 0
    return {str(match["00100020"]["Value"][0]) for match in found}


def findscu(archive: Archive, *options: str) -> tuple[str, int]:
    """Run DCMTK's findscu; return what it says and how many answers it got."""
    command = ("findscu", "-d", "-aec", "LUMENARC", *options, archive[0].dicom_host, str(archive[0].dicom_port))
    ran = subprocess.run(command, capture_output=True, timeout=60)
    said = (ran.stderr + ran.stdout).decode("utf-8", "replace")
    assert ran.returncode == 0, said
    return said, len(re.findall(r"Find Response:? \d+", said))


def k(*pairs: str) -> list[str]:
    return [word for pair in pairs for word in ("-k", pair)]


def test_findscu_at_all_four_levels(archive: Archive) -> None:
    samples = archive[1].values()
    ct = next(sample for sample in samples if sample.path.name == "CT_small.dcm")
    of_patient = [sample for sample in samples if sample.patient_id == ct.patient_id]
    patient, study = f"PatientID={ct.patient_id}", f"StudyInstanceUID={ct.study_uid}"
    said, n_found = findscu(archive, "-P", *k("QueryRetrieveLevel=PATIENT", patient, "PatientName"))
    assert (n_found, "CompressedSamples^CT1" in said) == (1, True)
    said, n_found = findscu(
        archive, "-P", *k("QueryRetrieveLevel=STUDY", patient, "StudyInstanceUID", "NumberOfStudyRelatedInstances")
    )
    assert n_found == len({sample.study_uid for sample in of_patient})
    said, n_found = findscu(
        archive, "-P", *k("QueryRetrieveLevel=SERIES", patient, study, "SeriesInstanceUID", "Modality=CT")
    )
    assert (n_found, ct.series_uid in said) == (1, True)
    series = f"SeriesInstanceUID={ct.series_uid}"
    said, n_found = findscu(
        archive, "-P", *k("QueryRetrieveLevel=IMAGE", patient, study, series, "SOPInstanceUID", "Rows", "KVP")
    )
    assert n_found == 1
    # KVP is in no index: any attribute that was stored is returned.
    assert re.search(r"\(0018,0060\) DS \[120", said)


def test_what_every_answer_says(archive: Archive) -> None:
    wanted: dict[str, Any] = {"ModalitiesInStudy": "", "NumberOfStudyRelatedSeries": "", "InstanceAvailability": ""}
    ((match,), outcome, _raw) = ask(archive, keys("STUDY", PatientID="A1", **wanted))
    assert outcome.status == 0
    assert match["00080054"]["Value"] == ["LUMENARC"]
    assert match["00080052"]["Value"] == ["STUDY"]
    assert match["00080061"]["Value"] == ["OT"]
    assert match["00201206"]["Value"] == [1]
    assert match["00080056"]["Value"] == ["ONLINE"]


@pytest.mark.parametrize(
    ("model", "identifier", "status"),
    [
        (STUDY_FIND, keys("PATIENT", PatientID="A1"), 0xA900),
        (STUDY_FIND, keys("SERIES", SeriesInstanceUID=""), 0xA900),
        (PATIENT_FIND, keys("STUDY", StudyInstanceUID=""), 0xA900),
        (PATIENT_STUDY_FIND, keys("SERIES", PatientID="A1", StudyInstanceUID="1.2"), 0xA900),
        (STUDY_FIND, {"00100020": {"vr": "LO", "Value": ["A1"]}}, 0xA900),
        (STUDY_FIND, keys("STUDY", StudyDate="yesterday"), 0xA900),
    ],
)
def test_identifiers_that_do_not_fit(archive: Archive, model: str, identifier: dict[str, Any], status: int) -> None:
    found, outcome, _raw = ask(archive, identifier, model)
    assert (found, outcome.status) == ([], status)
    assert outcome.comment


def test_relational_queries_when_negotiated(archive: Archive) -> None:
    identifier = keys("SERIES", SeriesInstanceUID="", PatientName="roe*", Modality="OT")
    assert ask(archive, identifier)[1].status == 0xA900
    found, outcome, _raw = ask(archive, identifier, extended=b"\1")
    assert (len(found), outcome.status) == (2, 0)


def test_names_by_any_group(archive: Archive) -> None:
    assert ids(archive, PatientName="ROE^*") == ids(archive, PatientName="roe*") == {"A1", "A2"}
    for name in ("Yamada^Tarou", "yamada^*", "山田^太郎", "山田*", "やまだ^たろう", "Yamada^Tarou=山田^太郎"):
        assert ids(archive, SpecificCharacterSet="ISO_IR 192", PatientName=name) == {"J1"}, name
    assert ids(archive, SpecificCharacterSet="ISO_IR 192", PatientName="müller*") == {"D1"}
    assert ids(archive, PatientName="MULLER*") == {"D1"}
    assert ids(archive, SpecificCharacterSet="ISO_IR 192", PatientName="王^小東") == {"C1"}
    assert ids(archive, SpecificCharacterSet="ISO_IR 144", PatientName="Люкceмбypг") == {"R1"}
    assert ids(archive, SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName="山田^太郎") == {"J1"}


def test_fuzzy_names_when_negotiated(archive: Archive) -> None:
    assert ids(archive, PatientName="Mueler^Jorg") == set()
    assert ids(archive, b"\0\0\1\0", PatientName="Muler^Jorg") == {"D1"}


def test_answers_come_in_the_asked_character_set_where_it_has_the_letters(archive: Archive) -> None:
    def answered(asked: str | list[str], patient_id: str) -> tuple[list[str], str]:
        identifier = keys("STUDY", PatientID=patient_id, PatientName="", SpecificCharacterSet=asked)
        ((match,), _outcome, _raw) = ask(archive, identifier)
        name = match["00100010"]["Value"][0]
        return match.get("00080005", {}).get("Value", []), "=".join(name.values())

    assert answered("ISO_IR 100", "D1") == (["ISO_IR 100"], "Müller^Jörg")
    assert answered("ISO_IR 192", "D1") == (["ISO_IR 192"], "Müller^Jörg")
    assert answered("ISO_IR 100", "R1") == (["ISO_IR 192"], "Люкceмбypг")
    assert answered("", "F1") == (["ISO_IR 192"], "Buc^Jérôme")
    terms, name = answered(["", "ISO 2022 IR 87"], "J1")
    assert (terms[-1], name) == ("ISO 2022 IR 87", PEOPLE[2][0])
    asked_for = k("SpecificCharacterSet=ISO_IR 144", "QueryRetrieveLevel=STUDY", "PatientID=R1", "PatientName")
    said, n_found = findscu(archive, "-S", *asked_for)
    assert n_found == 1
    assert "ISO_IR 144" in said


def test_dates_and_times(archive: Archive) -> None:
    assert ids(archive, StudyDate="20260110-20260111") == {"A1", "A2"}
    assert ids(archive, StudyDate="-20260110", PatientName="ROE*") == {"A1"}
    assert ids(archive, StudyDate="20260115-") == {"R1", "C1"}
    # A time range that crosses midnight (PS3.4 C.2.2.2.5.2).
    assert ids(archive, StudyTime="2200-0200", StudyID="") >= {"A1", "A2", "R1", "C1", "F1"}
    # Separate: a day of the range and a time of the range. Combined: one span of time.
    both: dict[str, Any] = {"StudyDate": "20260110-20260111", "StudyTime": "2300-0100"}
    assert ids(archive, **both) == {"A1", "A2"}
    span: dict[str, Any] = {"StudyDate": "20260110-20260113", "StudyTime": "1000-1015"}
    assert ids(archive, **span) == {"D1"}
    assert ids(archive, b"\0\1\0\0", **span) == {"A1", "A2", "J1", "D1"}


def test_time_zones_are_applied_to_keys_and_answers(archive: Archive) -> None:
    extended = b"\0\1\0\1"
    utc: dict[str, Any] = {"TimezoneOffsetFromUTC": "+0000"}
    # The archive's zone is +0100: 23:30 there is 22:30 UTC, 00:15 is 23:15 of the day before.
    assert ids(archive, extended, StudyDate="20260110", StudyTime="2225-2235", **utc) == {"A1"}
    assert ids(archive, extended, StudyDate="20260110", StudyTime="2300-2330", **utc) == {"A2"}
    assert ids(archive, StudyDate="20260110", StudyTime="2300-2330", **utc) == {"A1"}
    identifier = keys("STUDY", PatientID="A2", StudyDate="", StudyTime="", **utc)
    ((match,), _outcome, _raw) = ask(archive, identifier, extended=extended)
    assert (match["00080020"]["Value"], match["00080030"]["Value"]) == (["20260110"], ["2315"])
    assert match["00080201"]["Value"] == ["+0000"]
    # The date alone moves too, for its time is known; what was not asked for does not come along.
    ((match,), _outcome, _raw) = ask(archive, keys("STUDY", PatientID="A2", StudyDate="", **utc), extended=extended)
    assert match["00080020"]["Value"] == ["20260110"]
    assert "00080030" not in match
    # An object that names its own offset is taken at its word: 12:00 at +0900 is 03:00 UTC.
    identifier = keys("STUDY", PatientID="J1", StudyTime="", **utc)
    ((match,), _outcome, _raw) = ask(archive, identifier, extended=extended)
    assert match["00080030"]["Value"] == ["0300"]
    ((match,), _outcome, _raw) = ask(archive, keys("STUDY", PatientID="A2", StudyTime="", **utc))
    assert match["00080030"]["Value"] == ["0015"]
    _found, outcome, _raw = ask(archive, keys("STUDY", TimezoneOffsetFromUTC="CET"), extended=extended)
    assert outcome.status == 0xA900


def test_lists_and_sequences(archive: Archive) -> None:
    uids = ["1.2.3.1.1", "1.2.3.4.1", "1.2.3.99.1"]
    assert ids(archive, StudyInstanceUID=uids) == {"A1", "D1"}
    assert ids(archive, ModalitiesInStudy=["CT", "MR"]) >= {"1CT1", "4MR1"}
    assert ids(archive, AccessionNumber="ACC[1-2]") == set()
    assert ids(archive, AccessionNumber="ACC?", PatientID="?1") == {"A1", "J1", "D1", "F1", "R1", "C1"}


def test_findscu_cancels(archive: Archive) -> None:
    said, n_found = findscu(archive, "-S", "--cancel", "2", *k("QueryRetrieveLevel=STUDY", "StudyInstanceUID"))
    assert 2 <= n_found <= len({sample.study_uid for sample in archive[1].values()})
    # A search that is over before the cancel arrives ends with success; the association lives on either way.
    assert re.search(r"0x(fe00|0000)", said)


def test_a_cancelled_search_stops(archive: Archive) -> None:
    with open_association(archive_peer(archive[0]), [Proposal(STUDY_FIND, extended=b"\1")]) as assoc:
        answers = dimse.find(assoc, STUDY_FIND, keys("IMAGE", SOPInstanceUID="", KVP="", ImageType=""))
        # The cancel is on its way before the search begins.
        answers.cancel()
        assert answers.outcome().status == 0xFE00
        assert dimse.find(assoc, STUDY_FIND, keys("STUDY", PatientID="A1")).outcome().status == 0


def test_pynetdicom_negotiates_and_finds(archive: Archive) -> None:
    ae = pynetdicom.AE("FINDER")
    negotiation = pynetdicom.pdu_primitives.SOPClassExtendedNegotiation()
    negotiation.sop_class_uid, negotiation.service_class_application_information = PATIENT_FIND, b"\1\1\1\1\1"
    items: list[Any] = [negotiation]
    address = (archive[0].dicom_host, archive[0].dicom_port)
    assoc = ae.associate(*address, [build_context(PATIENT_FIND)], "LUMENARC", ext_neg=items)
    assert assoc.acceptor.sop_class_extended == {PATIENT_FIND: b"\1\1\1\1"}
    wanted = Dataset()
    wanted.SpecificCharacterSet = "ISO_IR 192"
    wanted.QueryRetrieveLevel, wanted.PatientName, wanted.SeriesInstanceUID = "SERIES", "山田^太郎", ""
    answers = list(assoc.send_c_find(wanted, PATIENT_FIND))
    assoc.release()
    assert [status.Status for status, _match in answers] == [0xFF00, 0]
    match = answers[0][1]
    assert match is not None
    assert str(match.PatientName) == PEOPLE[2][0]
    assert pydicom.uid.UID(match.SeriesInstanceUID) == "1.2.3.3.2"
