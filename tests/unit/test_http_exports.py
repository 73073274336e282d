"""Are large downloads made by jobs, in the form that was asked for, and do uploads reach the patient they are for?"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES
from starlette.testclient import TestClient

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo
from lumenarc.services import bundle, jobs, store

CT, MR = (next(PYDICOM_FILES.rglob(name)) for name in ("CT_small.dcm", "MR_small.dcm"))
NEW = {
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Right^Person"}]},
    "00100020": {"vr": "LO", "Value": ["RIGHT"]},
    "00100040": None,
}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    yield opened
    opened.close()


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    with TestClient(create_app(archive, ServerInfo()), base_url="http://localhost") as made:
        yield made


def packed(client: TestClient, archive: Archive, **wish: Any) -> zipfile.ZipFile:
    for file in (CT, MR):
        store.store_part10(archive, [file.read_bytes()], store.Source("SCU"))
    studies = [pydicom.dcmread(file, stop_before_pixels=True).StudyInstanceUID for file in (CT, MR)]
    job = client.post("/api/export", json={"studies": studies, **wish}).json()["job"]
    assert client.get(f"/api/jobs/{job}/file").status_code == 404
    running = jobs.claim(archive, ("bundle",))
    assert running is not None
    running.done(bundle.run(archive, running))
    answer = client.get(f"/api/jobs/{job}/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="studies.zip"'
    assert client.get(f"/api/jobs/{job}").json()["result"]["size_bytes"] == len(answer.content)
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_objects_leave_with_a_dicomdir(client: TestClient, archive: Archive) -> None:
    found = packed(client, archive)
    names = found.namelist()
    assert names[-1] == "DICOMDIR"
    assert len(names) == 3
    record = pydicom.dcmread(io.BytesIO(found.read("DICOMDIR")))
    assert [item.DirectoryRecordType for item in record.DirectoryRecordSequence].count("IMAGE") == 2
    assert pydicom.dcmread(io.BytesIO(found.read(names[0]))).PatientID in ("1CT1", "4MR1")


def test_pictures_and_anonymous_objects(client: TestClient, archive: Archive) -> None:
    pictures = packed(client, archive, form="jpeg")
    assert all(pictures.read(name)[:2] == b"\xff\xd8" for name in pictures.namelist())
    nobody = packed(client, archive, anonymous=True, patient_name="Nobody", options=["retain_full_dates"])
    first = pydicom.dcmread(io.BytesIO(nobody.read(nobody.namelist()[0])))
    assert (str(first.PatientName), first.PatientIdentityRemoved, first.StudyDate) == ("Nobody", "YES", "20040119")
    assert b"CompressedSamples" not in nobody.read("DICOMDIR")


def test_what_cannot_be_exported_is_said_at_once(client: TestClient) -> None:
    for body in ({}, {"studies": ["1.2"], "form": "tiff"}, {"studies": ["x"]}):
        assert client.post("/api/export", json=body).status_code == 400
    assert client.post("/api/export", json={"studies": ["1.2"]}).status_code == 404


def test_an_upload_is_for_another_patient(client: TestClient) -> None:
    wish = {"new_patient": json.dumps(NEW), "reason": "scanned under a wrong name"}
    body, content = CT.read_bytes(), {"content-type": "application/dicom"}
    (result,) = client.post("/api/upload", params=wish, content=body, headers=content).json()["results"]
    assert result["outcome"] == "stored"
    patient = client.get(f"/api/studies/{result['study_uid']}/patient").json()
    assert patient["attributes"]["00100020"]["Value"] == ["RIGHT"]
    (row,) = client.get("/dicom-web/studies", params={"PatientID": "RIGHT", "includefield": "all"}).json()
    assert all("vr" in entry for entry in row.values())
    (line,) = client.get(f"/api/studies/{result['study_uid']}/corrections").json()
    assert (line["kind"], line["reason"]) == ("move", "scanned under a wrong name")
    # A second file, now to the one who is known.
    wish = {"patient": str(patient["id"]), "reason": "the same"}
    (other,) = client.post("/api/upload", params=wish, content=MR.read_bytes(), headers=content).json()["results"]
    assert client.get(f"/api/studies/{other['study_uid']}/patient").json()["id"] == patient["id"]
    assert client.post("/api/upload", params={"patient": "1"}, content=body, headers=content).status_code == 400
    unknown = {"patient": "4711", "reason": "x"}
    assert client.post("/api/upload", params=unknown, content=body, headers=content).status_code == 404
