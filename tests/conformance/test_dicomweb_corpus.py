"""Does everything that the archive takes over the web come back as it went in? Every file of pydicom's package.

The metadata are those that pydicom makes itself, but for what docs/dicomweb.md says.
"""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from corpus import PYDICOM_FILES

from lumenarc.dicom import part10
from served import Served, serve
from stow import MULTIPART, body_of

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore")]
ANY = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
FILES = tuple(path for path in sorted(PYDICOM_FILES.rglob("*")) if path.is_file() and path.suffix not in (".gz", ".py"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # One file is of a patient whom another file's study names otherwise; each is to be kept.
    conflicts = {"LUMENARC_PATIENT_CONFLICT": "accept", "LUMENARC_DUPLICATE_POLICY": "replace"}
    archive = serve(tmp_path_factory.mktemp("archive"), environment=conflicts)
    yield archive
    archive.stop()


def data_set_of(data: bytes) -> bytes:
    return data[part10.parse_meta(data[: 1 << 16]).header_bytes :]


def test_every_file_comes_back_identical(served: Served) -> None:
    """By STOW-RS and WADO-RS: the same bytes; what is refused is no DICOM object or lacks what one must have."""
    n_stored, refused = 0, []
    with httpx.Client(base_url=served.http, timeout=60) as client:
        for path in FILES:
            data = path.read_bytes()
            answer = client.post("dicom-web/studies", content=body_of([data]), headers=MULTIPART)
            assert answer.status_code in (200, 400, 409), (path.name, answer.text)
            if answer.status_code != 200:
                refused.append(path)
                continue
            n_stored += 1
            (item,) = answer.json()["00081199"]["Value"]
            url = item["00081190"]["Value"][0]
            single = client.get(url, headers={"Accept": "application/dicom; transfer-syntax=*"})
            assert data_set_of(single.content) == data_set_of(data), path.name
            head = pydicom.dcmread(io.BytesIO(single.content), stop_before_pixels=True).file_meta
            assert head.MediaStorageSOPInstanceUID == item["00081155"]["Value"][0]
            many = client.get(url, headers=ANY)
            assert single.content in many.content
            check_metadata(client, url, data, path)
    assert n_stored > 120
    for path in refused:
        assert not is_complete(path), path.name


def is_complete(path: Path) -> bool:
    """Say whether pydicom reads the file whole, with the four UIDs that an object must have, valid and not empty."""
    try:
        found = pydicom.dcmread(path)
        list(found.iterall())
        uids = [found.SOPClassUID, found.SOPInstanceUID, found.StudyInstanceUID, found.SeriesInstanceUID]
    except Exception:  # noqa: BLE001 - whatever pydicom cannot read is no complete object
        return False
    return all(uid and uid.is_valid for uid in uids) and path.name not in CUT


# pydicom reads on over ends that are missing; each was looked at.
CUT = {"MR_truncated.dcm", "rtplan_truncated.dcm"}


def check_metadata(client: httpx.Client, url: str, data: bytes, path: Path) -> None:
    (ours,) = client.get(url + "/metadata").json()
    for tag in ("7FE00008", "7FE00009", "7FE00010"):
        if tag in ours:
            assert ours[tag]["BulkDataURI"] == f"{url}/bulkdata/{tag}"
    original = pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True)
    if ours.pop("00083002")["Value"] != [
        original.file_meta.get("TransferSyntaxUID", part10.parse_meta(data).transfer_syntax_uid)
    ]:
        assert "TransferSyntaxUID" not in original.file_meta
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = original.to_json_dict(1 << 40)
        except (ValueError, TypeError, AttributeError, OverflowError):
            return  # pydicom has no JSON for values that are no numbers
    compare(ours, theirs, path.name)


def compare(ours: dict[str, Any], theirs: dict[str, Any], where: str) -> None:
    """Compare two data sets; the differences that are left out are those of docs/dicomweb.md."""
    for tag in sorted(ours.keys() | theirs.keys()):
        if tag == "00080005" or tag.endswith("0000") or (tag >= "7FE00008" and "/" not in where):
            continue
        own, other = ours.get(tag), theirs.get(tag)
        here = f"{where}/{tag}"
        assert own is not None and other is not None, here
        if own["vr"] == other["vr"] == "SQ":
            for mine, theirs_item in zip(own.get("Value", ()), other.get("Value", ()), strict=True):
                compare(mine, theirs_item, here)
        elif "BulkDataURI" in own:
            assert len(base64.b64decode(other["InlineBinary"])) > 1024, here
        elif own["vr"] == "UN" and other["vr"] != "UN":
            assert int(tag[3], 16) % 2, here  # a private element that only pydicom's dictionary knows
        else:
            assert own["vr"] == other["vr"] and own.get("InlineBinary") == other.get("InlineBinary"), here
            assert plain(own.get("Value", [])) == plain(other.get("Value", [])), here


def plain(values: list[Any]) -> list[Any]:
    """Drop padding, and write an empty value among others one way."""
    return [value.strip() or None if isinstance(value, str) else value for value in values]
