"""Can a patient be corrected over HTTP, and do DICOMweb and its caches say so?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES
from starlette.testclient import TestClient

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo
from lumenarc.services import store

NAME = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Li^Lei", "Ideographic": "李^雷"}]}}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    for name in ("CT_small.dcm", "MR_small.dcm"):
        store.store_part10(archive, [next(PYDICOM_FILES.rglob(name)).read_bytes()], store.Source("SCU"))
    with TestClient(create_app(archive, ServerInfo()), base_url="http://localhost") as made:
        yield made
    archive.close()


def test_a_corrected_patient_everywhere(client: TestClient) -> None:
    study = client.get("/dicom-web/studies?PatientName=CompressedSamples^CT1").json()[0]["0020000D"]["Value"][0]
    patient = client.get(f"/api/studies/{study}/patient").json()
    assert patient["attributes"]["00100020"]["Value"] == ["1CT1"]
    metadata = client.get(f"/dicom-web/studies/{study}/metadata")
    objects = client.get(f"/dicom-web/studies/{study}", headers={"Accept": "application/dicom"})
    wanted = {"If-None-Match": metadata.headers["etag"]}
    assert client.get(f"/dicom-web/studies/{study}/metadata", headers=wanted).status_code == 304

    body = {"changes": NAME, "reason": "typing error"}
    assert client.put(f"/api/patients/{patient['id']}", json=body).json() == {"studies": [study]}

    again = client.get(f"/dicom-web/studies/{study}/metadata", headers=wanted)
    assert again.status_code == 200
    assert again.json()[0]["00100010"] == NAME["00100010"]
    assert again.json()[0]["04000561"]["Value"]
    headers = {"Accept": "application/dicom", "If-None-Match": objects.headers["etag"]}
    whole = client.get(f"/dicom-web/studies/{study}", headers=headers)
    assert whole.status_code == 200
    assert str(pydicom.dcmread(io.BytesIO(whole.content)).PatientName) == "Li^Lei=李^雷"
    related = client.get(
        f"/dicom-web/studies/{study}", headers={"Accept": 'multipart/related; type="application/dicom"'}
    )
    assert "李^雷".encode() in related.content
    zipped = client.get(f"/dicom-web/studies/{study}", headers={"Accept": "application/zip"})
    assert "李^雷".encode() in zipped.content
    listed = client.get("/dicom-web/studies", params={"PatientName": "李^雷"}).json()
    assert [row["0020000D"]["Value"][0] for row in listed] == [study]
    (line,) = client.get(f"/api/studies/{study}/corrections").json()
    assert (line["kind"], line["reason"]) == ("edit", "typing error")


def test_patients_are_found_merged_and_studies_moved(client: TestClient) -> None:
    found = client.get("/api/patients", params={"q": "compressedsamples"}).json()
    assert found["total"] == 2
    ids = {one["attributes"]["00100020"]["Value"][0]: one["id"] for one in found["patients"]}
    reason = {"reason": "one person"}
    ct, mr = ids["1CT1"], ids["4MR1"]
    merged = client.post(f"/api/patients/{ct}/merge", json={"into": mr, **reason})
    assert len(merged.json()["studies"]) == 1
    assert client.get(f"/api/patients/{ct}").status_code == 404
    study = merged.json()["studies"][0]
    new = {"00100020": {"vr": "LO", "Value": ["N1"]}}
    moved = client.post(f"/api/studies/{study}/move", json={"new_patient": new, **reason})
    assert client.get(f"/api/patients/{moved.json()['patient']}").json()["attributes"]["00100020"]["Value"] == ["N1"]
    assert client.get("/dicom-web/studies?PatientID=N1").json()[0]["0020000D"]["Value"] == [study]


@pytest.mark.parametrize("body", [{}, {"changes": []}, {"changes": NAME}, {"changes": {"00080020": {}}, "reason": "x"}])
def test_bad_corrections_are_refused(client: TestClient, body: dict[str, object]) -> None:
    assert client.put("/api/patients/1", json=body).status_code == 400
    assert client.put("/api/patients/x", json=body).status_code == 400
    assert client.put("/api/patients/999", json={"changes": NAME, "reason": "x"}).status_code == 404
