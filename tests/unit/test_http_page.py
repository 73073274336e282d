"""Does the page get what it needs beside DICOMweb? Deleting with a way back, downloads, figures, names, echo."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES
from starlette.testclient import TestClient
from test_http_door import CT, HEAD, client, stow

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo

__all__ = ["client"]
MR = next(PYDICOM_FILES.rglob("MR_small.dcm")).read_bytes()
STUDY = str(HEAD.StudyInstanceUID)


def test_deleting_tells_how_to_undo(client: TestClient) -> None:
    """What is not there is said of that item alone; the id restores."""
    stow(client, CT)
    asked = {"items": [{"study_uid": STUDY}, {"study_uid": "1.2.3"}], "reason": "mistake"}
    done, missing = client.post("/api/delete", json=asked).json()["results"]
    assert (done["n_instances"], done["error"]) == (1, "")
    assert missing["trash_id"] is None and missing["error"]
    assert client.get("/dicom-web/studies").status_code == 204
    (item,) = client.get("/api/trash").json()["items"]
    assert (item["id"], item["reason"], item["patient_id"]) == (done["trash_id"], "mistake", HEAD.PatientID)
    assert client.post(f"/api/trash/{done['trash_id']}/restore").json() == {"restored": 1, "left": 0}
    assert len(client.get("/dicom-web/studies").json()) == 1


@pytest.mark.parametrize("asked", [{}, {"items": []}, {"items": ["1.2"]}, {"items": [{"study_uid": "a"}]}])
def test_bad_deletions_delete_nothing(client: TestClient, asked: dict[str, object]) -> None:
    stow(client, CT)
    assert client.post("/api/delete", json=asked).status_code == 400
    assert len(client.get("/dicom-web/studies").json()) == 1


def test_several_studies_are_one_zip(client: TestClient) -> None:
    """With a DICOMDIR; a study that is not there is left out, none at all is 404."""
    stow(client, CT, MR)
    other = str(pydicom.dcmread(io.BytesIO(MR)).StudyInstanceUID)
    answer = client.get("/api/download", params={"studies": f"{STUDY},{other},1.2.3"})
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert "DICOMDIR" in packed.namelist() and len(packed.namelist()) == 3
    assert client.get("/api/download", params={"studies": "1.2.3"}).status_code == 404
    assert client.get("/api/download").status_code == 400


def test_many_files_are_uploaded_as_form_data(client: TestClient) -> None:
    """Each result carries the number of its part; a ZIP has several; what is no DICOM fails alone."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a/MR", MR)
        packed.writestr("a/readme", b"no DICOM" * 50)
    files = [("file", ("folder/片.dcm", CT)), ("file", ("both.zip", out.getvalue())), ("file", ("CT", CT))]
    results = client.post("/api/upload", files=files).json()["results"]
    found = [(result["part"], result["outcome"]) for result in results]
    assert found == [(0, "stored"), (1, "stored"), (1, "failed"), (2, "duplicate")]
    assert results[1]["name"] == "both.zip:a/MR"
    cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nDICM'
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/api/upload", content=cut, headers=head).status_code == 400


def test_facts_of_a_study(client: TestClient) -> None:
    stow(client, CT)
    facts = client.get(f"/api/studies/{STUDY}").json()
    assert facts["series"][0]["series_uid"] == HEAD.SeriesInstanceUID
    assert 0 < facts["size_bytes"] < len(CT)
    assert facts["received_at"] <= facts["updated_at"]
    assert client.get("/api/studies/1.2.3").status_code == 404


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_figures(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> None:
    """Days are those of the asker: two minutes before midnight is another day a few minutes further east."""
    url = "" if database == "sqlite" else request.getfixturevalue("postgresql_url")
    moment = 20_000 * 86_400_000 - 120_000
    ticks = itertools.count(moment)
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0, database=url), clock=lambda: next(ticks))
    with TestClient(create_app(archive, ServerInfo()), base_url="http://localhost") as made:
        stow(made, CT, MR)
        found = made.get("/api/statistics?days=7").json()
        assert [(day["day"], day["n_studies"]) for day in found["days"]] == [(19_999, 2)]
        assert made.get("/api/statistics?days=7&offset=3").json()["days"][0]["day"] == 20_000
        assert sorted(one["modality"] for one in found["modalities"]) == ["CT", "MR"]
        assert [(one["title"], one["n_instances"]) for one in found["senders"]] == [("", 2)]
        assert moment < found["senders"][0]["last_at"] < moment + 1000
        assert made.get("/api/statistics?days=0").status_code == 400
    archive.close()


def test_names_of_attributes(client: TestClient) -> None:
    answer = client.get("/api/dictionary")
    assert answer.json()["00100010"] == "Patient's Name"
    etag = answer.headers["etag"]
    assert client.get("/api/dictionary", headers={"If-None-Match": etag}).status_code == 304


def test_associations_can_be_cut(tmp_path: Path) -> None:
    cut: set[int] = set()

    def abort(number: int) -> bool:
        cut.add(number)
        return number == 7

    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    info = ServerInfo(associations=lambda: [{"id": 7}], abort=abort)
    with TestClient(create_app(archive, info), base_url="http://localhost") as made:
        assert made.get("/api/associations").json() == [{"id": 7}]
        assert made.delete("/api/associations/7").status_code == 204
        assert made.delete("/api/associations/8").status_code == 404
        assert made.delete("/api/associations/x").status_code == 404
    assert cut == {7, 8}
    archive.close()


def test_echo_says_how_far_it_came(client: TestClient) -> None:
    """Nobody listens at port 1 of this machine; who is not registered cannot be asked."""
    client.post("/api/aes", json={"title": "NOBODY", "host": "127.0.0.1", "port": 1})
    answer = client.post("/api/aes/NOBODY/echo").json()
    assert (answer["ok"], answer["step"]) == (False, "connect")
    assert "127.0.0.1" in answer["error"]
    assert client.post("/api/aes/STRANGER/echo").status_code == 404


def test_samples_are_loaded(client: TestClient) -> None:
    answer = client.post("/api/samples").json()
    assert answer["n_failed"] == 0 and len(answer["studies"]) == 4
    assert client.get("/dicom-web/studies/count").json() == {"count": 4}
    assert client.get("/dicom-web/studies/size").json()["bytes"] > 1 << 20
