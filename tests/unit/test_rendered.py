"""Are objects shown as PS3.18 10.4 and 9 say: one, many, videos, reports, documents, with a presentation state?"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian
from starlette.testclient import TestClient
from test_stow_metadata import mp4, one
from web_client import address, archive, calling, client, parts, pool, read, sample, stow

from lumenarc.archive import Archive, open_archive
from lumenarc.config import load
from lumenarc.services import retrieve

__all__ = ["archive", "client", "pool"]
BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
WINDOW = "window=40,400"


def get(client: TestClient, path: str, accept: str = "*/*", **headers: str) -> Any:
    return client.get(path, headers={"Accept": accept, **headers})


def picture(answer: Any) -> np.ndarray[Any, Any]:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def saved(data_set: pydicom.Dataset) -> bytes:
    out = io.BytesIO()
    data_set.save_as(out, enforce_file_format=True)
    return out.getvalue()


@pytest.fixture
def series(client: TestClient) -> list[pydicom.Dataset]:
    """Three images of one series."""
    found = []
    for number in range(3):
        data_set = read(sample("CT_small.dcm"))
        data_set.SOPInstanceUID += f".{number}"
        data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
        data_set.InstanceNumber = number + 1
        found.append(data_set)
    assert stow(client, *map(saved, found))[0] == 200
    return found


def test_one_stands_for_many_and_multipart_has_all(client: TestClient, series: list[pydicom.Dataset]) -> None:
    for level in ("study", "series"):
        path = address(series[0], level) + "/rendered"
        single = get(client, path, "image/jpeg")
        assert single.headers["content-type"] == "image/jpeg"
        many = get(client, path, 'multipart/related; type="image/png"')
        found = parts(many.headers["content-type"], many.content)
        expected = ["http://localhost" + address(one) + "/rendered" for one in series]
        assert [head["Content-Location"] for head, _ in found] == expected
        assert all(head["Content-Type"] == "image/png" and data[:4] == b"\x89PNG" for head, data in found)
    middle = get(client, address(series[1]) + "/rendered", "image/jpeg")
    assert get(client, address(series[0], "series") + "/rendered", "image/jpeg").content == middle.content


def test_browsers_get_jpeg_and_may_keep_it(client: TestClient, series: list[pydicom.Dataset]) -> None:
    first = get(client, address(series[0]) + "/rendered", BROWSER)
    assert first.headers["content-type"] == "image/jpeg"
    again = get(client, address(series[0]) + "/rendered", BROWSER, **{"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    other = get(
        client, address(series[0]) + "/rendered?window=0,1", BROWSER, **{"If-None-Match": first.headers["etag"]}
    )
    assert other.status_code == 200


def test_parameters_over_http(client: TestClient, series: list[pydicom.Dataset]) -> None:
    """What the pipeline makes of them is proven in test_render_pipeline; here: that each of them arrives."""
    path = address(series[0]) + "/rendered?"
    whole = picture(get(client, path + WINDOW, "image/png"))
    assert whole.shape == (128, 128)
    hounsfield = series[0].pixel_array * series[0].RescaleSlope + series[0].RescaleIntercept
    linear = np.clip((hounsfield - 39.5) / 399 + 0.5, 0, 1) * 255
    assert np.abs(whole - linear).max() <= 1
    exact = picture(get(client, path + "window=40,400,linear-exact", "image/png"))
    assert np.abs(exact - np.clip((hounsfield - 40) / 400 + 0.5, 0, 1) * 255).max() <= 1
    sigmoid = picture(get(client, path + "window=40,400,sigmoid", "image/png"))
    assert np.abs(sigmoid - 255 / (1 + np.exp(-4 * (hounsfield - 40) / 400))).max() <= 1
    assert np.array_equal(
        picture(get(client, f"{path}{WINDOW}&viewport=32,16,10,20,32,16", "image/png")), whole[20:36, 10:42]
    )
    mirrored = picture(get(client, f"{path}{WINDOW}&viewport=32,16,10,20,-32,16", "image/png"))
    assert np.array_equal(mirrored, whole[20:36, 10:42][:, ::-1])
    assert picture(get(client, path + "viewport=50,70", "image/png")).shape == (50, 50)
    small = get(client, path + "quality=5", "image/jpeg").content
    assert len(small) < len(get(client, path + "quality=95", "image/jpeg").content)
    named = picture(get(client, f"{path}{WINDOW}&annotation=patient,technique", "image/png"))
    assert not np.array_equal(named, whole)
    icc = Image.open(io.BytesIO(get(client, path + "iccprofile=srgb", "image/png").content))
    assert icc.info.get("icc_profile")


def test_wrong_parameters_are_400(client: TestClient, series: list[pydicom.Dataset]) -> None:
    windows = ("window=40", "window=a,b", "window=40,0", "window=1,2,cubic")
    viewports = ("viewport=1", "viewport=0,0", "viewport=1,2,3", "viewport=99999,9")
    for wrong in (
        *windows,
        *viewports,
        "quality=0",
        "quality=101",
        "quality=x",
        "annotation=secret",
        "iccprofile=none",
    ):
        answer = get(client, f"{address(series[0])}/rendered?{wrong}", "image/png")
        assert answer.status_code == 400 and set(answer.json()) == {"error", "kind", "request_id"}, wrong


def test_frames_one_many_and_animated(client: TestClient) -> None:
    stow(client, sample("SC_rgb_rle_2frame.dcm"))
    data_set = read(sample("SC_rgb_rle_2frame.dcm"))
    second = picture(get(client, address(data_set) + "/frames/2/rendered", "image/png"))
    assert np.array_equal(second, data_set.pixel_array[1])
    many = get(client, address(data_set) + "/frames/1,2/rendered", "multipart/related; type=image/png")
    found = parts(many.headers["content-type"], many.content)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(found[1][1]))), second)
    assert get(client, address(data_set) + "/frames/1,2/rendered", "image/png").status_code == 406
    assert get(client, address(data_set) + "/frames/3/rendered", "image/png").status_code == 404
    moving = Image.open(io.BytesIO(get(client, address(data_set) + "/rendered", "image/gif").content))
    assert getattr(moving, "n_frames", 1) == 2
    assert picture(get(client, address(data_set) + "/frames/1/thumbnail?viewport=20,20", BROWSER)).shape == (20, 20, 3)


def test_reports_and_documents(client: TestClient) -> None:
    stow(client, sample("test-SR.dcm"))
    report = address(read(sample("test-SR.dcm")))
    page = get(client, report + "/rendered", "text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.headers["content-type"] == "text/html; charset=utf-8" and "<html" in page.text
    assert get(client, report + "/rendered", "text/plain").headers["content-type"].startswith("text/plain")
    assert get(client, report + "/rendered", "image/jpeg").status_code == 406
    assert get(client, report + "/thumbnail", BROWSER).status_code == 422
    pdf = b"%PDF-1.4 made up" + bytes(1001)
    document = address(one(client, "application/pdf", pdf, "00420011"))
    shown = get(client, document + "/rendered")
    assert (shown.headers["content-type"], shown.content) == ("application/pdf", pdf)
    part = get(client, document + "/rendered", Range="bytes=0-4")
    assert (part.status_code, part.content) == (206, b"%PDF-")
    assert get(client, document + "/rendered", "text/html").status_code == 406


def test_large_documents_and_strangers_markup(client: TestClient) -> None:
    model = b"solid" + bytes(70 << 20)
    found = one(client, "model/stl", model, "00420011")
    shown = get(client, address(found) + "/rendered")
    assert shown.headers["content-type"] == "model/stl" and len(shown.content) == len(model)
    assert get(client, address(found) + "/metadata").json()[0]["00420011"]["BulkDataURI"]
    script = b"<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>"
    cda = get(client, address(one(client, "text/xml", script, "00420011")) + "/rendered")
    assert cda.headers["content-security-policy"].startswith("sandbox")


def test_videos_are_played_in_parts(client: TestClient) -> None:
    video = one(client, "video/mp4", mp4())
    shown = get(client, address(video) + "/rendered")
    assert shown.headers["content-type"] == "video/mp4" and shown.headers["accept-ranges"] == "bytes"
    assert shown.content[: len(mp4())] == mp4()
    part = get(client, address(video) + "/rendered", Range="bytes=100-199")
    assert part.status_code == 206 and part.content == mp4()[100:200]
    assert get(client, address(video) + "/rendered", "image/jpeg").status_code == 406
    frame = get(client, address(video) + "/frames/1", "multipart/related; type=video/mp4")
    assert parts(frame.headers["content-type"], frame.content)[0][1].startswith(mp4()[:50])
    assert get(client, address(video) + "/bulkdata/7FE00010", "video/mp4").content.startswith(mp4()[:50])
    (whole,) = [get(client, address(video), "application/dicom")]
    assert whole.headers["content-type"].endswith("=1.2.840.10008.1.2.4.102")


def state_of(image: pydicom.Dataset) -> pydicom.Dataset:
    """A grayscale softcopy presentation state that shows only what is above 1000 HU."""
    state = pydicom.Dataset()
    state.file_meta = pydicom.dataset.FileMetaDataset()
    state.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    state.SOPClassUID = state.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.11.1")
    state.SOPInstanceUID = state.file_meta.MediaStorageSOPInstanceUID = UID(image.SOPInstanceUID + ".99")
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID"):
        setattr(state, keyword, getattr(image, keyword))
    state.SeriesInstanceUID, state.Modality = image.SeriesInstanceUID + ".99", "PR"
    referenced = pydicom.Dataset()
    referenced.ReferencedSOPClassUID, referenced.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    of_series = pydicom.Dataset()
    of_series.SeriesInstanceUID, of_series.ReferencedImageSequence = image.SeriesInstanceUID, Sequence([referenced])
    state.ReferencedSeriesSequence = Sequence([of_series])
    voi = pydicom.Dataset()
    voi.WindowCenter, voi.WindowWidth, voi.ReferencedImageSequence = 1000, 1, Sequence([referenced])
    state.SoftcopyVOILUTSequence = Sequence([voi])
    area = pydicom.Dataset()
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [128, 128]
    area.PresentationSizeMode, area.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
    state.DisplayedAreaSelectionSequence = Sequence([area])
    state.RescaleIntercept, state.RescaleSlope, state.RescaleType = image.RescaleIntercept, image.RescaleSlope, "HU"
    state.PresentationLUTShape = "IDENTITY"
    return state


def uri(data_set: pydicom.Dataset, **more: str) -> str:
    path = f"/wado?requestType=WADO&studyUID={data_set.StudyInstanceUID}&seriesUID={data_set.SeriesInstanceUID}"
    return path + f"&objectUID={data_set.SOPInstanceUID}" + "".join(f"&{name}={value}" for name, value in more.items())


def test_a_presentation_state_is_applied(client: TestClient) -> None:
    image = read(sample("CT_small.dcm"))
    state = state_of(image)
    assert stow(client, sample("CT_small.dcm"), saved(state))[0] == 200
    above = image.pixel_array * image.RescaleSlope + image.RescaleIntercept >= 1000
    shown = picture(get(client, address(state) + "/rendered", "image/png"))
    assert np.array_equal(shown > 127, above)
    asked = {"presentationUID": state.SOPInstanceUID, "presentationSeriesUID": state.SeriesInstanceUID}
    assert np.array_equal(picture(get(client, uri(image, contentType="image/png", **asked))) > 127, above)
    assert get(client, uri(image, windowCenter="1", windowWidth="2", **asked)).status_code == 400
    assert get(client, uri(image, presentationUID=state.SOPInstanceUID)).status_code == 400


def test_wado_uri_chooses_type_and_syntax(client: TestClient) -> None:
    stow(client, sample("MR_small_RLE.dcm"), sample("SC_rgb_rle_2frame.dcm"), sample("test-SR.dcm"))
    image, many, report = (read(sample(name)) for name in ("MR_small_RLE.dcm", "SC_rgb_rle_2frame.dcm", "test-SR.dcm"))
    assert get(client, uri(image)).headers["content-type"] == "image/jpeg"
    assert get(client, uri(many)).headers["content-type"].startswith("application/dicom")
    assert get(client, uri(many, frameNumber="2")).headers["content-type"] == "image/jpeg"
    assert get(client, uri(many, frameNumber="3")).status_code == 404
    assert get(client, uri(report)).headers["content-type"].startswith("text/html")
    plain = get(client, uri(image, contentType="application/dicom"))
    assert plain.headers["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    assert np.array_equal(read(plain.content).pixel_array, image.pixel_array)
    stored = get(client, uri(image, contentType="application/dicom", transferSyntax="*"))
    assert stored.headers["content-type"].endswith("=1.2.840.10008.1.2.5")
    part = get(client, uri(image, contentType="application/dicom", transferSyntax="*"), Range="bytes=128-131")
    assert (part.status_code, part.content) == (206, b"DICM")
    asked = get(client, uri(image, contentType="application/dicom", transferSyntax="1.2.840.10008.1.2.4.90"))
    assert read(asked.content).file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.90"
    for wrong, status in (
        ({"transferSyntax": "1.2.840.10008.1.2.4.50"}, 406),
        ({"transferSyntax": "x"}, 400),
        ({"anonymize": "no"}, 400),
    ):
        assert get(client, uri(image, contentType="application/dicom", **wrong)).status_code == status
    assert get(client, uri(image, contentType="video/mp4")).status_code == 406
    assert get(client, uri(image, contentType="image/jpeg", anonymize="yes")).status_code == 400
    assert get(client, uri(image, contentType="image/jpeg", region="0,0,2,1")).status_code == 400


def test_anonymize_leaves_nothing_of_the_patient(client: TestClient) -> None:
    original = read(sample("MR_small.dcm"))
    original.PatientName, original.PatientID, original.PatientBirthDate = "Secret^Sam", "SECRET-7", "19610203"
    original.ReferringPhysicianName, original.StudyDescription = "Doctor^Dora", "Secret^Sam had this"
    stow(client, saved(original), sample("SC_rgb_rle_2frame.dcm"))
    answer = get(client, uri(original, contentType="application/dicom", anonymize="yes"))
    assert answer.status_code == 200
    for secret in (b"Secret", b"SECRET", b"19610203", b"Doctor", original.SOPInstanceUID.encode()):
        assert secret not in answer.content
    found = read(answer.content)
    assert found.PatientIdentityRemoved == "YES" and found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert np.array_equal(found.pixel_array, original.pixel_array)
    again = read(get(client, uri(original, contentType="application/dicom", anonymize="yes")).content)
    assert again.SOPInstanceUID == found.SOPInstanceUID and again.StudyInstanceUID == found.StudyInstanceUID
    packed = read(sample("SC_rgb_rle_2frame.dcm"))
    kept = get(client, uri(packed, contentType="application/dicom", anonymize="yes", transferSyntax="*"))
    assert read(kept.content).PixelData == packed.PixelData
    asked = {"anonymize": "yes", "transferSyntax": "1.2.840.10008.1.2"}
    implicit = read(get(client, uri(original, contentType="application/dicom", **asked)).content)
    assert implicit.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert np.array_equal(implicit.pixel_array, original.pixel_array)


def test_burnt_in_names_are_refused_or_made_black(client: TestClient, archive: Archive) -> None:
    original = read(sample("MR_small.dcm"))
    original.BurnedInAnnotation = "YES"
    stow(client, saved(original))
    refused = get(client, uri(original, contentType="application/dicom", anonymize="yes"))
    assert refused.status_code == 403 and set(refused.json()) == {"error", "kind", "request_id"}
    ultrasound = read(sample("MR_small.dcm"))
    ultrasound.SOPInstanceUID = ultrasound.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    region = pydicom.Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 8, 16
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 55, 47
    ultrasound.BurnedInAnnotation, ultrasound.SequenceOfUltrasoundRegions = "YES", Sequence([region])
    stow(client, saved(ultrasound))
    found = read(get(client, uri(ultrasound, contentType="application/dicom", anonymize="yes")).content)
    assert found.BurnedInAnnotation == "NO"
    expected = np.zeros_like(ultrasound.pixel_array)
    expected[16:48, 8:56] = ultrasound.pixel_array[16:48, 8:56]
    assert np.array_equal(found.pixel_array, expected)


def test_the_setting_decides_about_suspects(tmp_path: Any) -> None:
    opened = open_archive(load(data=tmp_path / "d", min_free_bytes=0, anonymize_burned_in="suspect"))
    original = read(sample("MR_small.dcm"))
    original.Modality = "US"
    with calling(opened) as client:
        stow(client, saved(original))
        assert get(client, uri(original, contentType="application/dicom", anonymize="yes")).status_code == 403
        assert retrieve.find_object(opened, original.SOPInstanceUID)
    opened.close()
