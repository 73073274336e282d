"""Do clients of others get in with a token, with Basic and with a cookie, and nobody else? dicomweb-client and curl."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES
from dicomweb_client.session_utils import create_session, create_session_from_user_pass
from dicomweb_client.web import DICOMwebClient
from requests.exceptions import HTTPError

from served import Served, serve
from tools import run

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore")]
PASSWORD = "correct horse"
FILE = next(PYDICOM_FILES.rglob("CT_small.dcm"))


def user(data: Path, *words: str, password: str = PASSWORD) -> str:
    done = run("user", *words, "--data", data, "-q" if words[0] != "token" else "-v", stdin=f"{password}\n".encode())
    assert done.code == 0, done.err
    return done.out.strip()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run an archive that listens on every address, with a user of each role; two processes share what they know."""
    data = tmp_path_factory.mktemp("archive") / "data"
    for name, role in (("anna", "administrator"), ("otto", "operator"), ("vera", "viewer")):
        user(data, "add", name, "--role", role)
    basic = {"LUMENARC_BASIC_AUTHENTICATION": "true"}
    archive = serve(data, "--host", "0.0.0.0", "--workers", "2", environment=basic)
    yield archive
    archive.stop()


def curl(served: Served, path: str, *words: str) -> tuple[int, str]:
    """Ask with curl; return status and body."""
    command = ("curl", "-sS", "-w", "\n%{http_code}", *words, served.http.replace("0.0.0.0", "127.0.0.1") + path)
    body, _, status = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition("\n")
    return int(status), body


def client(served: Served, token: str = "", basic: str = "") -> DICOMwebClient:
    session = create_session_from_user_pass(basic, PASSWORD) if basic else create_session()
    if token:
        session.headers["Authorization"] = f"Bearer {token}"
    return DICOMwebClient(served.http.replace("0.0.0.0", "127.0.0.1") + "dicom-web", session=session)


def test_dicomweb_client_with_tokens_and_passwords(served: Served) -> None:
    sample = pydicom.dcmread(FILE)
    for nobody in (client(served), client(served, token="lumenarc_made-up")):
        with pytest.raises(HTTPError, match="401"):
            nobody.search_for_studies()
    gateway = client(served, token=user(served.data, "token", "otto", "--label", "gateway"))
    gateway.store_instances([sample])
    for reader in (
        client(served, basic="vera"),
        client(served, token=user(served.data, "token", "vera", "--label", "x")),
    ):
        (row,) = reader.search_for_studies()
        assert row["0020000D"]["Value"] == [sample.StudyInstanceUID]
        whole = reader.retrieve_instance(sample.StudyInstanceUID, sample.SeriesInstanceUID, sample.SOPInstanceUID)
        assert whole.PixelData == sample.PixelData
        with pytest.raises(HTTPError, match="403"):
            reader.store_instances([sample])
        with pytest.raises(HTTPError, match="403"):
            reader.delete_study(sample.StudyInstanceUID)


def test_curl_with_a_cookie(served: Served, tmp_path: Path) -> None:
    jar = ("-b", str(tmp_path / "jar"), "-c", str(tmp_path / "jar"))
    words = ("-H", "Content-Type: application/json", "-d", f'{{"name": "anna", "password": "{PASSWORD}"}}')
    assert curl(served, "api/session", *jar, *words)[0] == 200
    for _ in range(6):  # whichever process answers
        assert curl(served, "api/settings", *jar)[0] == 200
    foreign = ("-X", "DELETE", "-H", "Origin: http://evil.example")
    assert curl(served, "api/session", *jar, *foreign)[0] == 403
    copy = tmp_path / "copy"
    copy.write_text((tmp_path / "jar").read_text())
    assert curl(served, "api/session", *jar, "-X", "DELETE")[0] == 204
    for _ in range(6):
        assert curl(served, "api/settings", "-b", str(copy))[0] == 401


def test_guessing_is_counted_for_all_processes(served: Served) -> None:
    wrong = ("-H", "Content-Type: application/json", "-d", '{"name": "otto", "password": "wrong one"}')
    assert [curl(served, "api/session", *wrong)[0] for _ in range(7)] == [401] * 5 + [429] * 2


def test_what_is_open_and_what_is_not(served: Served) -> None:
    assert [curl(served, path)[0] for path in ("", "healthz", "readyz", "openapi.json")] == [200] * 4
    assert [curl(served, path)[0] for path in ("metrics", "dicom-web/studies", "api/users")] == [401] * 3


def test_nobody_beyond_this_machine_without_users(tmp_path: Path) -> None:
    done = run("serve", "--host", "0.0.0.0", "--data", tmp_path / "data", "--hl7-port", "0", "--dicom-port", "0")
    assert done.code == 2
    assert "lumenarc user add NAME --role administrator" in done.err
    assert not (tmp_path / "data").exists()
