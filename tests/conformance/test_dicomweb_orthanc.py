"""Does Orthanc's DICOMweb client, in C++ and not ours, store into, search and retrieve from the archive?"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pydicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import Orthanc, orthanc
from served import Served

pytestmark = pytest.mark.conformance
NAMES = ("CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "test-SR.dcm", "waveform_ecg.dcm")


def call(peer: Orthanc, path: str, body: object) -> dict[str, Any]:
    return cast(dict[str, Any], peer.ask(f"/dicom-web/servers/lumenarc/{path}", body))


def know(peer: Orthanc, served: Served) -> None:
    """Tell Orthanc of the archive."""
    body = json.dumps({"Url": served.http + "dicom-web"}).encode()
    asked = urllib.request.Request(f"{peer.http}/dicom-web/servers/lumenarc", body, method="PUT")
    with urllib.request.urlopen(asked, timeout=20):
        pass


def test_orthanc_stores_searches_and_retrieves(tmp_path: Path, archive_server: Callable[..., Served]) -> None:
    served = archive_server()
    files = [next(PYDICOM_FILES.rglob(name)) for name in NAMES]
    originals = [pydicom.dcmread(path) for path in files]
    with orthanc(tmp_path / "first") as sender:
        know(sender, served)
        kept = [cast(dict[str, str], sender.ask("/instances", path.read_bytes()))["ID"] for path in files]
        sent = call(sender, "stow", {"Resources": kept, "Synchronous": True})
        assert sent
        with httpx.Client(base_url=served.http, timeout=30) as client:
            for original in originals:
                found = client.get(f"dicom-web/studies/{original.StudyInstanceUID}/instances").json()
                assert [one["00080018"]["Value"] for one in found] == [[original.SOPInstanceUID]]
        asked = {"Uri": "/studies", "Arguments": {"00100020": originals[0].PatientID}}
        rows = sender.ask("/dicom-web/servers/lumenarc/qido", asked)
        assert originals[0].StudyInstanceUID in json.dumps(rows)  # Orthanc's own short form of the rows
    with orthanc(tmp_path / "second") as receiver:
        know(receiver, served)
        studies = [{"Study": original.StudyInstanceUID} for original in originals]
        done = call(receiver, "retrieve", {"Resources": studies, "Synchronous": True})
        assert done
        held = cast(list[str], receiver.ask("/instances"))
        arrived = {
            cast(dict[str, Any], receiver.ask(f"/instances/{one}"))["MainDicomTags"]["SOPInstanceUID"] for one in held
        }
        assert arrived == {original.SOPInstanceUID for original in originals}
