"""Does WADO-RS give objects, metadata, bulk data and frames as PS3.18 10.4 says, in the syntax that is asked for?"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID
from starlette.testclient import TestClient
from web_client import address, archive, calling, client, parts, pool, read, sample, stow

from lumenarc.archive import Archive
from lumenarc.services import metadata, retrieve

__all__ = ["archive", "client", "pool"]
IMPLICIT, EXPLICIT, J2K, JPEG = (f"1.2.840.10008.1.2{n}" for n in ("", ".1", ".4.90", ".4.50"))
DICOM = 'multipart/related; type="application/dicom"'


def get(client: TestClient, path: str, accept: str, **headers: str) -> Any:
    return client.get(path, headers={"Accept": accept, **headers})


def files(answer: Any) -> list[pydicom.Dataset]:
    return [read(data) for _, data in parts(answer.headers["content-type"], answer.content)]


@pytest.mark.parametrize("asked", [EXPLICIT, IMPLICIT, J2K, "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"])
def test_objects_come_in_the_syntax_that_is_asked_for(client: TestClient, asked: str) -> None:
    stow(client, sample("MR_small.dcm"))
    original = read(sample("MR_small.dcm"))
    answer = get(client, address(original, "study"), f"{DICOM}; transfer-syntax={asked}")
    assert answer.status_code == 200
    ((head, data),) = parts(answer.headers["content-type"], answer.content)
    assert head["Content-Type"] == f"application/dicom; transfer-syntax={asked}"
    assert head["Content-Location"] == "http://localhost" + address(original)
    again = read(data)
    assert again.file_meta.TransferSyntaxUID == asked
    assert np.array_equal(again.pixel_array, original.pixel_array)


def test_nothing_said_means_explicit_and_a_star_means_as_stored(client: TestClient) -> None:
    stow(client, sample("MR_small_RLE.dcm"))
    path = address(read(sample("MR_small_RLE.dcm")))
    (plain,) = files(get(client, path, DICOM))
    assert plain.file_meta.TransferSyntaxUID == EXPLICIT
    for accept in (DICOM + "; transfer-syntax=*", "*/*", f"{DICOM}, {DICOM}; transfer-syntax=1.2.840.10008.1.2.5"):
        (stored,) = files(get(client, path, accept))
        assert stored.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.5"


def test_what_cannot_be_made_is_406(client: TestClient) -> None:
    stow(client, sample("MR_small.dcm"))
    original = read(sample("MR_small.dcm"))
    for asked in (JPEG, "1.2.840.10008.1.2.4.102", "1.2.3.4"):  # lossy, video, unknown
        answer = get(client, address(original), f"{DICOM}; transfer-syntax={asked}")
        assert answer.status_code == 406
        assert set(answer.json()) == {"error", "kind", "request_id"}
    assert get(client, address(original), "image/png").status_code == 406


def test_a_study_of_which_some_can_be_given(client: TestClient, archive: Archive) -> None:
    image, report = read(sample("MR_small.dcm")), read(sample("test-SR.dcm"))
    report.StudyInstanceUID = image.StudyInstanceUID
    report.PatientID, report.PatientName, report.PatientBirthDate = image.PatientID, image.PatientName, ""
    out = io.BytesIO()
    report.save_as(out)
    assert stow(client, sample("MR_small.dcm"), out.getvalue())[0] == 200
    partial = get(client, address(image, "study"), f"{DICOM}; transfer-syntax={J2K}")
    assert partial.status_code == 206
    assert partial.headers["warning"] == '299 localhost "1 of 2 instances could not be delivered."'
    assert [one.SOPInstanceUID for one in files(partial)] == [image.SOPInstanceUID]
    lost = retrieve.find_object(archive, image.SOPInstanceUID)
    archive.storage.delete(lost.blob_key)
    partial = get(client, address(image, "study"), DICOM)
    assert partial.status_code == 206
    assert [one.SOPInstanceUID for one in files(partial)] == [report.SOPInstanceUID]
    assert get(client, address(image), DICOM).status_code == 500


def test_one_object_alone_whole_and_in_parts(client: TestClient) -> None:
    stow(client, sample("CT_small.dcm"))
    original = read(sample("CT_small.dcm"))
    accept = "application/dicom; transfer-syntax=*"
    whole = get(client, address(original), accept)
    assert whole.headers["content-type"] == f"application/dicom; transfer-syntax={EXPLICIT}"
    assert whole.headers["accept-ranges"] == "bytes"
    for asked, expected in (
        ("bytes=0-131", whole.content[:132]),
        ("bytes=1000-", whole.content[1000:]),
        ("bytes=-10", whole.content[-10:]),
        ("bytes=10-10", whole.content[10:11]),
        (f"bytes=5-{1 << 40}", whole.content[5:]),
    ):
        part = get(client, address(original), accept, Range=asked)
        assert part.status_code == 206 and part.content == expected
        assert part.headers["content-range"].endswith(f"/{len(whole.content)}")
    assert get(client, address(original), accept, Range="bytes=99999999-").status_code == 416
    for passed in ("bytes=9-5", "lines=1-2", "bytes=0-1,5-6", "bytes=-"):
        assert get(client, address(original), accept, Range=passed).content == whole.content
    old = get(client, address(original), accept, **{"Range": "bytes=0-1", "If-Range": '"other"'})
    assert old.status_code == 200
    fresh = get(client, address(original), accept, **{"Range": "bytes=0-1", "If-Range": whole.headers["etag"]})
    assert fresh.status_code == 206
    study = get(client, address(original, "study"), accept)
    assert study.status_code == 200 and study.content == whole.content


def test_conditional_requests(client: TestClient) -> None:
    stow(client, sample("CT_small.dcm"))
    original = read(sample("CT_small.dcm"))
    for path, accept in (
        (address(original, "series"), DICOM),
        (address(original), "application/dicom"),
        (address(original) + "/frames/1", "application/octet-stream"),
        (address(original) + "/metadata", "application/dicom+json"),
        (address(original, "series") + "/metadata", "application/dicom+json"),
        (address(original) + "/bulkdata/7FE00010", "application/octet-stream"),
    ):
        first = get(client, path, accept)
        assert first.status_code == 200, path
        again = get(client, path, accept, **{"If-None-Match": f'"x", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert get(client, path, accept, **{"If-None-Match": '"x"'}).status_code == 200
    since = get(client, address(original), "application/dicom").headers["last-modified"]
    unchanged = get(client, address(original), "application/dicom", **{"If-Modified-Since": since})
    assert unchanged.status_code == 304
    other = get(client, address(original), DICOM)
    assert other.headers["etag"] != get(client, address(original), "application/dicom").headers["etag"]


def test_a_zip_has_names_of_its_own_and_a_dicomdir_if_wished(client: TestClient) -> None:
    stow(client, sample("CT_small.dcm"), sample("MR_small.dcm"))
    original = read(sample("CT_small.dcm"))
    answer = get(client, address(original, "study"), "application/zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="dicom.zip"'
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.testzip() is None
    assert packed.namelist() == ["DICOM/00000001/00000001.dcm"]
    assert read(packed.read(packed.namelist()[0])) == original
    answer = client.get(
        address(original, "study") + "?accept=application/zip;transfer-syntax=1.2.840.10008.1.2&dicomdir=true"
    )
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.namelist() == ["DICOM/00000001/00000001", "DICOMDIR"]
    assert read(packed.read("DICOM/00000001/00000001")).file_meta.TransferSyntaxUID == IMPLICIT
    directory = read(packed.read("DICOMDIR"))
    names = [record.ReferencedFileID for record in directory.DirectoryRecordSequence if "ReferencedFileID" in record]
    assert names == [["DICOM", "00000001", "00000001"]]


def test_frames_are_transcoded_on_request(client: TestClient) -> None:
    stow(client, sample("MR_small_RLE.dcm"))
    original = read(sample("MR_small_RLE.dcm"))
    path = address(original) + "/frames/1"
    plain = get(client, path, "application/octet-stream")
    assert plain.headers["content-type"] == f"application/octet-stream; transfer-syntax={EXPLICIT}"
    assert plain.content == original.pixel_array.tobytes()
    answer = get(client, path, f"multipart/related; type=image/jp2; transfer-syntax={J2K}")
    ((head, data),) = parts(answer.headers["content-type"], answer.content)
    assert head["Content-Type"] == f"image/jp2; transfer-syntax={J2K}"
    assert data.startswith(b"\xff\x4f\xff\x51")
    assert get(client, path, "image/dicom-rle").headers["content-type"].endswith("=1.2.840.10008.1.2.5")
    assert get(client, path, "image/jls").headers["content-type"].endswith("=1.2.840.10008.1.2.4.80")
    assert get(client, path, "video/mp4").status_code == 406
    assert get(client, path, "image/jp2; transfer-syntax=1.2.3").status_code == 406


def test_lists_of_frames(client: TestClient) -> None:
    stow(client, sample("SC_rgb_rle_2frame.dcm"))
    original = read(sample("SC_rgb_rle_2frame.dcm"))
    path = address(original) + "/frames/"
    raw = "multipart/related; type=application/octet-stream"
    answer = get(client, path + "2,1", raw)
    found = [data for _, data in parts(answer.headers["content-type"], answer.content)]
    assert found == [original.pixel_array[1].tobytes(), original.pixel_array[0].tobytes()]
    assert len(parts(*_multi(get(client, path + "1%2C2", raw)))) == 2
    assert get(client, path + "1,2", "application/octet-stream").status_code == 406
    for wrong, status in (("3", 404), ("0", 400), ("x", 400), ("1,,2", 400), ("-1", 400)):
        assert get(client, path + wrong, raw).status_code == status
    part = get(client, path + "1", "application/octet-stream", Range="bytes=0-3")
    assert part.status_code == 206 and part.content == original.pixel_array[0].tobytes()[:4]


def test_every_bulk_value_is_where_the_metadata_say(client: TestClient) -> None:
    """Waveforms lie in a sequence; overlays and pixels at the top."""
    for name in ("waveform_ecg.dcm", "examples_overlay.dcm", "ExplVR_BigEnd.dcm", "liver_expb_1frame.dcm"):
        assert stow(client, sample(name))[0] == 200
        original = read(sample(name))
        uris: list[tuple[str, str]] = []
        _collect(client.get(address(original) + "/metadata").json()[0], "", uris)
        assert uris, name
        for path, uri in uris:
            answer = get(client, uri, "application/octet-stream")
            assert answer.status_code == 200
            assert uri.endswith("/bulkdata/" + path)
            if not original.file_meta.TransferSyntaxUID.is_little_endian:
                continue
            assert answer.content == _value(original, path), (name, path)
            ((_, data),) = parts(*_multi(get(client, uri, "multipart/related; type=application/octet-stream")))
            assert data == answer.content
        many = get(
            client, address(original, "series") + "/bulkdata", "multipart/related; type=application/octet-stream"
        )
        found = parts(many.headers["content-type"], many.content)
        assert {head["Content-Location"] for head, _ in found} == {uri for _, uri in uris}
    assert get(client, address(original) + "/bulkdata/00100010/0/00100010", "*/*").status_code == 404
    assert get(client, address(original) + "/bulkdata/zz", "*/*").status_code == 400
    assert get(client, address(original) + "/bulkdata/7FE00010", "text/html").status_code == 406


def _multi(answer: Any) -> tuple[str, bytes]:
    return answer.headers["content-type"], answer.content


def _collect(values: dict[str, Any], path: str, found: list[tuple[str, str]]) -> None:
    for tag, entry in values.items():
        if "BulkDataURI" in entry:
            found.append((path + tag, entry["BulkDataURI"]))
        for index, item in enumerate(entry.get("Value", ()) if entry["vr"] == "SQ" else ()):
            _collect(item, f"{path}{tag}/{index}/", found)


def _value(data_set: pydicom.Dataset, path: str) -> bytes:
    *steps, last = path.split("/")
    for tag, index in zip(steps[::2], steps[1::2], strict=True):
        data_set = data_set[int(tag, 16)].value[int(index)]
    found: bytes = data_set[int(last, 16)].value
    return found


def test_native_pixels_of_big_endian_files_are_little_endian_words(client: TestClient) -> None:
    stow(client, sample("MR_small_bigendian.dcm"))
    original = read(sample("MR_small_bigendian.dcm"))
    answer = get(client, address(original) + "/bulkdata/7FE00010", "application/octet-stream")
    assert answer.content == original.pixel_array.astype("<i2").tobytes()


def test_metadata_are_kept_and_dropped(client: TestClient, archive: Archive) -> None:
    first, second = read(sample("MR_small.dcm")), read(sample("MR_small.dcm"))
    stow(client, sample("MR_small.dcm"))
    path = address(first, "series") + "/metadata"
    before = client.get(path)
    assert before.headers["content-encoding"] == "gzip"
    blob = retrieve.find_object(archive, first.SOPInstanceUID)
    archive.storage.set_aside(blob.blob_key)  # no file is read from here on
    again = client.get(path)
    assert again.json() == before.json() and again.headers["etag"] == before.headers["etag"]
    other_root = client.get(path.replace("/dicom-web", "/aets/LUMENARC/rs"))
    assert other_root.json()[0]["7FE00010"]["BulkDataURI"].startswith("http://localhost/aets/LUMENARC/rs/studies/")
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.json() == before.json()
    second.SOPInstanceUID = second.file_meta.MediaStorageSOPInstanceUID = first.SOPInstanceUID + ".1"
    out = io.BytesIO()
    second.save_as(out)
    stow(client, out.getvalue())
    after = client.get(path)
    assert after.headers["etag"] != before.headers["etag"]
    assert [one["00080018"]["Value"][0] for one in after.json()] == [first.SOPInstanceUID, second.SOPInstanceUID]
    assert client.get(address(first, "study") + "/metadata").json() == after.json()


def test_metadata_as_xml(client: TestClient) -> None:
    stow(client, sample("CT_small.dcm"))
    original = read(sample("CT_small.dcm"))
    for level in ("study", "series", "instance"):
        answer = get(client, address(original, level) + "/metadata", "multipart/related; type=application/dicom+xml")
        ((head, data),) = parts(answer.headers["content-type"], answer.content)
        assert head["Content-Type"] == "application/dicom+xml"
        assert original.SOPInstanceUID.encode() in data and data.startswith(b"<?xml")
    assert get(client, address(original) + "/metadata", "text/html").status_code == 406


def test_uids_and_missing_objects(client: TestClient) -> None:
    original = read(sample("CT_small.dcm"))
    for path in ("/dicom-web/studies/abc", "/dicom-web/studies/1.2/series/x", f"/dicom-web/studies/{'1.2' * 40}"):
        for tail in ("", "/metadata", "/bulkdata"):
            assert client.get(path + tail).status_code == 400, path + tail
    for tail in ("", "/metadata", "/bulkdata", "/frames/1", "/rendered"):
        assert client.get(address(original) + tail).status_code == 404
    stow(client, sample("CT_small.dcm"))
    client.delete(address(original, "series"))
    for tail in ("", "/metadata", "/bulkdata", "/frames/1", "/rendered"):
        assert client.get(address(original) + tail).status_code == 410


def test_a_flipped_byte_is_never_served_as_good(client: TestClient, archive: Archive) -> None:
    stow(client, sample("CT_small.dcm"))
    original = read(sample("CT_small.dcm"))
    inst = retrieve.find_object(archive, original.SOPInstanceUID)
    with retrieve.opened(archive, inst) as reader:
        path = reader.path
    assert isinstance(path, Path)
    data = bytearray(path.read_bytes())
    data[-500] ^= 1
    path.write_bytes(data)
    for accept in ("application/dicom", DICOM, f"{DICOM}; transfer-syntax={J2K}"):
        assert get(client, address(original), accept).status_code == 500


def test_a_json_body_is_not_packed_for_who_refuses(archive: Archive) -> None:
    with calling(archive) as client:
        stow(client, sample("CT_small.dcm"))
        path = address(read(sample("CT_small.dcm")), "series") + "/metadata"
        for asked, packed in (("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False)):
            answer = client.get(path, headers={"Accept-Encoding": asked})
            assert ("content-encoding" in answer.headers) is packed, asked
            assert json.loads(answer.content)


def test_metadata_of_large_series_are_ready_before_anybody_asks(client: TestClient, archive: Archive) -> None:
    for number in range(21):
        data_set = read(sample("MR_small.dcm"))
        data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{number + 1}")
        out = io.BytesIO()
        data_set.save_as(out)
        assert stow(client, out.getvalue())[0] == 200
    assert metadata.not_ready(archive) == []  # somebody may still be storing
    later = dataclasses.replace(archive, now_ms=lambda: archive.now_ms() + 60_000)
    series = (data_set.StudyInstanceUID, data_set.SeriesInstanceUID)
    assert metadata.not_ready(later) == [series]
    metadata.make_ready(later, *series)
    assert metadata.not_ready(later) == []
    for inst in retrieve.find(archive, *series):
        archive.storage.set_aside(inst.blob_key)
    for _ in range(2):
        found = client.get(address(data_set, "series") + "/metadata").json()
        assert len(found) == 21
        assert found[0]["7FE00010"]["BulkDataURI"] == f"http://localhost{address(data_set)[:-2]}1/bulkdata/7FE00010"


def test_head_tells_the_length_and_reads_no_more(client: TestClient) -> None:
    stow(client, sample("CT_small.dcm"))
    path = address(read(sample("CT_small.dcm")))
    for accept in ("application/dicom", DICOM, "application/zip"):
        whole, head = get(client, path, accept), client.head(path, headers={"Accept": accept})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers.get("content-length") == whole.headers.get("content-length")
        assert head.headers["etag"] == whole.headers["etag"]
