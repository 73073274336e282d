"""Do others understand us when we call? Echo, store, find, get, move and N- requests to DCMTK, Orthanc, pynetdicom."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pynetdicom import evt

from arrivals import Arrivals
from dicom_peers import free_port, orthanc, storescp
from dimse_server import TITLE, Recorder, serving
from lumenarc.dicom import part10
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet, PeerFailed
from lumenarc.peers import dimse
from lumenarc.peers.dimse import Outcome, Peer, Proposal, Target, open_association
from lumenarc.peers.receiving import get, receivable
from lumenarc.peers.sending import Instance, Kind, from_file, proposals_for, send
from lumenarc.transport.association import AssociationEnded
from lumenarc.transport.connect import NoConnection, Rejected
from lumenarc.transport.server import ServerOptions
from lumenarc.transport.wire import Timeouts

pytestmark = pytest.mark.conformance
STUDY_ROOT_FIND, STUDY_ROOT_MOVE, STUDY_ROOT_GET = (f"1.2.840.10008.5.1.4.1.2.2.{n}" for n in (1, 2, 3))
MPPS = "1.2.840.10008.3.1.2.3.3"
COMMITMENT = "1.2.840.10008.1.20.1"
NAMES = (
    "CT_small.dcm",
    "MR_small.dcm",
    "JPEG2000.dcm",
    "SC_rgb_rle.dcm",
    "image_dfl.dcm",
    "ExplVR_BigEnd.dcm",
    "rtplan.dcm",
)


def files() -> list[Path]:
    return [next(PYDICOM_FILES.rglob(name)) for name in NAMES]


def data_set_of(file: Path) -> bytes:
    raw = file.read_bytes()
    return raw[part10.parse_meta(raw).header_bytes :]


def even(data: bytes) -> bytes:
    """Return what travels of a deflated data set whose file ends at an odd place (PS3.5 A.5)."""
    return data + bytes(len(data) % 2)


def peer_at(port: int, title: str = "ANY", **more: Any) -> Peer:
    return Peer(title, "127.0.0.1", port, **more)


def store(peer: Peer, instances: list[Instance]) -> list[tuple[str, int]]:
    with open_association(peer, proposals_for(instance.kind for instance in instances)) as assoc:
        return [(sent.instance.sop_instance_uid, sent.outcome.status) for sent in send(assoc, instances)]


def study_keys(study_uid: str) -> dict[str, dict[str, Any]]:
    return {
        "00080052": {"vr": "CS", "Value": ["STUDY"]},
        "0020000D": {"vr": "UI", "Value": [study_uid]},
        "00100010": {"vr": "PN"},
    }


def test_storescp_gets_every_transfer_syntax_as_it_lies(tmp_path: Path) -> None:
    sources = files()
    with storescp(tmp_path / "out") as scp:
        results = store(peer_at(scp.port), [from_file(file) for file in sources])
        assert [status for _uid, status in results] == [0] * len(sources)
        arrived = {pydicom.dcmread(file).SOPInstanceUID: data_set_of(file) for file in scp.files()}
        assert arrived == {pydicom.dcmread(file).SOPInstanceUID: even(data_set_of(file)) for file in sources}
        with open_association(peer_at(scp.port), [Proposal(dimse.VERIFICATION)]) as assoc:
            assert dimse.echo(assoc) == Outcome(0)


def test_what_the_peer_does_not_take_fails_alone(tmp_path: Path) -> None:
    with storescp(tmp_path / "out", "+xi") as scp:
        instances = [from_file(file) for file in files()] + [
            Instance(Kind("1.2.3.4", "1.2.840.10008.1.2"), "1.2.3.5", lambda: [b""])
        ]
        statuses = [status for _uid, status in store(peer_at(scp.port), instances)]
        assert statuses.count(0) == len(scp.files()) < len(instances)
        assert set(statuses) == {0, 0x0122}


def test_a_file_that_ends_or_vanishes_is_told(tmp_path: Path) -> None:
    source = tmp_path / "gone.dcm"
    source.write_bytes(files()[0].read_bytes())
    gone = from_file(source)
    source.unlink()
    (tmp_path / "text.txt").write_text("no DICOM")
    with pytest.raises(BadDataSet):
        from_file(tmp_path / "text.txt")
    with storescp(tmp_path / "out") as scp:
        assert [status for _uid, status in store(peer_at(scp.port), [gone, from_file(files()[0])])] == [0x0110, 0]

        def breaks() -> Iterator[bytes]:
            yield bytes(100000)
            yield bytes(100000)
            raise OSError(5, "Input/output error")

        broken = Instance(gone.kind, gone.sop_instance_uid, breaks)
        with pytest.raises(AssociationEnded, match="read to its end"):
            store(peer_at(scp.port), [broken])
        assert len(scp.files()) == 1


def test_asynchronous_operations_are_used_when_granted() -> None:
    recorder = Recorder()
    instances = [from_file(file) for file in files()[:2] * 40]
    with serving(recorder) as server:
        peer = peer_at(server.port, TITLE, async_invoked=8)
        with open_association(peer, proposals_for(instance.kind for instance in instances)) as assoc:
            assert assoc.partners.async_invoked == 8
            assert sum(sent.outcome.is_success for sent in send(assoc, instances)) == len(instances)
    expected = [(instance.sop_instance_uid, instance.kind.transfer_syntax_uid) for instance in instances]
    assert [(uid, syntax) for uid, syntax, _data in recorder.stored] == expected
    assert recorder.stored[0][2] == data_set_of(files()[0])


def test_a_refusal_says_why(tmp_path: Path) -> None:
    with serving(Recorder()) as server, pytest.raises(Rejected, match="called AE title not recognized"):
        open_association(peer_at(server.port, "NOBODY"), [Proposal(dimse.VERIFICATION)])
    with storescp(tmp_path / "out", "--refuse") as scp, pytest.raises(Rejected):
        open_association(peer_at(scp.port), [Proposal(dimse.VERIFICATION)])
    with pytest.raises(NoConnection, match="refused"):
        open_association(peer_at(free_port()), [Proposal(dimse.VERIFICATION)])
    with storescp(tmp_path / "out2", "--abort-during") as scp, pytest.raises(AssociationEnded, match="abort"):
        store(peer_at(scp.port), [from_file(files()[0])])


def test_a_peer_that_says_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        timeouts = Timeouts(connect_s=2, artim_s=0.2)
        with pytest.raises(PeerFailed, match="in time"):
            open_association(peer_at(silent.getsockname()[1], timeouts=timeouts), [Proposal(dimse.VERIFICATION)])
        with pytest.raises(NoConnection, match="no such host"):
            open_association(Peer("A", "no-such-host.invalid", 104, timeouts=timeouts), [Proposal(dimse.VERIFICATION)])


def test_tls_with_storescp(tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    alternative = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert))
    subprocess.run((*make, *alternative), check=True, capture_output=True)
    with storescp(tmp_path / "out", "+xa", "+tls", str(key), str(cert), "-ic") as scp:
        trusting = ssl.create_default_context(cafile=str(cert))
        assert store(peer_at(scp.port, tls=trusting), [from_file(files()[0])])[0][1] == 0
        assert data_set_of(scp.files()[0]) == data_set_of(files()[0])
        with pytest.raises(NoConnection, match="TLS"):
            store(peer_at(scp.port, tls=ssl.create_default_context()), [from_file(files()[0])])


def test_orthanc_answers_find_get_and_move(tmp_path: Path) -> None:
    port = free_port()
    with orthanc(tmp_path / "orthanc", {"DEST": ("127.0.0.1", port)}) as peer:
        sources = files()[:3]
        there = peer_at(peer.port, "ORTHANC")
        assert [status for _uid, status in store(there, [from_file(file) for file in sources])] == [0, 0, 0]
        study = pydicom.dcmread(sources[0])
        keys = study_keys(str(study.StudyInstanceUID))
        with open_association(there, [Proposal(STUDY_ROOT_FIND)]) as assoc:
            found = list(dimse.find(assoc, STUDY_ROOT_FIND, keys))
            assert [str(match.attributes["00100010"]["Value"][0]["Alphabetic"]) for match in found] == [
                str(study.PatientName)
            ]
        arrivals = Arrivals()
        proposals = [
            Proposal(STUDY_ROOT_GET),
            *receivable([str(study.SOPClassUID)], (str(study.file_meta.TransferSyntaxUID),)),
        ]
        with open_association(there, proposals) as assoc:
            outcome = get(assoc, STUDY_ROOT_GET, keys, arrivals.begin).outcome()
        assert (outcome.status, outcome.counts[1:]) == (0, (1, 0, 0))
        assert arrivals.found[str(study.SOPInstanceUID)][0] == study.file_meta.TransferSyntaxUID
        recorder = Recorder(title="DEST")
        with serving(recorder, ServerOptions(port=port)), open_association(there, [Proposal(STUDY_ROOT_MOVE)]) as assoc:
            assert dimse.move(assoc, STUDY_ROOT_MOVE, keys, "DEST").outcome().is_success
            assert not dimse.move(assoc, STUDY_ROOT_MOVE, keys, "NOWHERE").outcome().is_success
        assert [uid for uid, _syntax, _data in recorder.stored] == [study.SOPInstanceUID]


@contextmanager
def pynetdicom_server(handlers: list[Any]) -> Iterator[int]:
    ae = pynetdicom.AE("PEER")
    ae.add_supported_context(MPPS)
    ae.add_supported_context(COMMITMENT, scu_role=True, scp_role=True)
    ae.add_supported_context(STUDY_ROOT_FIND)
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()


def test_n_services_with_pynetdicom() -> None:
    seen: list[tuple[str, Any]] = []

    def created(event: Any) -> tuple[int, Any]:
        seen.append(("create", event.attribute_list))
        return 0x0000, event.attribute_list

    def changed(event: Any) -> tuple[int, Any]:
        seen.append(("set", event.modification_list))
        return (0x0110, None) if "PatientID" in event.modification_list else (0x0000, event.modification_list)

    def acted(event: Any) -> tuple[int, Any]:
        seen.append((f"action {event.action_type}", event.action_information))
        return 0x0000, None

    handlers = [(evt.EVT_N_CREATE, created), (evt.EVT_N_SET, changed), (evt.EVT_N_ACTION, acted)]
    target = Target(MPPS, "1.2.3.4")
    proposals = [Proposal(MPPS), Proposal(COMMITMENT)]
    with pynetdicom_server(handlers) as port, open_association(peer_at(port), proposals) as assoc:
        status = {
            "00400252": {"vr": "CS", "Value": ["IN PROGRESS"]},
            "00100010": {"vr": "PN", "Value": ["山田^太郎"]},
        }
        made = dimse.n_create(assoc, target, status)
        assert (made.status, made.sop_instance_uid) == (0, "1.2.3.4")
        assert made.attributes["00400252"]["Value"] == ["IN PROGRESS"]
        assert dimse.n_set(assoc, target, {"00400252": {"vr": "CS", "Value": ["COMPLETED"]}}).status == 0
        assert dimse.n_set(assoc, target, {"00100020": {"vr": "LO", "Value": ["1"]}}).status == 0x0110
        item = {"00081150": {"vr": "UI", "Value": ["1.2"]}, "00081155": {"vr": "UI", "Value": ["1.3"]}}
        wanted: Attributes = {"00081195": {"vr": "UI", "Value": ["1.9"]}, "00081199": {"vr": "SQ", "Value": [item]}}
        assert dimse.n_action(assoc, Target(COMMITMENT, "1.2.840.10008.1.20.1.1"), 1, wanted).status == 0
        with pytest.raises(dimse.NotOffered):
            dimse.find(assoc, STUDY_ROOT_FIND, study_keys("1.2"))
    assert [name for name, _what in seen] == ["create", "set", "set", "action 1"]
    assert str(seen[0][1].PatientName) == "山田^太郎"
    assert seen[3][1].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.3"


def test_a_search_is_cancelled() -> None:
    asked = threading.Event()

    def found(event: Any) -> Iterator[tuple[int, Any]]:
        for number in range(100000):
            if event.is_cancelled:
                asked.set()
                yield 0xFE00, None
                return
            match = Dataset()
            match.QueryRetrieveLevel, match.StudyInstanceUID = "STUDY", f"1.2.{number}"
            yield 0xFF00, match
            # pynetdicom reads from the network only when it has nothing to send.
            asked.wait(0.005)

    with (
        pynetdicom_server([(evt.EVT_C_FIND, found)]) as port,
        open_association(peer_at(port), [Proposal(STUDY_ROOT_FIND)]) as assoc,
    ):
        answers = dimse.find(assoc, STUDY_ROOT_FIND, study_keys(""))
        assert next(iter(answers)).attributes["0020000D"]["Value"] == ["1.2.0"]
        answers.cancel()
        assert answers.outcome().status == 0xFE00
    assert asked.is_set()
