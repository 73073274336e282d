"""Do the DICOMweb clients work with Orthanc's service and with ours, and say clearly what does not?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import orthanc
from lumenarc.dicom import part10
from served import Served
from tools import run

pytestmark = [pytest.mark.conformance, pytest.mark.filterwarnings("ignore")]
FILES = [next(PYDICOM_FILES.rglob(name)) for name in ("CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm")]


@pytest.fixture(params=["orthanc", "lumenarc"])
def roots(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Give the roots of DICOMweb and of WADO-URI."""
    if request.param == "orthanc":
        with orthanc(tmp_path / "orthanc") as peer:
            yield f"{peer.http}/dicom-web", f"{peer.http}/wado"
    else:
        start: Callable[..., Served] = request.getfixturevalue("archive_server")
        http = start().http
        yield f"{http}dicom-web", f"{http}wado"


def body(path: Path) -> bytes:
    data = path.read_bytes()
    return data[part10.parse_meta(data).header_bytes :]


def test_send_search_and_fetch(roots: tuple[str, str], tmp_path: Path) -> None:
    web, wado = roots
    sent = run("stowrs", "--url", web, "-l", "2", "--json", *FILES)
    assert (sent.code, sent.objects()) == (0, [{"stored": 3, "failed": 0}])
    for path in FILES:
        ds = pydicom.dcmread(path)
        (study,) = run("qido", "--url", web, "-m", f"PatientID={ds.PatientID}", "--json").objects()
        assert study["0020000D"]["Value"] == [ds.StudyInstanceUID]
        below = run("qido", "--url", web, f"studies/{ds.StudyInstanceUID}/series")
        assert f"SeriesInstanceUID: {ds.SeriesInstanceUID}" in below.out

        address = f"{web}/studies/{ds.StudyInstanceUID}"
        (got,) = run("wadors", address, "-o", tmp_path / "got", "--json").objects()
        assert Path(got["file"]).name == f"{ds.SOPInstanceUID}.dcm"
        assert body(Path(got["file"])) == body(path)
        (got,) = run(
            "wadors", f"{address}/metadata", "-a", "application/dicom+json", "-o", tmp_path, "--json"
        ).objects()
        assert json.loads(Path(got["file"]).read_text())[0]["00080018"]["Value"] == [ds.SOPInstanceUID]
        uids = (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        one = tmp_path / "one.dcm"
        assert run("wadouri", "--url", wado, *uids, "-o", one).code == 0
        assert pydicom.dcmread(one).SOPInstanceUID == ds.SOPInstanceUID


def test_what_goes_wrong_is_said_and_the_rest_goes_on(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    web = f"{archive_server().http}dicom-web"
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(FILES[0].read_bytes()[:3000])
    (tmp_path / "note.txt").write_text("no DICOM")
    sent = run("stowrs", "--url", web, broken, tmp_path / "note.txt", tmp_path / "missing", FILES[1])
    assert (sent.code, sent.out) == (1, "1 stored, 3 failed\n")
    assert len(sent.err.splitlines()) == 3
    gone = run("wadors", f"{web}/studies/1.2.3", f"{web}/studies", "-o", tmp_path)
    assert gone.code == 1
    assert "no such object" in gone.err
    assert run("qido", "--url", "http://127.0.0.1:1/x").code == 3
    assert run("qido", "--url", web, "-m", "nonsense").code == 2
    assert run("qido", "--url", web, "--header", "nonsense").code == 2
    assert run("qido").code == 2
