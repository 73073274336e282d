"""Can people find, look after and bring in studies with the page? Scenarios in a real Chromium."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from scenarios import play

from bench.synthetic_index import fill
from dicom_peers import orthanc
from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.services import ae
from served import Served, serve

pytestmark = pytest.mark.browser
CT = next(PYDICOM_FILES.rglob("CT_small.dcm"))
MR = next(PYDICOM_FILES.rglob("MR_small.dcm"))
J2K = next(PYDICOM_FILES.rglob("JPEG2000.dcm"))
MPPS = "1.2.840.10008.3.1.2.3.3"
HOSTILE = '<img src=x onerror="window.pwned=1">'


def renamed(name: str, **more: str) -> bytes:
    """Return a CT image of its own study for a patient of this name."""
    ds = pydicom.dcmread(CT)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = name
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = generate_uid(), generate_uid(), generate_uid()
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    out = io.BytesIO()
    ds.save_as(out)
    return out.getvalue()


def upload(archive: Served, *files: bytes) -> None:
    """Bring files in as the page does."""
    parts = [("file", (f"{number}.dcm", data)) for number, data in enumerate(files)]
    results = httpx.post(archive.http + "api/upload", files=parts, timeout=60).raise_for_status().json()["results"]
    assert {result["outcome"] for result in results} == {"stored"}, results


def rows(archive: Served, **params: str) -> list[Dataset]:
    """Ask the archive itself what it holds."""
    answer = httpx.get(archive.http + "dicom-web/studies", params=params, timeout=30)
    return [Dataset.from_json(row) for row in answer.json()] if answer.status_code == 200 else []


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path / "data")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Real files, the samples, a Chinese name, and names that would like to be HTML."""
    served = serve(tmp_path_factory.mktemp("page") / "data")
    upload(served, CT.read_bytes(), MR.read_bytes(), J2K.read_bytes())
    upload(
        served,
        renamed("<script>pwned()</script>^Bobby", PatientID="EVIL", StudyDescription=HOSTILE),
        renamed("Li^Lei=李^雷"),
    )
    httpx.post(served.http + "api/samples", timeout=60).raise_for_status()
    scheduled(served, "EVIL", "<script>pwned()</script>^Bobby")
    performed(served, pydicom.dcmread(CT))
    yield served
    served.stop()


def test_an_empty_archive_is_filled(empty: Served, tmp_path: Path) -> None:
    """The commands are right, samples come by one click, files and folders by the dialog, each with its outcome."""
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "ct").write_bytes(CT.read_bytes())
    (folder / "deep" / ".DS_Store").write_bytes(b"junk")
    (folder / "readme.txt").write_bytes(b"no DICOM" * 50)
    play(empty, "page/welcome", dicom_port=empty.dicom_port, folder=str(folder), file=str(MR))
    assert len(rows(empty)) == 6


def test_studies_are_found_looked_at_and_kept_in_the_address(filled: Served) -> None:
    head = pydicom.dcmread(CT, stop_before_pixels=True)
    play(filled, "page/studies", ct={"id": head.PatientID, "study": head.StudyInstanceUID}, hostile=HOSTILE)


def test_what_changes_meanwhile_is_seen_and_deleting_is_undone(filled: Served, tmp_path: Path) -> None:
    """A study that arrives while the list is open appears; one that is deleted comes back by one click."""
    fresh = tmp_path / "late.dcm"
    fresh.write_bytes(renamed("Late^Arrival", PatientID="LATE", StudyDate="20991231"))
    play(filled, "page/changes", fresh=str(fresh))
    assert len(rows(filled, PatientID="LATE")) == 1


def test_the_archive_is_run_from_the_page(filled: Served) -> None:
    """Devices are registered, asked and changed; jobs run to their end; the trash gives back and forgets."""
    archive = open_archive(load(data=filled.data))
    ae.note_refused(archive, "STRANGER", "192.0.2.7")
    archive.close()
    play(filled, "page/admin", dicom_port=filled.dicom_port)
    known = httpx.get(filled.http + "api/aes").json()
    assert [(one["title"], one["port"]) for one in known] == [("SELF", filled.dicom_port), ("STRANGER", 104)]
    assert httpx.get(filled.http + "api/aes-unknown").json() == []


def test_mistakes_are_corrected_with_a_reason(empty: Served) -> None:
    """DICOMweb answers with what was corrected, while the stored objects stay as they came."""
    httpx.post(empty.http + "api/samples", timeout=60).raise_for_status()
    play(empty, "page/correct")
    found = {
        str(row.StudyDescription): row for row in rows(empty, PatientID="SAMPLE-2", includefield="PatientBirthDate")
    }
    assert set(found) == {"MR of the head", "Sample echocardiogram"}
    assert {str(row.PatientBirthDate) for row in found.values()} == {"19840924"}


def test_long_actions_are_jobs_that_one_follows(empty: Served) -> None:
    """Exports, anonymised copies, split and merged series, patients merged from a selection."""
    httpx.post(empty.http + "api/samples", timeout=60).raise_for_status()
    play(empty, "page/actions")
    assert {str(row.PatientID) for row in rows(empty, PatientName="*小东*")} == {"SAMPLE-2"}
    trashed = httpx.get(empty.http + "api/trash").json()["items"]
    assert sorted(item["n_instances"] for item in trashed) in ([21, 21], [21, 43])


def test_pictures_and_documents_become_objects_and_files_find_their_patient(empty: Served, tmp_path: Path) -> None:
    """A photograph and a letter come into a study with a form, a false one is refused; a wrong patient is changed."""
    httpx.post(empty.http + "api/samples", timeout=60).raise_for_status()
    files = {"photo": tmp_path / "wound.jpg", "letter": tmp_path / "letter.pdf", "fake": tmp_path / "fake.pdf"}
    Image.new("RGB", (640, 480), (180, 60, 50)).save(files["photo"])
    files["letter"].write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    files["fake"].write_bytes(b"no document at all")
    play(empty, "page/wrap", file=str(CT), **{name: str(path) for name, path in files.items()})
    (study,) = rows(empty, PatientID="SAMPLE-2")
    found = httpx.get(f"{empty.http}dicom-web/studies/{study.StudyInstanceUID}/series?includefield=all").json()
    kinds = {row["00080060"]["Value"][0]: row.get("0008103E", {}).get("Value") for row in found}
    assert kinds == {"MR": kinds["MR"], "XC": ["Wound, day 3"], "DOC": ["Wound, day 3"]}
    (moved,) = rows(empty, PatientID="RIGHT")
    assert str(moved.PatientName) == "Right^Person"


def test_patients_columns_and_growth(empty: Served) -> None:
    """Patients lead to their studies; widths are kept; the dashboard tells growth and queues."""
    httpx.post(empty.http + "api/samples", timeout=60).raise_for_status()
    play(empty, "page/patients")


def scheduled(archive: Served, patient_id: str, name: str) -> None:
    """Schedule a step as the page does."""
    step = {"00080060": {"vr": "CS", "Value": ["CT"]}, "00400007": {"vr": "LO", "Value": [HOSTILE]}}
    item = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
        "00100020": {"vr": "LO", "Value": [patient_id]},
        "00400100": {"vr": "SQ", "Value": [step]},
    }
    httpx.post(archive.http + "api/worklist", json=item, timeout=30).raise_for_status()


def performed(archive: Served, *made: pydicom.Dataset) -> None:
    """Tell of a step that has made these objects, and one more that does not come."""
    begin, end, study, series = Dataset(), Dataset(), Dataset(), Dataset()
    study.StudyInstanceUID = made[0].StudyInstanceUID
    begin.ScheduledStepAttributesSequence, begin.PatientName = [study], made[0].PatientName
    begin.Modality, begin.PerformedStationAETitle, begin.PerformedProcedureStepID = "CT", "CT1", "1"
    begin.PerformedProcedureStepStartDate, begin.PerformedProcedureStepStartTime = "20260301", "0915"
    begin.PerformedProcedureStepStatus, end.PerformedProcedureStepStatus = "IN PROGRESS", "COMPLETED"
    series.SeriesInstanceUID, series.ReferencedImageSequence = made[0].SeriesInstanceUID, []
    for uid in (*(one.SOPInstanceUID for one in made), generate_uid()):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = made[0].SOPClassUID, uid
        series.ReferencedImageSequence.append(item)
    end.PerformedSeriesSequence = [series]
    ae, uid = pynetdicom.AE("CT1"), generate_uid()
    ae.add_requested_context(MPPS)
    assoc = ae.associate("127.0.0.1", archive.dicom_port, ae_title="LUMENARC")
    assert assoc.send_n_create(begin, MPPS, uid)[0].Status == 0
    assert assoc.send_n_set(end, MPPS, uid)[0].Status == 0
    assoc.release()


def test_steps_are_scheduled_and_performed_ones_seen(empty: Served) -> None:
    """The worklist by hand, and what a modality says it did, with what of it is missing."""
    upload(empty, CT.read_bytes())
    performed(empty, pydicom.dcmread(CT))
    play(empty, "page/worklist")


def test_text_of_objects_is_only_text_on_every_page(empty: Served) -> None:
    """Markup, right-to-left overrides and very long values in names, IDs and descriptions."""
    wide = renamed("\u202egnp.exe^\u200f" + "ا" * 40, StudyDescription="\u202e" + HOSTILE[:62], PatientID="RTL")
    evil = renamed("<b onmouseover=pwned()>^" + HOSTILE, PatientID=HOSTILE, StudyDescription=HOSTILE)
    long = renamed("A" * 60, PatientID="LONG", StudyDescription="W" * 65_000, PatientComments="<i>" * 20_000)
    upload(empty, wide, long, evil)
    ds = pydicom.dcmread(io.BytesIO(evil))
    play(empty, "page/hostile", study=ds.StudyInstanceUID, series=ds.SeriesInstanceUID)


def test_another_archive_is_searched_and_read(empty: Served, tmp_path: Path) -> None:
    """Orthanc holds a study; it is found from the page and here when the viewer opens."""
    head = pydicom.dcmread(CT, stop_before_pixels=True)
    with orthanc(tmp_path / "orthanc") as peer:
        peer.ask("/instances", CT.read_bytes())
        play(empty, "page/remote", dicom_port=peer.port, study=head.StudyInstanceUID)
    assert [row.StudyInstanceUID for row in rows(empty)] == [head.StudyInstanceUID]


def test_every_page_is_accessible_in_both_languages_and_themes(filled: Served) -> None:
    """axe finds nothing of WCAG 2 A and AA, nothing breaks the policy of the page, and no word is missing."""
    play(filled, "page/access", axe=str(Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"))


def test_people_sign_in_see_what_they_may_and_leave(empty: Served) -> None:
    upload(empty, CT.read_bytes())
    play(empty, "page/sign_in", axe=str(Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"))


def test_a_hundred_thousand_rows_are_a_list(tmp_path: Path) -> None:
    """20,000 here, for time; only those in sight exist, the last one is reached, and a search narrows them."""
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    fill(archive, 20_000)
    archive.close()
    served = serve(tmp_path / "data")
    play(served, "page/many", n=20_000)
    served.stop()
