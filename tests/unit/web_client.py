"""How do unit tests call the HTTP door? In memory, on an archive of their own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
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
from lumenarc.imaging.pool import ImagingPool

RS = "/dicom-web"


def sample(name: str) -> bytes:
    """Return one of pydicom's files."""
    return next(PYDICOM_FILES.rglob(name)).read_bytes()


def read(data: bytes) -> pydicom.Dataset:
    """Read a file with pydicom."""
    return pydicom.dcmread(io.BytesIO(data), force=True)


def address(data_set: pydicom.Dataset, level: str = "instance") -> str:
    """Return the DICOMweb path of an object, or of its study or series."""
    path = f"{RS}/studies/{data_set.StudyInstanceUID}"
    if level == "study":
        return path
    path += f"/series/{data_set.SeriesInstanceUID}"
    return path if level == "series" else f"{path}/instances/{data_set.SOPInstanceUID}"


def stow(client: TestClient, *files: bytes, study: str = "", rs: str = RS) -> tuple[int, dict[str, Any]]:
    """Store files by STOW-RS; return status and answer."""
    body = b"".join(b"\r\n--x\r\nContent-Type: application/dicom\r\n\r\n" + data for data in files) + b"\r\n--x--\r\n"
    content = 'multipart/related; type="application/dicom"; boundary="x"'
    answer = client.post(f"{rs}/studies{study}", content=body, headers={"Content-Type": content})
    return answer.status_code, answer.json()


def parts(content_type: str, body: bytes) -> list[tuple[Message, bytes]]:
    """Take a multipart body apart with the standard library's parser of mail, line breaks of binary data kept."""
    boundary = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode()).get_boundary()
    assert boundary is not None
    found = []
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        found.append((BytesParser().parsebytes(head.lstrip() + b"\r\n\r\n"), data.removesuffix(b"\r\n")))
    return found


@contextmanager
def calling(archive: Archive, pages: Path | None = None) -> Iterator[TestClient]:
    """Give a client of an archive's HTTP door."""
    info = ServerInfo() if pages is None else ServerInfo(pages=pages)
    with TestClient(create_app(archive, info), base_url="http://localhost") as made:
        yield made


@pytest.fixture(scope="session")
def pool() -> Iterator[ImagingPool]:
    """Decoding processes for many archives: starting one takes longer than most tests."""
    found = ImagingPool(n_workers=2, memory_bytes=1 << 30, timeout_s=30)
    yield found
    found.close()


@pytest.fixture
def archive(tmp_path: Path, pool: ImagingPool) -> Iterator[Archive]:
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0, cors_origins=["http://ohif.example"]))
    yield replace(opened, imaging=pool)
    opened.close()


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    with calling(archive) as made:
        yield made
