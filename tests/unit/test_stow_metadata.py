"""Do metadata and bulk data become objects that others read? (PS3.18 10.5: JSON, XML, pictures, videos, documents)"""

from __future__ import annotations

import base64
import io
import json
import struct
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from starlette.testclient import TestClient
from web_client import archive, client, pool, read, sample, stow

from lumenarc.dicom.dicom_xml import to_xml

__all__ = ["archive", "client", "pool"]
Part = tuple[str, str, bytes]
RGB = np.random.default_rng(1).integers(0, 255, (32, 48, 3), np.uint8)
GREY = np.arange(64 * 32, dtype=np.uint16).reshape(32, 64) * 7
PATIENT: dict[str, Any] = {
    "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东"}]},
    "00100020": {"vr": "LO", "Value": ["P-1"]},
}


def picture(array: np.ndarray[Any, Any], kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **options)
    return out.getvalue()


def send(
    client: TestClient, metadata: bytes, *parts: Part, kind: str = "application/dicom+json", path: str = ""
) -> Any:
    body = f"\r\n--b\r\nContent-Type: {kind}\r\n\r\n".encode() + metadata
    for media_type, location, data in parts:
        body += f"\r\n--b\r\nContent-Type: {media_type}\r\nContent-Location: {location}\r\n\r\n".encode() + data
    content = f'multipart/related; type="{kind}"; boundary=b'
    headers = {"Content-Type": content, "Accept": "application/dicom+json"}
    return client.post(f"/dicom-web/studies{path}", content=body + b"\r\n--b--", headers=headers)


def stored(client: TestClient, answer: Any) -> list[pydicom.Dataset]:
    assert answer.status_code == 200, answer.text
    items = answer.json()["00081199"]["Value"]
    urls = [item["00081190"]["Value"][0] for item in items]
    return [read(client.get(url, headers={"Accept": "application/dicom; transfer-syntax=*"}).content) for url in urls]


def one(client: TestClient, media_type: str, data: bytes, tag: str = "7FE00010", **more: Any) -> pydicom.Dataset:
    metadata = [{**PATIENT, **more, tag: {"vr": "OB", "BulkDataURI": "bulk/1"}}]
    (found,) = stored(client, send(client, json.dumps(metadata).encode(), (media_type, "bulk/1", data)))
    assert found.PatientName.ideographic == "王^小东" and found.SpecificCharacterSet == "ISO_IR 192"
    return found


def test_a_jpeg_is_taken_over_as_it_is(client: TestClient) -> None:
    data = picture(RGB, "JPEG", quality=95)
    found = one(client, "image/jpeg", data)
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.50"
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert (found.Rows, found.Columns, found.SamplesPerPixel, found.BitsStored) == (32, 48, 3, 8)
    assert (found.PhotometricInterpretation, found.LossyImageCompression) == ("YBR_FULL_422", "01")
    assert data in found.PixelData
    assert found.pixel_array.shape == (32, 48, 3)
    assert found.Modality == "OT" and found.ConversionType == "WSD" and found.StudyDate == ""


def test_a_progressive_jpeg_is_unpacked(client: TestClient) -> None:
    found = one(client, "image/jpeg", picture(RGB, "JPEG", progressive=True))
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert found.LossyImageCompression == "01" and found.PhotometricInterpretation == "RGB"
    assert np.abs(found.pixel_array.astype(int) - RGB).mean() < 60


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_pictures_are_unpacked_without_loss(client: TestClient, kind: str) -> None:
    found = one(client, f"image/{kind.lower()}", picture(RGB, kind))
    assert np.array_equal(found.pixel_array, RGB)
    assert found.LossyImageCompression == "00"


def test_grey_of_16_bits_stays_so(client: TestClient) -> None:
    found = one(client, "image/png", picture(GREY, "PNG"))
    assert np.array_equal(found.pixel_array, GREY)
    assert (found.BitsStored, found.PhotometricInterpretation) == (16, "MONOCHROME2")


def test_a_gif_becomes_frames(client: TestClient) -> None:
    frames = [Image.fromarray(RGB[::step]) for step in (1, 1)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=[frames[1].rotate(180)])
    found = one(client, "image/gif", out.getvalue())
    assert found.NumberOfFrames == 2 and found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7.4"
    assert found.pixel_array.shape == (2, 32, 48, 3)


@pytest.mark.parametrize(
    ("media_type", "encode", "syntax"),
    [
        ("image/jp2", lambda: imagecodecs.jpeg2k_encode(RGB, codecformat="jp2", reversible=True), "4.90"),
        ("image/jp2", lambda: imagecodecs.jpeg2k_encode(GREY, codecformat="j2k", reversible=True), "4.90"),
        ("image/jls", lambda: imagecodecs.jpegls_encode(GREY), "4.80"),
        ("image/jphc", lambda: imagecodecs.htj2k_encode(GREY, reversible=True), "4.201"),
        ("image/jpeg", lambda: imagecodecs.ljpeg_encode(GREY), "4.57"),
    ],
)
def test_lossless_codestreams_keep_every_pixel(client: TestClient, media_type: str, encode: Any, syntax: str) -> None:
    found = one(client, media_type, bytes(encode()))
    assert found.file_meta.TransferSyntaxUID.startswith(f"1.2.840.10008.1.2.{syntax}"[:-1])
    url = (
        f"/dicom-web/studies/{found.StudyInstanceUID}/series/{found.SeriesInstanceUID}/instances/{found.SOPInstanceUID}"
    )
    plain = read(client.get(url, headers={"Accept": "application/dicom"}).content)
    assert np.array_equal(plain.pixel_array, RGB if found.SamplesPerPixel == 3 else GREY)


def test_documents(client: TestClient) -> None:
    pdf = b"%PDF-1.4 made up" + bytes(1001)
    found = one(client, "application/pdf", pdf, "00420011", **{"00420010": {"vr": "ST", "Value": ["报告"]}})
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.104.1"
    assert found.EncapsulatedDocument[: found.EncapsulatedDocumentLength] == pdf
    assert (found.MIMETypeOfEncapsulatedDocument, found.Modality) == ("application/pdf", "DOC")
    assert found.DocumentTitle == "报告"
    cda = one(client, "text/xml", b"<ClinicalDocument/>", "00420011")
    assert cda.SOPClassUID.endswith(".104.2") and cda.MIMETypeOfEncapsulatedDocument == "text/XML"
    assert one(client, "model/stl", b"solid x", "00420011").SOPClassUID.endswith(".104.3")
    metadata = json.dumps([{**PATIENT, "00420011": {"vr": "OB", "BulkDataURI": "x"}}]).encode()
    lying = send(client, metadata, ("application/pdf", "x", b"MZ no PDF"))
    assert lying.status_code == 400 and len(lying.json()["0008119A"]["Value"]) == 1


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def mp4(level: int = 40, n_frames: int = 50) -> bytes:
    """Write the boxes that a player needs to know the picture by, with no pictures behind them."""
    avc = box(b"avcC", bytes((1, 100, 0, level)) + b"\xff\xe1\0\0\1\0\0")
    entry = box(b"avc1", bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HH", 640, 480) + bytes(50), avc)
    stbl = box(
        b"stbl", box(b"stsd", bytes(4) + struct.pack(">I", 1), entry), box(b"stsz", struct.pack(">III", 0, 9, n_frames))
    )
    mdhd = box(b"mdhd", bytes(12) + struct.pack(">II", 1000, 2000) + bytes(4))
    sound = box(b"trak", box(b"mdia", box(b"mdhd", bytes(12) + struct.pack(">II", 8000, 1) + bytes(4))))
    video = box(b"trak", box(b"mdia", mdhd, box(b"minf", stbl)))
    return box(b"ftyp", b"isom") + box(b"moov", sound, video) + box(b"mdat", bytes(5000))


def test_a_video(client: TestClient) -> None:
    found = one(client, "video/mp4", mp4())
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.102"
    assert found.SOPClassUID == "1.2.840.10008.5.1.4.1.1.77.1.4.1"
    assert (found.Rows, found.Columns, found.NumberOfFrames) == (480, 640, 50)
    assert found.FrameTime == 40 and found.FrameIncrementPointer == 0x00181063
    assert found.PhotometricInterpretation == "YBR_PARTIAL_420"
    assert mp4() in found.PixelData
    assert one(client, "video/mp4", mp4(42)).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.104"
    metadata = json.dumps([{**PATIENT, "7FE00010": {"vr": "OB", "BulkDataURI": "x"}}]).encode()
    for broken in (mp4(52), mp4()[:200], b"", box(b"moov", b"\0\0\0\x09trak")):
        assert send(client, metadata, ("video/mp4", "x", broken)).status_code in (400, 422)


def test_an_mpeg2_stream(client: TestClient) -> None:
    header = b"\0\0\1\xb3" + bytes((720 >> 4, (720 & 15) << 4 | 576 >> 8, 576 & 255, 0x13)) + bytes(20)
    found = one(client, "video/mpeg", header + b"\0\0\1\0" * 3 + bytes(9))
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.100"
    assert (found.Rows, found.Columns, found.NumberOfFrames) == (576, 720, 3)


def test_what_was_taken_apart_is_put_together_again(client: TestClient) -> None:
    """An object's own metadata and bulk data, stored under a new UID, are the same object (JSON and XML)."""
    for name, kind in (("MR_small.dcm", "application/dicom+json"), ("waveform_ecg.dcm", "application/dicom+xml")):
        stow(client, sample(name))
        original = read(sample(name))
        url = f"/dicom-web/studies/{original.StudyInstanceUID}/series/{original.SeriesInstanceUID}"
        url += f"/instances/{original.SOPInstanceUID}"
        values = client.get(url + "/metadata").json()[0]
        values.pop("00083002")
        parts = [("application/octet-stream", uri, client.get(uri).content) for uri in _uris(values)]
        assert parts
        values["00080018"]["Value"] = [original.SOPInstanceUID + ".7"]
        text = to_xml(values) if kind.endswith("xml") else json.dumps([values]).encode()
        (again,) = stored(client, send(client, text, *parts, kind=kind, path=f"/{original.StudyInstanceUID}"))
        for element in original:
            if element.tag in (0x00080018, 0x00080005, 0xFFFCFFFC) or element.tag.element == 0:
                continue
            assert again[element.tag].value == element.value, element.tag


def _uris(values: dict[str, Any]) -> list[str]:
    found = []
    for entry in values.values():
        if "BulkDataURI" in entry:
            found.append(entry["BulkDataURI"])
        for item in entry.get("Value", ()) if entry["vr"] == "SQ" else ():
            found += _uris(item)
    return found


def test_missing_uids_are_made_and_shared(client: TestClient) -> None:
    one_picture = {**PATIENT, "7FE00010": {"vr": "OB", "BulkDataURI": "p"}}
    answer = send(client, json.dumps([one_picture, one_picture]).encode(), ("image/png", "p", picture(RGB, "PNG")))
    first, second = stored(client, answer)
    assert first.SeriesInstanceUID == second.SeriesInstanceUID and first.StudyInstanceUID == second.StudyInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    path = f"/{first.StudyInstanceUID}"
    (third,) = stored(
        client, send(client, json.dumps([one_picture]).encode(), ("image/png", "p", picture(RGB, "PNG")), path=path)
    )
    assert third.StudyInstanceUID == first.StudyInstanceUID and third.SeriesInstanceUID != first.SeriesInstanceUID
    given = {**one_picture, "0020000D": {"vr": "UI", "Value": ["1.2.3"]}, "00080018": {"vr": "UI", "Value": ["1.2.4"]}}
    other = send(client, json.dumps([given]).encode(), ("image/png", "p", picture(RGB, "PNG")), path=path)
    assert other.status_code == 409
    assert other.json()["00081198"]["Value"][0]["00081155"]["Value"] == ["1.2.4"]


def test_encoded_frames_of_octets(client: TestClient) -> None:
    stream = bytes(imagecodecs.jpeg2k_encode(GREY, codecformat="j2k", reversible=True))
    words = {
        "00280002": 1,
        "00280010": 32,
        "00280011": 64,
        "00280100": 16,
        "00280101": 16,
        "00280102": 15,
        "00280103": 0,
    }
    more: dict[str, Any] = {tag: {"vr": "US", "Value": [value]} for tag, value in words.items()}
    more |= {
        "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
    }
    found = one(client, "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.90", stream, **more)
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.90"
    assert np.array_equal(found.pixel_array, GREY)


def test_broken_bodies_are_the_senders_mistake(client: TestClient) -> None:
    for text, status in (
        (b"{", 400),
        (b"[1]", 400),
        (b"[[]]", 400),
        (b"[" * 100_000, 400),
        (b'[{"x":{}}]', 400),
        (b'[{"00100010":5}]', 400),
        (b'[{"00100010":{"vr":"PN","Value":5}}]', 400),
        (b'[{"00100020":{"vr":7}}]', 400),
        (b'[{"00081140":{"vr":"SQ","Value":[5]}}]', 400),
        (b'[{"00280010":{"vr":"US","Value":["x"]},"00080016":{"vr":"UI","Value":["1.2"]}}]', 400),
        (b'[{"00280010":{"vr":"US","Value":[99999999]},"00080016":{"vr":"UI","Value":["1.2"]}}]', 400),
        (b'[{"7FE00010":{"vr":"OB","BulkDataURI":"nowhere"}}]', 400),
        (b'[{"7FE00010":{"vr":"OB","InlineBinary":"%%%"},"00080016":{"vr":"UI","Value":["1.2"]}}]', 400),
        (b"[]", 400),
        (b"[{}]", 400),
    ):
        assert send(client, text).status_code == status, text[:60]
    deep: dict[str, Any] = {"00080016": {"vr": "UI", "Value": ["1.2"]}}
    for _ in range(80):
        deep = {"00081140": {"vr": "SQ", "Value": [deep]}}
    deep["00080016"] = {"vr": "UI", "Value": ["1.2"]}
    assert send(client, json.dumps([deep]).encode()).status_code == 400
    assert send(client, b"<a>", kind="application/dicom+xml").status_code == 400
    metadata = json.dumps([{**PATIENT, "7FE00010": {"vr": "OB", "BulkDataURI": "x"}}]).encode()
    assert send(client, metadata, ("image/png", "x", b"none")).status_code == 422
    assert send(client, metadata, ("image/jpeg", "x", b"none")).status_code == 422
    assert send(client, metadata, ("application/x-unknown", "x", b"none")).status_code == 415
    assert send(client, b"x", kind="text/plain").status_code == 415


def test_inline_values(client: TestClient) -> None:
    pixels = base64.b64encode(bytes(range(64))).decode()
    words = {"00280002": 1, "00280010": 8, "00280011": 8, "00280100": 8, "00280101": 8, "00280102": 7, "00280103": 0}
    values: dict[str, Any] = {tag: {"vr": "US", "Value": [value]} for tag, value in words.items()}
    values |= {"00280004": {"vr": "CS", "Value": ["MONOCHROME2"]}, "7fe00010": {"vr": "OB", "InlineBinary": pixels}}
    values |= {
        "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.7"]},
        "00020010": {"vr": "UI", "Value": ["1"]},
    }
    (found,) = stored(client, send(client, json.dumps([values]).encode()))
    assert found.pixel_array.tobytes() == bytes(range(64))


def test_outcomes_have_names_where_they_are_known(client: TestClient) -> None:
    cut = sample("CT_small.dcm")[:-2000]
    status, answer = stow(client, sample("MR_small.dcm"), cut, b"no DICOM" * 30)
    assert status == 202
    (failed,) = answer["00081198"]["Value"]
    assert failed["00081155"]["Value"] == [read(sample("CT_small.dcm")).SOPInstanceUID]
    assert failed["00081197"]["Value"] == [0xC000]
    assert len(answer["0008119A"]["Value"]) == 1 and len(answer["00081199"]["Value"]) == 1
    assert answer["00081190"]["Value"][0].startswith("http://localhost/dicom-web/studies/")


def test_a_body_that_breaks_off_takes_nothing_back(client: TestClient) -> None:
    body = b"\r\n--x\r\nContent-Type: application/dicom\r\n\r\n" + sample("MR_small.dcm") + b"\r\n--x\r\n\r\nhal"
    headers = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}
    answer = client.post("/dicom-web/studies", content=body, headers=headers)
    assert answer.status_code == 202
    assert len(answer.json()["00081199"]["Value"]) == 1
    assert client.get("/dicom-web/studies/count").json() == {"count": 1}


def test_answers_in_xml_and_406(client: TestClient) -> None:
    headers = {"Content-Type": "application/dicom", "Accept": "application/dicom+xml"}
    answer = client.post("/dicom-web/studies", content=sample("MR_small.dcm"), headers=headers)
    assert answer.headers["content-type"] == "application/dicom+xml" and b"ReferencedSOPSequence" in answer.content
    refused = client.post("/dicom-web/studies", content=b"x", headers={**headers, "Accept": "image/png"})
    assert refused.status_code == 406
