"""Are searches answered as PS3.18 10.6 says, and as the clients of web-anchors A3 expect?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pydicom
import pytest
from starlette.testclient import TestClient
from web_client import address, calling, parts, read, sample, stow

from lumenarc.archive import open_archive
from lumenarc.config import load
from lumenarc.dicom.dicom_xml import from_xml

RS = "/dicom-web"
CT, MR, SR = (read(sample(name)) for name in ("CT_small.dcm", "MR_small.dcm", "test-SR.dcm"))


def chinese() -> bytes:
    """王^小东 in GB18030, as a scanner in Beijing writes it."""
    data_set = read(sample("MR_small_implicit.dcm"))
    data_set.SpecificCharacterSet = "GB18030"
    data_set.PatientName, data_set.PatientID = "Wang^XiaoDong=王^小东", "BJ1"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(data_set, keyword, getattr(data_set, keyword) + ".88")
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    data_set.AccessionNumber, data_set.StudyDate = "A-10", "20260101"
    out = io.BytesIO()
    data_set.save_as(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("archive")
    opened = open_archive(load(data=data, min_free_bytes=0, qido_max_results=4, cors_origins=["http://ohif.example"]))
    with calling(opened) as made:
        names = ("CT_small.dcm", "MR_small.dcm", "test-SR.dcm", "waveform_ecg.dcm")
        assert stow(made, chinese(), *map(sample, names))[0] == 200
        yield made
    opened.close()


def ask(client: TestClient, path: str, status: int = 200) -> Any:
    answer = client.get(RS + path)
    assert answer.status_code == status, (path, answer.text)
    return answer.json() if status == 200 else answer


def values(rows: Any, tag: str) -> list[Any]:
    return [row[tag]["Value"][0] for row in rows if "Value" in row.get(tag, {})]


def test_every_level_and_relation(client: TestClient) -> None:
    for path in (
        "/studies?PatientID=1CT1",
        "/series?PatientID=1CT1",
        "/instances?PatientID=1CT1",
        f"/studies/{CT.StudyInstanceUID}/series",
        f"/studies/{CT.StudyInstanceUID}/instances",
        f"/studies/{CT.StudyInstanceUID}/series/{CT.SeriesInstanceUID}/instances",
        f"/instances?SeriesInstanceUID={CT.SeriesInstanceUID}&Modality=CT",
        f"/series?StudyInstanceUID={CT.StudyInstanceUID},1.2.3",
        f"/studies?SOPInstanceUID={CT.SOPInstanceUID}",
    ):
        (row,) = ask(client, path)
        assert ask(client, path.replace("?", "/count?") if "?" in path else path + "/count") == {"count": 1}
        url = row["00081190"]["Value"][0]
        level = "study" if path.startswith("/studies?") else "instance" if "instances" in path else "series"
        assert url == "http://localhost" + address(CT, level)
    assert values(ask(client, "/patients?PatientID=1CT1"), "00100020") == ["1CT1"]
    ask(client, "/studies?PatientID=nobody", 204)
    ask(client, "/studies/1.2.3/series", 204)


def test_any_attribute_by_keyword_tag_and_path(client: TestClient) -> None:
    thickness = f"SliceThickness={CT.SliceThickness}"
    for query in (
        "PatientName=CompressedSamples*",
        "00100020=1CT1",
        "StudyDate=20040119-20040119",
        f"{thickness}&PatientID=1CT1",
        "00180050=5.0&00100020=1CT1",
    ):
        assert CT.SOPInstanceUID in values(ask(client, f"/instances?{query}&Modality=CT"), "00080018"), query
    code = SR.ConceptNameCodeSequence[0].CodeValue
    for path in ("ConceptNameCodeSequence.CodeValue", "0040A043.00080100"):
        assert values(ask(client, f"/instances?{path}={code}"), "00080018") == [SR.SOPInstanceUID]
    for wrong in ("NoSuchThing=1", "SliceThickness=x", "StudyDate=today", "PatientName.CodeValue=1", "=1"):
        ask(client, f"/instances?{wrong}", 400)
    answer = client.get(f"{RS}/studies?PatientID=1CT1&SliceThickness=5&00283010.00283002=1")
    ignored = "Not matched at this level: SliceThickness, 00283010.00283002."
    assert answer.headers["warning"] == f'299 localhost "{ignored}"' and len(answer.json()) == 1


def test_include_fields(client: TestClient) -> None:
    """A3.1: decoded before it is split at commas."""
    path = "/instances?PatientID=1CT1&includefield="
    for fields in ("SliceThickness,KVP", "00180050%2C00180060", "SliceThickness&includefield=KVP", "all"):
        (row,) = ask(client, path + fields)
        assert row["00180050"]["Value"] == [float(CT.SliceThickness)] and row["00180060"]["Value"] == [120]
    assert "00180050" not in ask(client, "/instances?PatientID=1CT1")[0]
    ask(client, path + "NoSuchThing", 400)


def test_pages_are_stable_and_ordered(client: TestClient) -> None:
    names = values(ask(client, "/studies?orderby=PatientID&limit=4"), "00100020")
    assert names == sorted(names) and len(names) > 2
    assert values(ask(client, "/studies?orderby=-PatientID&limit=1"), "00100020") >= names[-1:]
    pages = [values(ask(client, f"/studies?limit=2&offset={offset}"), "0020000D") for offset in (0, 2)]
    assert len({uid for page in pages for uid in page}) == 4
    assert pages[0] == values(ask(client, "/studies?limit=2"), "0020000D")
    for wrong in ("limit=-1", "limit=x", "limit=9999999999999", "offset=-5", "limit=1.5", "orderby=PixelData"):
        ask(client, f"/studies?{wrong}", 400)
    ask(client, "/studies?limit=0", 204)


def test_more_than_allowed_comes_with_a_warning(client: TestClient) -> None:
    for path in ("/studies", "/studies?limit=100"):
        answer = client.get(RS + path)
        assert len(answer.json()) == 4
        assert answer.headers["warning"] == '299 localhost "There are more results; use limit and offset."'
    assert "warning" not in client.get(RS + "/studies?limit=3").headers


def test_xml_and_csv(client: TestClient) -> None:
    path = f"{RS}/studies?PatientID=1CT1"
    answer = client.get(path, headers={"Accept": 'multipart/related; type="application/dicom+xml"'})
    ((head, data),) = parts(answer.headers["content-type"], answer.content)
    assert head["Content-Type"] == "application/dicom+xml"
    assert from_xml(data)["0020000D"]["Value"] == [CT.StudyInstanceUID]
    table = client.get(path, headers={"Accept": "text/csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["PatientID"], row["StudyInstanceUID"]) == ("1CT1", CT.StudyInstanceUID)
    assert client.get(path + "&accept=text/csv").text == table.text
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert client.get(path, headers={"Accept": "application/json"}).headers["content-type"] == "application/json"


def test_modalities_as_ohif_asks(client: TestClient) -> None:
    """A3.2, A3.3: a comma list, decoded; never an attribute without a value."""
    found = ask(client, "/studies?ModalitiesInStudy=CT%2CSR&limit=101&offset=0&fuzzymatching=false")
    assert sorted(values(found, "00080061")) == ["CT", "SR"]
    for row in ask(client, "/studies?limit=4"):
        assert row["00080061"]["Value"]
    assert values(ask(client, "/studies?00100020=*CT*"), "00100020") == ["1CT1"]
    assert values(ask(client, "/studies?AccessionNumber=*-1*"), "00080050") == ["A-10"]


def test_chinese_names(client: TestClient) -> None:
    """A3.10: GB18030 in, UTF-8 out, found by either name."""
    for key in ("*%E7%8E%8B*", "王^小东", "wang^xiao*", "Wang^XiaoDong=王^小东"):
        (row,) = ask(client, f"/studies?PatientName={key}")
        assert row["00100010"]["Value"] == [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东"}]
    (row,) = ask(client, "/studies?q=小东")
    uid = row["0020000D"]["Value"][0]
    (metadata,) = ask(client, f"/studies/{uid}/metadata")
    assert metadata["00100010"]["Value"][0]["Ideographic"] == "王^小东"
    assert metadata["00080005"]["Value"] == ["ISO_IR 192"]


def test_names_that_sound_alike(client: TestClient) -> None:
    ask(client, "/studies?PatientName=CompresedSampels", 204)
    found = ask(client, "/studies?PatientName=CompresedSampels&fuzzymatching=true")
    assert CT.StudyInstanceUID in values(found, "0020000D")


def test_json_is_packed_and_nothing_else_is(client: TestClient) -> None:
    """A3.7."""
    packed = client.get(f"{RS}/instances?includefield=all", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.json()
    for path in (address(CT), address(CT) + "/frames/1", address(CT) + "/rendered", address(CT) + "/bulkdata/7FE00010"):
        assert "content-encoding" not in client.get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_other_origins(client: TestClient) -> None:
    """A3.8: what is configured may ask, with preflight and without; nobody else."""
    asked = {"Origin": "http://ohif.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type,accept"
    answer = client.options(f"{RS}/studies", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "http://ohif.example"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "content-type,accept"
    shared = client.get(f"{RS}/studies?limit=1", headers={"Origin": "http://ohif.example"})
    assert "Warning" in shared.headers["access-control-expose-headers"]
    stranger = client.options(f"{RS}/studies", headers={**asked, "Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


def test_nesting_without_end(client: TestClient) -> None:
    """A3.9: what makes Orthanc crash is refused, and the archive goes on."""
    opened = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    head = pydicom.dcmread(io.BytesIO(sample("test-SR.dcm")), stop_before_pixels=True)
    assert head.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    del head[0x0040A730:]
    out = io.BytesIO()
    head.save_as(out)
    status, answer = stow(client, out.getvalue() + opened * 5000)
    assert status == 400 and len(answer["00081198"]["Value"]) == 1
    assert ask(client, "/studies?PatientID=1CT1")


def test_other_methods(client: TestClient) -> None:
    answer = client.put(f"{RS}/studies")
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD, POST"
    head = client.head(f"{RS}/studies?limit=1")
    assert head.status_code == 200 and head.content == b""
    assert client.get(f"{RS}/nothing").status_code == 404
