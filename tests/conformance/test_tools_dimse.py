"""Do the DIMSE tools work with others' programs: DCMTK's, Orthanc, pynetdicom's, and with the archive?"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES

from dicom_peers import free_port, orthanc, running, storescp
from lumenarc.dicom import part10
from served import Served
from tools import run, serving, worklist_item

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
NAMES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm", "image_dfl.dcm", "rtplan.dcm")


def data_set_of(path: Path) -> bytes:
    data = path.read_bytes()
    found = data[part10.parse_meta(data).header_bytes :]
    return found + bytes(len(found) % 2)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(FILES / name, folder / name)
    return folder


def at(port: int, title: str = "ANY") -> tuple[str, str]:
    return "-c", f"{title}@127.0.0.1:{port}"


@pytest.mark.parametrize("more", [(), ("-j", "3"), ("--max-ops-invoked", "8")])
def test_storescu_sends_a_folder_as_it_lies(study: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    with storescp(tmp_path / "out") as scp:
        ran = run("storescu", *more, *at(scp.port), "--json", study)
        assert ran.code == 0, ran.err
        assert ran.objects()[-1]["sent"] == len(NAMES)
        assert {data_set_of(path) for path in scp.files()} == {data_set_of(study / name) for name in NAMES}


def test_storescu_sends_what_is_no_dicom_not_and_the_rest(study: Path, tmp_path: Path) -> None:
    (study / "aaa.txt").write_text("no DICOM, whatever it is called, and long enough to be looked at")
    names = "\n".join(str(study / name) for name in ("aaa.txt", *NAMES, "missing.dcm"))
    with storescp(tmp_path / "out") as scp:
        ran = run("storescu", *at(scp.port), "-@", "-", stdin=names.encode())
        assert ran.code == 1
        assert len(scp.files()) == len(NAMES)
        assert len(ran.err.splitlines()) == 2
        assert ran.out.startswith(f"{len(NAMES)} sent, 2 failed")


def test_storescu_decompresses_for_a_peer_that_wants_it_plain(study: Path, tmp_path: Path) -> None:
    with storescp(tmp_path / "out", "+xi") as scp:
        assert run("storescu", *at(scp.port), study).code == 0
        found = {str(pydicom.dcmread(path).SOPInstanceUID): pydicom.dcmread(path) for path in scp.files()}
        for name in ("JPEG2000.dcm", "SC_rgb_rle.dcm", "CT_small.dcm"):
            original = pydicom.dcmread(study / name)
            received = found[str(original.SOPInstanceUID)]
            assert received.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
            assert (received.pixel_array == original.pixel_array).all()
        ran = run("storescu", *at(scp.port), "--as-is", study)
        assert ran.code == 1
        assert "0122H" in ran.err


def test_storescu_changes_attributes_on_the_way(study: Path, tmp_path: Path) -> None:
    with storescp(tmp_path / "out") as scp:
        changes = ("-s", "PatientID=NEW^ID", "-s", "RequestAttributesSequence.ScheduledProcedureStepID=S1")
        assert run("storescu", *at(scp.port), *changes, "--uid-suffix", ".9", study).code == 0
        for path in scp.files():
            received = pydicom.dcmread(path)
            assert received.PatientID == "NEW^ID"
            assert received.RequestAttributesSequence[0].ScheduledProcedureStepID == "S1"
            assert received.SOPInstanceUID.endswith(".9") or received.SOPInstanceUID.startswith("2.25.")
            assert received.SOPInstanceUID == received.file_meta.MediaStorageSOPInstanceUID
        original, received = (
            pydicom.dcmread(study / "CT_small.dcm"),
            next(found for found in map(pydicom.dcmread, scp.files()) if found.Modality == "CT"),
        )
        assert received.PixelData == original.PixelData


def test_exit_code_says_that_nobody_answers(study: Path, tmp_path: Path) -> None:
    assert run("storescu", *at(free_port()), study).code == 3
    assert run("echoscu", *at(free_port())).code == 3
    assert run("findscu", *at(free_port())).code == 3
    assert run("echoscu", "-c", "nowhere").code == 2
    with storescp(tmp_path / "out", "--refuse") as scp:
        assert run("storescu", *at(scp.port), study).code == 3
    with storescp(tmp_path / "out2", "--abort-during") as scp:
        ran = run("storescu", *at(scp.port), study)
        assert (ran.code, ran.out.split(",")[0]) == (1, "0 sent")


def test_the_first_command_of_the_mission(study: Path, archive_server: Callable[..., Served]) -> None:
    archive = archive_server()
    address = ("-c", f"LUMENARC@localhost:{archive.dicom_port}")
    assert run("storescu", *address).code == 0
    (study / "rtplan.dcm").unlink()  # its File Meta names another instance, which the archive does not take
    assert run("storescu", *address, study).code == 0
    ct = pydicom.dcmread(study / "CT_small.dcm")
    ran = run("findscu", *address, "--json", "-m", f"StudyInstanceUID={ct.StudyInstanceUID}")
    assert [match["00100020"]["Value"] for match in ran.objects()] == [[ct.PatientID]]
    ran = run("findscu", *address, "--json", "-L", "IMAGE", "--relational", "-m", "Modality=MR")
    assert len(ran.objects()) == 1
    assert run("findscu", *address, "-m", "PatientID=NOBODY").out == ""


def test_find_get_and_move_with_orthanc(study: Path, tmp_path: Path) -> None:
    with serving("storescp", "-b", "DEST:0", "--directory", tmp_path / "moved") as destination:
        with orthanc(tmp_path / "orthanc", {"DEST": ("127.0.0.1", destination.port)}) as peer:
            there = at(peer.port, "ORTHANC")
            sent = run("storescu", *there, *(study / name for name in NAMES[:3]))
            assert sent.code == 0, sent.err
            ct = pydicom.dcmread(study / "CT_small.dcm")
            key = ("-m", f"StudyInstanceUID={ct.StudyInstanceUID}")
            ran = run("findscu", *there, *key, "-r", "PatientName", "--out-dir", tmp_path / "found")
            assert ran.code == 0
            assert f"PatientName: {ct.PatientName}" in ran.out
            assert pydicom.dcmread(tmp_path / "found" / "00001.dcm").PatientName == ct.PatientName
            got = tmp_path / "got"
            ran = run("getscu", *there, *key, "--directory", got, "--filepath", "{PatientID}/{Modality}.dcm", "--json")
            assert ran.code == 0, ran.err
            assert ran.objects()[-1] == {"status": 0, "completed": 1, "failed": 0, "warning": 0, "failed_uids": []}
            assert pydicom.dcmread(got / str(ct.PatientID) / "CT.dcm").PixelData == ct.PixelData
            ran = run("movescu", *there, *key, "--dest", "DEST")
            assert (ran.code, ran.out) == (0, "0000H (success): 1 completed, 0 failed, 0 with a warning\n")
            assert run("movescu", *there, *key, "--dest", "NOWHERE").code == 1
        assert pydicom.dcmread(tmp_path / "moved" / str(ct.SOPInstanceUID)).PixelData == ct.PixelData


def test_findscu_asks_a_worklist(tmp_path: Path) -> None:
    folder = tmp_path / "OFFIS"
    folder.mkdir()
    (folder / "lockfile").touch()
    for number, modality in enumerate(("CT", "MR", "CT", "US")):
        (tmp_path / "item.json").write_text(json.dumps(worklist_item(number, modality)))
        assert run("json2dcm", "-j", tmp_path / "item.json", "-o", folder / f"{number}.wl").code == 0
    port = free_port()
    with running(("wlmscpfs", "-dfr", "-dfp", str(tmp_path), str(port)), port, tmp_path / "log"):
        ran = run("findscu", "-M", "MWL", *at(port, "OFFIS"), "--json")
        assert ran.code == 0
        assert len(ran.objects()) == 4
        key = ("-m", "ScheduledProcedureStepSequence.Modality=CT")
        assert len(run("findscu", "-M", "MWL", *at(port, "OFFIS"), *key, "--json").objects()) == 2
        assert len(run("findscu", "-M", "MWL", *at(port, "OFFIS"), "--cancel", "2", "--json").objects()) == 2


def test_storescp_takes_what_dcmtk_and_pynetdicom_send(study: Path, tmp_path: Path) -> None:
    got = tmp_path / "got"
    with serving("storescp", "-b", "0", "--directory", got, "--json") as scp:
        sent = [name for name in NAMES if name != "image_dfl.dcm"]  # dcmsend inflates it, and drops trailing padding
        command = ["dcmsend", "-aec", "ANY", "127.0.0.1", str(scp.port), *(str(study / name) for name in sent)]
        subprocess.run(command, check=True, capture_output=True)
        for name in sent:
            original = pydicom.dcmread(study / name)
            arrived = pydicom.dcmread(got / str(original.SOPInstanceUID))
            arrived.pop(0xFFFCFFFC, None), original.pop(0xFFFCFFFC, None)
            assert arrived == original
        received = scp.stop().splitlines()
        assert len(received) == len(sent)
    pattern = "{PatientID}/{Modality}/{SOPInstanceUID,hash}.dcm"
    with serving("storescp", "-b", "SCP@127.0.0.1:0", "--directory", got, "--filepath", pattern) as scp:
        ct = pydicom.dcmread(study / "CT_small.dcm")
        assert send_one(scp.port, ct, "SCP") == 0
        assert send_one(scp.port, ct, "OTHER") is None
        assert [pydicom.dcmread(path) for path in (got / str(ct.PatientID) / "CT").iterdir()] == [ct]


def send_one(port: int, ds: Any, title: str) -> int | None:
    ae = pynetdicom.AE("TESTER")
    ae.add_requested_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
    assoc = ae.associate("127.0.0.1", port, ae_title=title)
    if not assoc.is_established:
        return None
    status = assoc.send_c_store(ds).Status
    assoc.release()
    return int(status)


def test_storescp_refuses_as_it_is_told(study: Path, tmp_path: Path) -> None:
    ct = pydicom.dcmread(study / "CT_small.dcm")
    with serving("storescp", "-b", "0", "--directory", tmp_path / "got", "--status", "A700") as scp:
        assert send_one(scp.port, ct, "ANY") == 0xA700
        assert list((tmp_path / "got").iterdir()) == []
    with serving("storescp", "-b", "0", "--directory", tmp_path / "got", "--accept", "FRIEND") as scp:
        assert send_one(scp.port, ct, "ANY") is None
        assert run("storescu", *at(scp.port), "-b", "FRIEND", study).code == 0


def test_tls_both_ways(study: Path, tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    alternative = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert))
    subprocess.run((*make, *alternative), check=True, capture_output=True)
    own = ("--tls", "--tls-cert", cert, "--tls-key", key, "--tls-ca", cert)
    with serving("storescp", "-b", "0", "--directory", tmp_path / "got", *own) as scp:
        dcmtk = ("echoscu", "+tls", str(key), str(cert), "+cf", str(cert), "-ic", "127.0.0.1", str(scp.port))
        assert subprocess.run(dcmtk, capture_output=True, check=False).returncode == 0
        assert run("storescu", *at(scp.port), *own, study / "CT_small.dcm").code == 0
        assert run("echoscu", *at(scp.port)).code == 3
        assert run("echoscu", *at(scp.port), "--tls").code == 3
    with storescp(tmp_path / "out", "+xa", "+tls", str(key), str(cert), "-ic") as peer:
        assert run("echoscu", *at(peer.port), "--tls", "--tls-ca", cert).code == 0
        assert run("echoscu", *at(peer.port), "--tls", "--tls-noauth").code == 0
        assert run("echoscu", *at(peer.port), "--tls").code == 3


def test_user_identity_reaches_the_peer() -> None:
    seen: list[tuple[int, bytes, bytes]] = []

    def identity(event: Any) -> tuple[bool, None]:
        seen.append((event.user_id_type, event.primary_field, event.secondary_field))
        return True, None

    ae = pynetdicom.AE("PEER")
    ae.add_supported_context("1.2.840.10008.1.1")
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(pynetdicom.evt.EVT_USER_ID, identity)])
    try:
        there = at(server.socket.getsockname()[1], "PEER")
        for more in (("--user", "me"), ("--user", "me", "--user-pass", "secret"), ("--user-jwt", "a.b.c")):
            assert run("echoscu", *there, *more).code == 0
    finally:
        server.shutdown()
    assert seen == [(1, b"me", b""), (2, b"me", b"secret"), (5, b"a.b.c", b"")]


def test_dcmassoc_shows_what_is_accepted(tmp_path: Path) -> None:
    with storescp(tmp_path / "out", "+xs") as scp:
        contexts = ("--pc", "CTImageStorage:JPEGLosslessSV1,ExplicitVRLittleEndian", "--pc", "1.2.3:1.2.840.10008.1.2")
        found = run("dcmassoc", *at(scp.port), "--json", *contexts).objects()
        assert [(each["result"], each["transfer_syntax_uid"]) for each in found] == [
            (0, "1.2.840.10008.1.2.4.70"), (3, ""),
        ]  # fmt: skip
        assert run("dcmassoc", *at(scp.port), "--pc", "NoSuchClass").code == 2
        assert run("dcmassoc", *at(scp.port), "--pc", "1.2.3").code == 1
        whole = run("dcmassoc", *at(scp.port), "--json").objects()
        assert len(whole) > 200
        assert sum(each["result"] == 0 for each in whole) > 100
