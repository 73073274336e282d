"""Does text that a peer chooses stay text: no path, no log line, no markup, no program? (CVE-2022-2119, CVE-2019-11687)

One server, started in an empty folder beside its data folder; whatever appears outside the latter is an escape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lumenarc.protocol.dimse import commands
from raw_peer import CT, STUDY_FIND, RawPeer, ct_image, element, part10
from served import Served, serve
from stow import MULTIPART, body_of, data_set_of, failures, stored

pytestmark = pytest.mark.fault
PATHS = (
    "../../../../tmp/evil", "/tmp/evil", "..\\..\\evil", "C:\\evil", "a/b", ".", "..", "~root", "evil\0.dcm",
    "evil\r\nX", "\x1b[31mred", "$(id)", "`id`", ";id", "|id", "%2e%2e%2f", "\u202egnp.exe", "猫",
    "'; DROP TABLE instance; --", "%s%n", "*?",
)  # fmt: skip
UIDS = (
    *PATHS, "", "1..2", ".1", "1.", "01.2", "1.02", "1,2", "1.2 3", "-1", "1e5", "1." * 32 + "1", "9" * 65, "1.2/../3",
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)",
    "</title><svg onload=alert(1)>", "{{7*7}}", "${7*7}", "<!--", "&lt;b&gt;", "\u2028alert(1)",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hostile")
    environment = {"LUMENARC_MIN_FREE_BYTES": "0", "LUMENARC_LOG_LEVEL": "info", "TMPDIR": str(folder / "archive")}
    (folder / "archive").mkdir()
    found = serve(folder / "archive", environment=environment, log=folder / "log")
    yield found
    found.stop()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.http, timeout=60) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_escapes(served: Served) -> Iterator[None]:
    """Nothing but log and data folder; below blobs only names of our own making; no forged line in the log."""
    before = set(Path("/tmp").iterdir())
    yield
    assert sorted(path.name for path in served.data.parent.iterdir()) == ["archive", "log"]
    assert not [path for path in set(Path("/tmp").iterdir()) - before if "evil" in path.name]
    for path in (served.data / "blobs").rglob("*"):
        assert re.fullmatch(r"[0-9a-f]+\.dcm|[0-9]+|[0-9a-f]{2}|[0-9-]+", path.name), path
        assert not path.is_symlink()
    log = (served.data.parent / "log").read_bytes()
    assert b"\x1b[31m" not in log
    assert all(re.match(rb"\d{4}-\d\d-\d\dT", line) for line in log.splitlines())


def post(client: httpx.Client, *files: bytes) -> httpx.Response:
    return client.post("dicom-web/studies", content=body_of(files), headers=MULTIPART)


@pytest.mark.parametrize("uid", UIDS)
def test_uids_that_are_none(served: Served, client: httpx.Client, uid: str) -> None:
    """Refused with 0xC000 and 400, in each of the places where a UID names something."""
    good = "1.2.90.1"
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        raw.associate()
        assert raw.store(ct_image(uid, study_uid="1.2.90"), uid) == 0xC000
        assert raw.store(ct_image(good, study_uid=uid or " "), good) == 0xC000
        assert raw.store(ct_image(good, series_uid=uid), good) == 0xC000
        assert raw.store(ct_image(good, sop_class_uid=uid), good) in (0xC000, 0xA900)
        assert raw.echo() == 0
    for data_set in (ct_image(uid, study_uid="1.2.90"), ct_image(good, study_uid=uid), ct_image(good, series_uid=uid)):
        answer = post(client, part10(data_set, good))
        assert (answer.status_code, failures(answer)) == (400, [0xC000])


@pytest.mark.parametrize("title", PATHS)
def test_titles(served: Served, client: httpx.Client, title: str) -> None:
    """A calling title is kept as text; a called one that is not ours is refused."""
    number = PATHS.index(title) + 1
    uid = f"1.2.91.{number}"
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        raw.associate(calling=title)
        assert raw.store(ct_image(uid), uid) == 0
        raw.release()
    assert data_set_of(client, uid, "1.2.91", "1.2.91.1") == ct_image(uid)
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        answer = raw.ask(called=title)
        assert answer is not None
        assert answer[0] == 3


@pytest.mark.parametrize("text", (*PATHS, *MARKUP))
def test_text_comes_back_as_text(served: Served, client: httpx.Client, text: str) -> None:
    """Patient ID and name are stored, found, and returned in JSON that no browser takes for a page."""
    number = (*PATHS, *MARKUP).index(text) + 1
    study, plain = f"1.2.92.{number}", text.split("\0")[0].replace("\\", "/").replace("\r\n", " ")
    uid = f"{study}.1"
    answer = post(client, part10(ct_image(uid, patient_id=plain, patient_name=plain), uid))
    assert stored(answer) == [uid], answer.text
    for path in (f"dicom-web/studies?StudyInstanceUID={study}", f"dicom-web/studies/{study}/metadata"):
        found = client.get(path)
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("application/dicom+json")
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in found.headers["content-security-policy"]
        (only,) = json.loads(found.text)
        assert only["00100020"]["Value"] == [plain]
    escaped = httpx.QueryParams({"PatientID": plain})
    assert client.get(f"dicom-web/studies?{escaped}").status_code in (200, 204, 400)


@pytest.mark.parametrize("text", MARKUP)
def test_errors_repeat_nothing_as_markup(client: httpx.Client, text: str) -> None:
    for path in (f"dicom-web/studies/{text}", f"aets/{text}/rs/studies", f"{text}", f"dicom-web/studies?{text}={text}"):
        answer = client.get(path)
        assert answer.status_code < 500
        if "html" in answer.headers.get("content-type", ""):
            assert text not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "start", [b"MZ\x90\0", b"\x7fELF", b"#!/bin/sh\n", b"\xcf\xfa\xed\xfe", b"II*\0", b"PK\3\4", b"<?php"]
)
def test_a_preamble_is_zeroed(served: Served, client: httpx.Client, start: bytes) -> None:
    """A file that is a program too comes back as a file that is none; its data set is what was sent."""
    uid = f"1.2.93.{len(start)}{start[-1]}"
    data_set = ct_image(uid)
    file = start.ljust(128, b"\xcc") + part10(data_set, uid)[128:]
    assert stored(post(client, file)) == [uid]
    assert data_set_of(client, uid, "1.2.93", "1.2.93.1") == data_set
    kept = [path.read_bytes() for path in (served.data / "blobs").rglob("*.dcm")]
    assert all(blob.startswith(bytes(128) + b"DICM") for blob in kept)
    assert any(blob.endswith(data_set) for blob in kept)


def test_a_thousand_elements_of_hostile_text(served: Served, client: httpx.Client) -> None:
    uid = "1.2.94.1"
    more = b"".join(element(0x00091000 + n, "LO", (PATHS + MARKUP)[n % 29][:60].replace("\\", "/")) for n in range(250))
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        raw.associate()
        head, tail = ct_image(uid).split(element(0x00100010, "PN", "Doe^Jane"))
        data_set = head + element(0x00090010, "LO", "EVIL") + more + element(0x00100010, "PN", "Doe^Jane") + tail
        assert raw.store(data_set, uid, sop_class=CT) == 0
    assert client.get("dicom-web/studies/1.2.94/metadata").status_code == 200
    assert data_set_of(client, uid, "1.2.94", "1.2.94.1") == data_set


WILD = (
    "*?" * 30,
    "*" * 64,
    "?" * 64,
    "[a-z]*",
    "%",
    "_",
    "\\",
    "-",
    "20260101-",
    "-" * 9,
    "99999999",
    "1e999",
    "NaN",
    "\0",
)
PARAMETERS = (
    "PatientName", "PatientID", "StudyDate", "StudyTime", "ModalitiesInStudy", "StudyInstanceUID", "00101002.00100020",
    "limit", "offset", "includefield", "orderby", "fuzzymatching", "00280010", "ZZZ",
)  # fmt: skip


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_queries_over_the_web(client: httpx.Client, parameter: str) -> None:
    """Whatever stands in a query: an answer or a refusal, never a mistake of ours."""
    for text in (*PATHS, *MARKUP, *WILD):
        for level in ("studies", "series", "instances"):
            found = client.get(f"dicom-web/{level}", params={parameter: text, "limit": "3"} | {parameter: text})
            assert found.status_code in (200, 204, 400), (parameter, text, found.text)


@pytest.mark.parametrize("tag", [0x00100010, 0x00100020, 0x00080020, 0x00080030, 0x0020000D, 0x00080061, 0x00201208])
def test_queries_by_c_find(served: Served, tag: int) -> None:
    vr = {0x00080020: "DA", 0x00080030: "TM", 0x0020000D: "UI", 0x00080061: "CS", 0x00201208: "IS"}.get(tag, "LO")
    with RawPeer(served.dicom_host, served.dicom_port) as raw:
        raw.associate()
        for text in (*PATHS, *MARKUP, *WILD):
            keys = element(0x00080005, "CS", "ISO_IR 192") + element(0x00080052, "CS", "STUDY") + element(tag, vr, text)
            command = commands.request(commands.C_FIND_RQ, 1, STUDY_FIND, data_set=True)
            raw.send(b"".join(raw.message(5, command, [keys])))
            while (found := raw.response()) is not None and found.status in (0xFF00, 0xFF01):
                continue
            assert found is not None
            assert found.status in (0, 0xA900, 0xC000), (tag, text, found.error_comment)
        assert raw.echo() == 0
