"""Can users search other archives, open a study of them, and does the cache keep its limit?"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import Orthanc, orthanc
from served import Served

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore")]
FILES = [next(PYDICOM_FILES.rglob(name)) for name in ("CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "rtdose.dcm")]


def call(served: Served, method: str, path: str, body: object | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(served.http + path, data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def rows(served: Served, path: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(served.http + path, timeout=60) as answer:
        lines = [json.loads(line) for line in answer.read().splitlines()]
    assert lines[-1] == {"n_rows": len(lines) - 1}
    return [line["row"] for line in lines[:-1]]


def fetched(served: Served, name: str, study_uid: str) -> dict[str, Any]:
    job = call(served, "POST", f"api/remotes/{name}/studies/{study_uid}/fetch")["job"]
    for _attempt in range(600):
        found: dict[str, Any] = call(served, "GET", f"api/jobs/{job}")
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def filled(peer: Orthanc) -> Orthanc:
    for path in FILES:
        peer.ask("/instances", path.read_bytes())
    return peer


def register(served: Served, peer: Orthanc, **how: object) -> None:
    call(served, "PUT", "api/aes/ORTHANC", {"host": "127.0.0.1", "port": peer.port})
    call(served, "PUT", "api/remotes/old", {"ae_title": "ORTHANC", **how})


@pytest.mark.parametrize("fetch", ["get", "move", "web"])
def test_a_study_of_orthanc_is_found_and_opened(
    archive_server: Callable[..., Served], tmp_path: Path, fetch: str
) -> None:
    served = archive_server()
    ours = {"LUMENARC": (served.dicom_host, served.dicom_port)}
    with orthanc(tmp_path / "orthanc", ours) as peer:
        filled(peer)
        register(served, peer, fetch=fetch, web_url=f"{peer.http}/dicom-web", web_authorization="Bearer secret")
        (shown,) = call(served, "GET", "api/remotes")
        assert shown["has_credentials"]
        assert "secret" not in json.dumps(shown)
        tested = call(served, "POST", "api/remotes/old/test")
        assert (tested["ok"], set(tested["can"])) == (True, {"echo", "find", "get", "move", "web"})

        assert len(rows(served, "api/remotes/old/studies")) == len(FILES)
        assert len(rows(served, "api/remotes/old/studies?limit=2")) == 2
        for path in FILES:
            ds = pydicom.dcmread(path)
            (row,) = rows(served, f"api/remotes/old/studies?PatientID={ds.PatientID}")
            assert row["0020000D"]["Value"] == [ds.StudyInstanceUID]
            (series,) = rows(served, f"api/remotes/old/studies/{ds.StudyInstanceUID}/series")
            assert series["0020000E"]["Value"] == [ds.SeriesInstanceUID]
            job = fetched(served, "old", ds.StudyInstanceUID)
            assert (job["state"], job["result"]) == ("done", {"instances": 1, "failed": 0})
            url = f"dicom-web/studies/{ds.StudyInstanceUID}/metadata"
            (metadata,) = call(served, "GET", url)
            assert metadata["00080018"]["Value"] == [ds.SOPInstanceUID]
            assert metadata["00083002"]["Value"] == [ds.file_meta.TransferSyntaxUID]


def test_what_is_not_kept_goes_when_the_cache_is_full(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    served = archive_server(environment={"LUMENARC_REMOTE_CACHE_BYTES": "40000"})
    with orthanc(tmp_path / "orthanc") as peer:
        register(served, filled(peer), fetch="get", keep=False)
        uids = [str(pydicom.dcmread(path).StudyInstanceUID) for path in FILES[:2]]
        for uid in uids:
            assert fetched(served, "old", uid)["state"] == "done"
        # The CT (39 kB) has to go for the MR that was used later; a study of our own would stay.
        call(served, "POST", "api/jobs", {"task": "evict"})
        for _attempt in range(100):
            if call(served, "GET", "dicom-web/studies/count")["count"] == 1:
                break
            time.sleep(0.1)
        with urllib.request.urlopen(served.http + "dicom-web/studies", timeout=20) as answer:
            left = [row["0020000D"]["Value"][0] for row in json.load(answer)]
        assert left == [uids[1]]


def test_failures_say_what_is_wrong(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    served = archive_server()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        call(served, "PUT", "api/remotes/x", {"ae_title": "NOBODY", "fetch": "get"})
    for bad in ({}, {"web_url": "file:///etc/passwd", "fetch": "web"}, {"web_url": "http://x/", "fetch": "get"}):
        with pytest.raises(urllib.error.HTTPError, match="400"):
            call(served, "PUT", "api/remotes/x", bad)
    call(served, "PUT", "api/remotes/gone", {"web_url": "http://127.0.0.1:1/x", "fetch": "web"})
    assert "cannot be reached" in call(served, "POST", "api/remotes/gone/test")["error"]
    with pytest.raises(urllib.error.HTTPError, match="502"):
        call(served, "GET", "api/remotes/gone/studies")
    with orthanc(tmp_path / "orthanc") as peer:
        register(served, peer, fetch="get")
        job = call(served, "POST", "api/remotes/old/studies/1.2.3/fetch")["job"]
        for _attempt in range(100):
            found = call(served, "GET", f"api/jobs/{job}")
            if found["error"]:
                break
            time.sleep(0.1)
        assert "no such study" in found["error"]
