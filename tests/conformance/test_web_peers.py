"""Can we search, fetch from and store to other DICOMweb services: Orthanc's and our own?"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import orthanc
from lumenarc.dicom import part10
from lumenarc.errors import NotFound, PeerFailed
from lumenarc.peers import dicomweb
from lumenarc.peers.dicomweb import WebPeer
from lumenarc.transport.connect import NoConnection
from served import Served

pytestmark = pytest.mark.conformance
FILES = [next(PYDICOM_FILES.rglob(name)) for name in ("CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm")]


@pytest.fixture(params=["orthanc", "lumenarc"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WebPeer]:
    if request.param == "orthanc":
        with orthanc(tmp_path / "orthanc") as running:
            yield WebPeer(f"{running.http}/dicom-web")
    else:
        start: Callable[..., Served] = request.getfixturevalue("archive_server")
        yield WebPeer(start().http + "dicom-web/")


def body_of(file: bytes) -> str:
    return hashlib.sha256(file[part10.parse_meta(file).header_bytes :]).hexdigest()


@pytest.mark.filterwarnings("ignore")
def test_what_is_stored_is_found_and_comes_back_identical(peer: WebPeer) -> None:
    given = [path.read_bytes() for path in FILES]
    outcome = dicomweb.store(peer, ([data[:1000], data[1000:]] for data in given))
    assert (outcome.status, len(outcome.stored), outcome.failed) == (200, len(FILES), ())
    for data in given:
        ds = pydicom.dcmread(io.BytesIO(data))
        (study,) = dicomweb.search(peer, "studies", [("StudyInstanceUID", ds.StudyInstanceUID)])
        assert study["00100020"]["Value"] == [ds.PatientID]
        (part,) = [
            (part.media_type, b"".join(part.chunks))
            for part in dicomweb.retrieve(peer, f"studies/{ds.StudyInstanceUID}")
        ]
        assert part[0] == "application/dicom"
        assert body_of(part[1]) == body_of(data)
    assert dicomweb.search(peer, "studies", [("PatientID", "nobody")]) == []
    with pytest.raises(NotFound):
        list(dicomweb.retrieve(peer, "studies/1.2.3"))


def test_what_is_refused_is_said(archive_server: Callable[..., Served]) -> None:
    peer = WebPeer(archive_server().http + "dicom-web")
    ds = pydicom.dcmread(FILES[0])
    del ds.StudyInstanceUID
    without_study = io.BytesIO()
    ds.save_as(without_study)
    outcome = dicomweb.store(peer, [[without_study.getvalue()], [FILES[1].read_bytes()]])
    assert (outcome.status, len(outcome.stored)) == (202, 1)
    ((_uid, reason),) = outcome.failed
    assert reason > 0


def test_nobody_there_and_no_dicomweb(archive_server: Callable[..., Served]) -> None:
    with pytest.raises(NoConnection):
        dicomweb.search(WebPeer("http://127.0.0.1:1/x"), "studies")
    http = archive_server().http
    with pytest.raises(PeerFailed, match="no JSON"):
        dicomweb.search(WebPeer(http + "nothing"), "studies")
    with pytest.raises(PeerFailed, match="no list"):
        dicomweb.search(WebPeer(http + "api"), "server")
