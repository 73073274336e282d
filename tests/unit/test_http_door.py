"""Does the HTTP door answer as PS3.18 says, and as real clients expect (web-anchors A3)?"""

from __future__ import annotations

import io
import json
import zipfile
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

CT = next(PYDICOM_FILES.rglob("CT_small.dcm")).read_bytes()
J2K = next(PYDICOM_FILES.rglob("JPEG2000.dcm")).read_bytes()
HEAD = pydicom.dcmread(io.BytesIO(CT))
STUDY = f"/dicom-web/studies/{HEAD.StudyInstanceUID}"
SERIES = f"{STUDY}/series/{HEAD.SeriesInstanceUID}"
INSTANCE = f"{SERIES}/instances/{HEAD.SOPInstanceUID}"
IMG_ACCEPT = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    archive = open_archive(load(data=tmp_path / "data", min_free_bytes=0, cors_origins=["http://ohif.example"]))
    pages = tmp_path / "pages"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html>page")
    (pages / "assets" / "a.js").write_text("1")
    app = create_app(archive, ServerInfo(pages=pages))
    with TestClient(app, base_url="http://localhost") as made:
        yield made
    archive.close()


def stow(client: TestClient, *files: bytes, study: str = "") -> tuple[int, dict[str, dict[str, list[object]]]]:
    body = b"".join(b"\r\n--x\r\nContent-Type: application/dicom\r\n\r\n" + data for data in files) + b"\r\n--x--\r\n"
    content = 'multipart/related; type="application/dicom"; boundary="x"'
    answer = client.post("/dicom-web/studies" + study, content=body, headers={"Content-Type": content})
    return answer.status_code, answer.json()


def test_stow_qido_wado(client: TestClient) -> None:
    assert client.get("/dicom-web/studies").status_code == 204
    status, answer = stow(client, CT, J2K)
    assert status == 200 and len(answer["00081199"]["Value"]) == 2
    rows = client.get("/dicom-web/studies", params={"PatientID": HEAD.PatientID}).json()
    assert [row["0020000D"]["Value"] for row in rows] == [[HEAD.StudyInstanceUID]]
    assert client.get("/dicom-web/studies/count").json() == {"count": 2}
    whole = client.get(INSTANCE, headers={"Accept": "application/dicom; transfer-syntax=*"})
    assert pydicom.dcmread(io.BytesIO(whole.content)) == HEAD
    assert int(whole.headers["content-length"]) == len(whole.content)
    many = client.get(SERIES, headers={"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'})
    assert many.headers["content-type"].startswith("multipart/related")
    assert int(many.headers["content-length"]) == len(many.content)
    packed = zipfile.ZipFile(io.BytesIO(client.get(STUDY + "?accept=application/zip").content))
    assert pydicom.dcmread(io.BytesIO(packed.read(packed.namelist()[0]))) == HEAD
    metadata = client.get(SERIES + "/metadata").json()
    assert metadata[0]["00080018"]["Value"] == [HEAD.SOPInstanceUID]


def test_ohif_lists_studies(client: TestClient) -> None:
    """A3.1-3: an encoded comma list; no ModalitiesInStudy without a value."""
    stow(client, CT)
    url = "/dicom-web/studies?limit=101&offset=0&fuzzymatching=false&includefield="
    rows = client.get(url + "00081030%2C00080060%2C00080090%2C00100030").json()
    assert "00100030" in rows[0]
    assert rows[0]["00080061"]["Value"] == ["CT"]
    assert client.get("/dicom-web/studies?ModalitiesInStudy=MR%2CCT&00100020=*1*").json()
    assert client.get("/dicom-web/studies?PatientName=*%E7%8E%8B*").status_code == 204


def test_frames_leave_in_their_stored_syntax(client: TestClient) -> None:
    """A3.4, A3.7: the stored syntax, named in the type; frames are never compressed on the way."""
    stow(client, J2K)
    head = pydicom.dcmread(io.BytesIO(J2K))
    url = f"/dicom-web/studies/{head.StudyInstanceUID}/series/{head.SeriesInstanceUID}/instances/{head.SOPInstanceUID}"
    accept = "multipart/related; type=application/octet-stream; transfer-syntax=*"
    answer = client.get(url + "/frames/1", headers={"Accept": accept, "Accept-Encoding": "gzip"})
    assert f"transfer-syntax={head.file_meta.TransferSyntaxUID}" in answer.headers["content-type"]
    assert "content-encoding" not in answer.headers
    assert b"\xff\x4f\xff\x51" in answer.content
    assert client.get(url + "/frames/1", headers={"Accept": "image/jp2"}).content.startswith(b"\xff\x4f\xff\x51")
    assert client.get(url + "/frames/9").status_code == 404
    assert client.get(url + "/frames/0").status_code == 400
    assert client.get(url + "/frames/1", headers={"Accept": "video/mp4"}).status_code == 406


def test_stow_outcomes(client: TestClient) -> None:
    assert stow(client, b"no DICOM at all" * 20)[0] == 400
    status, answer = stow(client, CT, b"no DICOM at all" * 20)
    assert status == 202 and len(answer["0008119A"]["Value"]) == 1
    assert stow(client, CT, study="/1.2.3")[0] == 409
    assert client.post("/dicom-web/studies", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    single = client.post("/dicom-web/studies", content=CT, headers={"Content-Type": "application/dicom"})
    assert single.status_code == 200


def test_delete_and_restore(client: TestClient) -> None:
    stow(client, CT)
    assert client.delete(STUDY).status_code == 204
    assert client.get(STUDY).status_code == 410
    assert client.get("/dicom-web/studies/1.2.3").status_code == 404
    item = client.get("/api/trash").json()["items"][0]
    assert item["patient_id"] == HEAD.PatientID
    assert client.post(f"/api/trash/{item['id']}/restore").status_code == 200
    assert client.get(STUDY).status_code == 200


def test_application_entities(client: TestClient) -> None:
    made = client.post("/api/aes", json={"title": "PEER", "host": "127.0.0.1", "port": 104})
    assert made.status_code == 201
    assert client.put("/api/aes/PEER", json={"host": "h", "port": 105}).json()["port"] == 105
    assert [one["title"] for one in client.get("/api/aes").json()] == ["PEER"]
    assert client.delete("/api/aes/PEER").status_code == 204
    missing = client.get("/api/aes/PEER")
    assert missing.status_code == 404 and set(missing.json()) == {"error", "kind", "request_id"}


def test_upload_of_a_zip(client: TestClient) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a", CT)
        packed.writestr("b", b"text")
    results = client.post("/api/upload?name=x.zip", content=out.getvalue()).json()["results"]
    assert [one["outcome"] for one in results] == ["stored", "failed"]


def test_guard(client: TestClient) -> None:
    assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/healthz", headers={"Host": "192.0.2.1:8080"}).status_code == 200
    evil = {"Origin": "http://evil.example"}
    assert client.delete(STUDY, headers=evil).status_code == 403
    assert "access-control-allow-origin" not in client.get("/dicom-web/studies", headers=evil).headers
    good = client.get("/dicom-web/studies", headers={"Origin": "http://ohif.example"})
    assert good.headers["access-control-allow-origin"] == "http://ohif.example"
    assert client.post("/api/upload", content=b"", headers={"Content-Length": str(1 << 40)}).status_code == 413


def test_pages(client: TestClient) -> None:
    page = client.get("/")
    assert page.text.endswith("page") and "script-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/study/1.2").text.endswith("page")
    assert "immutable" in client.get("/assets/a.js").headers["cache-control"]
    for path in ("/assets/b.js", "/api/nothing", "/%2e%2e/data/index.sqlite", "/..%2fdata%2findex.sqlite"):
        assert client.get(path).status_code == 404


def test_health_and_description(client: TestClient) -> None:
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    assert "lumenarc_instances 0.0" in client.get("/metrics").text
    paths = client.get("/openapi.json").json()["paths"]
    assert "/dicom-web/studies/{study}" in paths and "/aets/{aet}/rs/studies" in paths
    assert client.get("/aets/LUMENARC/rs/studies").status_code == 204
    assert client.get("/aets/OTHER/rs/studies").status_code == 404
    assert client.get("/api/server").json()["n_instances"] == 0
    assert json.loads(client.get("/api/settings").text)[0]["name"] == "data"


def test_bad_queries(client: TestClient) -> None:
    assert client.get("/dicom-web/studies?NoSuchThing=1").status_code == 400
    assert client.get("/dicom-web/studies?limit=x").status_code == 400
    assert client.get("/dicom-web/studies/abc/series").status_code == 400


def test_browsers_get_pictures(client: TestClient) -> None:
    """A3.6: the Accept header of an <img> element."""
    stow(client, CT)
    for level in (STUDY, SERIES, INSTANCE, INSTANCE + "/frames/1"):
        for resource in ("rendered", "thumbnail"):
            answer = client.get(f"{level}/{resource}", headers={"Accept": IMG_ACCEPT})
            assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/")
    png = client.get(INSTANCE + "/rendered?viewport=64,64&window=40,400", headers={"Accept": "image/png"})
    assert png.content.startswith(b"\x89PNG")
    assert client.get(INSTANCE + "/rendered?window=a", headers={"Accept": "image/png"}).status_code == 400
    assert client.get(INSTANCE + "/rendered", headers={"Accept": "text/plain"}).status_code == 406


def test_wado_uri(client: TestClient) -> None:
    stow(client, CT)
    url = f"/wado?requestType=WADO&studyUID={HEAD.StudyInstanceUID}&seriesUID={HEAD.SeriesInstanceUID}"
    url += f"&objectUID={HEAD.SOPInstanceUID}"
    assert client.get(url).content.startswith(b"\xff\xd8")
    whole = client.get(url + "&contentType=application/dicom")
    assert pydicom.dcmread(io.BytesIO(whole.content)) == HEAD
    window = "&contentType=image/png&rows=50&windowCenter=40&windowWidth=400&region=0,0,0.5,0.5&frameNumber=1"
    assert client.get(url + window).content.startswith(b"\x89PNG")
    assert client.get(url + "&windowCenter=40").status_code == 400
    assert client.get(url + "&contentType=text/html").status_code == 406
    assert client.get("/wado?requestType=WADO").status_code == 400


def test_pixel_data_of_the_metadata_are_there(client: TestClient) -> None:
    stow(client, CT)
    uri = client.get(INSTANCE + "/metadata").json()[0]["7FE00010"]["BulkDataURI"]
    assert client.get(uri, headers={"Accept": "application/octet-stream"}).content == HEAD.PixelData


def test_jobs(client: TestClient) -> None:
    """No runner works here: what is queued stays, until it is cancelled."""
    assert client.get("/api/jobs").json() == []
    started = client.post("/api/jobs", json={"task": "check"})
    assert started.status_code == 202
    job_id = started.json()["job"]
    assert client.post("/api/jobs", json={"task": "check"}).status_code == 409
    assert client.post("/api/jobs", json={"task": "rm"}).status_code == 400
    job = client.get(f"/api/jobs/{job_id}").json()
    assert (job["task"], job["state"], job["n_done"], job["n_total"]) == ("check", "waiting", 0, None)
    assert client.get("/api/jobs").json() == [job]
    assert client.post(f"/api/jobs/{job_id}/cancel").status_code == 204
    assert client.get(f"/api/jobs/{job_id}").json()["state"] == "cancelled"
    assert client.post(f"/api/jobs/{job_id}/retry").status_code == 204
    assert client.get(f"/api/jobs/{job_id}").json()["state"] == "waiting"
    assert [client.get(f"/api/jobs/{name}").status_code for name in ("77", "x", "9" * 30)] == [404] * 3
