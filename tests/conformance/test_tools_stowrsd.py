"""Does stowrsd take what dicomweb-client, our stowrs and raw requests send, and write it as files?"""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import PIL.Image
import pydicom
import pytest
from corpus import PYDICOM_FILES
from dicomweb_client import DICOMwebClient

from tools import run, serving

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
CT, MR, RLE = FILES / "CT_small.dcm", FILES / "MR_small.dcm", FILES / "SC_rgb_rle.dcm"


def root(port: int) -> str:
    return f"http://127.0.0.1:{port}/dicom-web"


def post(url: str, body: bytes, content: str, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(
        url, body, {"Content-Type": content, "Accept": "application/dicom+json", **headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_files_of_others_are_written_as_they_come(tmp_path: Path) -> None:
    pattern = "{PatientID}/{SOPInstanceUID}.dcm"
    with serving("stowrsd", "-b", "0", "--directory", tmp_path, "--filepath", pattern, "--json") as service:
        client = DICOMwebClient(root(service.port))
        answer = client.store_instances([pydicom.dcmread(CT)])
        assert len(answer.ReferencedSOPSequence) == 1
        assert run("stowrs", "--url", root(service.port), MR, RLE).code == 0
        told = [json.loads(line) for line in service.stop().splitlines()]
    assert [line["sop_instance_uid"] for line in told] == [
        pydicom.dcmread(path).SOPInstanceUID for path in (CT, MR, RLE)
    ]
    written = {path.stem: path for path in tmp_path.rglob("*.dcm")}
    for path in (CT, MR, RLE):
        ds = pydicom.dcmread(path)
        found = written[ds.SOPInstanceUID]
        assert found.parent.name == (ds.PatientID or "unknown") or not ds.PatientID
        assert pydicom.dcmread(found).PixelData == ds.PixelData
    assert MR.read_bytes() == written[pydicom.dcmread(MR).SOPInstanceUID].read_bytes()
    assert not list(tmp_path.rglob(".*.part"))


def test_a_picture_with_metadata_becomes_an_object(tmp_path: Path) -> None:
    picture = io.BytesIO()
    PIL.Image.new("RGB", (8, 4), (200, 30, 90)).save(picture, "JPEG")
    metadata = [{
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
        "00080018": {"vr": "UI", "Value": ["1.2.3.4"]},
        "00100020": {"vr": "LO", "Value": ["4711"]}, "7FE00010": {"vr": "OB", "BulkDataURI": "picture"},
    }]  # fmt: skip
    body = (
        b"--b\r\nContent-Type: application/dicom+json\r\n\r\n" + json.dumps(metadata).encode()
        + b"\r\n--b\r\nContent-Type: image/jpeg\r\nContent-Location: picture\r\n\r\n" + picture.getvalue()
        + b"\r\n--b--"
    )  # fmt: skip
    with serving("stowrsd", "-b", "127.0.0.1:0", "--directory", tmp_path) as service:
        content = 'multipart/related; type="application/dicom+json"; boundary=b'
        status, answer = post(root(service.port) + "/studies", body, content)
        assert (status, "00081199" in answer) == (200, True)
    ds = pydicom.dcmread(tmp_path / "1.2.3.4")
    assert (ds.PatientID, ds.Rows, ds.Columns) == ("4711", 4, 8)
    assert ds.file_meta.TransferSyntaxUID.is_compressed


def test_what_is_not_taken(tmp_path: Path) -> None:
    with serving("stowrsd", "-b", "0", "--directory", tmp_path / "got", "--host-name", "known.example") as service:
        url = root(service.port)
        assert post(url + "/studies", b"no DICOM at all" * 20, "application/dicom")[0] == 400
        status, answer = post(url + "/studies/1.2.3", CT.read_bytes(), "application/dicom")
        assert (status, answer["00081198"]["Value"][0]["00081197"]["Value"]) == (409, [0xA900])
        assert post(url + "/studies", CT.read_bytes(), "text/plain")[0] == 415
        assert post(url + "/studies", CT.read_bytes(), "application/dicom", Host="other.example")[0] == 421
        assert post(url + "/studies", CT.read_bytes(), "application/dicom", Host="known.example")[0] == 200
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(url + "/studies")
        assert error.value.code in (404, 405)
        taken = run("stowrsd", "-b", str(service.port), "--directory", tmp_path)
        assert taken.code == 2
    assert [path.name for path in (tmp_path / "got").iterdir()] == [pydicom.dcmread(CT).SOPInstanceUID]
    assert run("stowrsd", "-b", "nowhere").code == 2
