"""How do the fault tests speak DICOMweb? Plain httpx, multipart bodies written by hand."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

BOUNDARY = "fault-boundary"
MULTIPART = {"Content-Type": f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'}


def body_of(files: Iterable[bytes]) -> bytes:
    """Return a multipart/related body of whole DICOM files."""
    parts = (b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (BOUNDARY.encode(), file) for file in files)
    return b"".join(parts) + b"--%s--\r\n" % BOUNDARY.encode()


def stored(answer: httpx.Response) -> list[str]:
    """Return the SOP Instance UIDs that the answer says are stored (PS3.18 Table 10.5.3-2)."""
    if answer.status_code not in (200, 202):
        return []
    return [item["00081155"]["Value"][0] for item in answer.json().get("00081199", {}).get("Value", ())]


def failures(answer: httpx.Response) -> list[int]:
    """Return the failure reasons of the answer, of instances that it can name and of others."""
    sequences = (answer.json().get(tag, {}).get("Value", ()) for tag in ("00081198", "0008119A"))
    return [item["00081197"]["Value"][0] for items in sequences for item in items]


def data_set_of(client: httpx.Client, uid: str, study_uid: str, series_uid: str) -> bytes | None:
    """Return the data set of an instance by WADO-RS in the syntax in which it is stored, None when it is not served."""
    path = f"dicom-web/studies/{study_uid}/series/{series_uid}/instances/{uid}"
    accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
    answer = client.get(path, headers=accept)
    if answer.status_code != 200:
        return None
    boundary = answer.headers["content-type"].partition("boundary=")[2].split(";")[0].strip('"').encode()
    start = answer.content.index(b"\r\n\r\n") + 4
    file = answer.content[start : answer.content.rindex(b"\r\n--" + boundary)]
    assert file[128:132] == b"DICM"
    group_length = int.from_bytes(file[140:144], "little")
    return file[144 + group_length :]
