"""Do the worklist server and the HL7 tools understand DCMTK's findscu, a hand-made peer, and one another?"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from dicom_peers import free_port
from lumenarc.protocol.hl7.mllp import acknowledged, frame
from tools import run, serving, worklist_item

pytestmark = pytest.mark.conformance
MESSAGE = "MSH|^~\\&|APP|FAC|RCV|HOSP|20260101||ADT^A08|{}|P|2.5\rPID|||4711||Müller^Anna\r"


@pytest.fixture
def worklist(tmp_path: Path) -> Path:
    folder = tmp_path / "worklist"
    folder.mkdir()
    for number, modality in enumerate(("CT", "MR", "CT", "US")):
        (folder / f"{number}.json").write_text(json.dumps(worklist_item(number, modality)))
    assert run("json2dcm", "-j", folder / "3.json", "-o", folder / "3.wl").code == 0
    (folder / "3.json").unlink()
    return folder


def test_dcmtk_asks_our_worklist(worklist: Path) -> None:
    with serving("wlmscp", "-b", "WL:0", "--directory", worklist, "--json") as scp:
        base = ["findscu", "-W", "-aec", "WL", "127.0.0.1", str(scp.port), "-k", "PatientName", "-k", "AccessionNumber"]

        def n_answers(*keys: str) -> int:
            more = [word for key in keys for word in ("-k", key)]
            done = subprocess.run([*base, *more], capture_output=True, check=True)
            return (done.stdout + done.stderr).count(b"PatientName")

        steps = "ScheduledProcedureStepSequence[0]."
        assert n_answers() == 4
        assert n_answers(f"{steps}Modality=CT") == 2
        assert n_answers(f"{steps}Modality=CT", "PatientID=P2") == 1
        assert n_answers("PatientName=DOE*") == 4
        assert n_answers(f"{steps}ScheduledProcedureStepStartDate=20260102-") == 0
        (worklist / "0.json").unlink()
        assert n_answers() == 3
        assert [json.loads(line)["found"] for line in scp.stop().splitlines()] == [4, 2, 1, 4, 0, 3]


def test_answers_hold_what_was_asked_for(worklist: Path) -> None:
    with serving("wlmscp", "-b", "0", "--directory", worklist) as scp:
        there = ("-c", f"WL@127.0.0.1:{scp.port}")
        words = ("-r", "ScheduledProcedureStepSequence.Modality", "-r", "StudyInstanceUID", "-m", "PatientID=P1")
        found = run("findscu", "-M", "MWL", *there, "--json", *words).objects()
        assert found == [
            {
                "00100020": {"vr": "LO", "Value": ["P1"]},
                "0020000D": {"vr": "UI", "Value": ["1.2.1"]},
                "00400100": {"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["MR"]}}]},
            }
        ]
        assert run("findscu", "-M", "StudyRoot", *there).code == 2


def test_hl7_tools_fit(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_text(MESSAGE.format(1).replace("\r", "\n") + MESSAGE.format(2), "utf-8")
    with serving("hl7rcv", "-b", "127.0.0.1:0", "--directory", tmp_path / "got", "--json") as receiver:
        ran = run("hl7snd", "-c", f"127.0.0.1:{receiver.port}", "--json", tmp_path / "a.hl7")
        assert [(each["code"], each["control_id"]) for each in ran.objects()] == [("AA", "1"), ("AA", "2")]
        kept = [path.read_bytes() for path in sorted((tmp_path / "got").iterdir())]
        assert sorted(kept) == [MESSAGE.format(n).encode() for n in (1, 2)]
        with socket.create_connection(("127.0.0.1", receiver.port), 5) as connected:
            connected.sendall(frame(MESSAGE.format(3).encode()))
            assert acknowledged(connected.recv(4096).strip(b"\x0b\x1c\r"))[:2] == ("AA", "3")
    with serving("hl7rcv", "-b", "127.0.0.1:0", "--ignore", "--response", "AE", "--text", "no") as receiver:
        ran = run("hl7snd", "-c", f"127.0.0.1:{receiver.port}", tmp_path / "a.hl7")
        assert (ran.code, ran.err.count("AE no")) == (1, 2)
    assert run("hl7snd", "-c", f"127.0.0.1:{free_port()}", tmp_path / "a.hl7").code == 3


def test_a_peer_that_answers_nothing_or_another_message(tmp_path: Path) -> None:
    (tmp_path / "a.hl7").write_text(MESSAGE.format(1))
    answer = frame(b"MSH|^~\\&|x\rMSA|AA|other\r")
    for said in (answer, b"", b"nonsense"):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve(server: socket.socket = server, said: bytes = said) -> None:
                connected, _ = server.accept()
                with connected:
                    connected.recv(4096)
                    connected.sendall(said)

            thread = threading.Thread(target=serve)
            thread.start()
            ran = run("hl7snd", "-c", f"127.0.0.1:{server.getsockname()[1]}", tmp_path / "a.hl7")
            thread.join()
        assert (ran.code, len(ran.err.splitlines())) == (1, 1)
