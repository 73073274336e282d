"""Is the HL7 port of the running archive what other systems' senders expect, and does it bear what is hostile?"""

from __future__ import annotations

import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus import PYDICOM_FILES
from hl7.client import MLLPClient
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from lumenarc.protocol.hl7.mllp import Unframer, acknowledged, frame
from served import Served
from tools import run

pytestmark = pytest.mark.conformance
Start = Callable[..., Served]
CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"
CT_STUDY = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"


def adt(trigger: str, *segments: str, control_id: str = "4711") -> bytes:
    structure = {"A04": "ADT_A01", "A08": "ADT_A01", "A40": "ADT_A39"}.get(trigger, "")
    msh = f"MSH|^~\\&|HIS|HOSP|LUMENARC|HOSP|20260101101010||ADT^{trigger}^{structure}|{control_id}|P|2.5"
    return "".join(f"{segment}\r" for segment in (f"{msh}||||||UNICODE UTF-8", *segments)).encode()


def asked(served: Served, message: bytes) -> bytes:
    """Send by the client of another library."""
    with MLLPClient("127.0.0.1", served.hl7_port) as client:
        answer: bytes = client.send_message(message)
    return answer.strip(b"\x0b\x1c\r") + b"\r"


def name_of(served: Served, study: str) -> str:
    found = run("qido", "--url", f"{served.http}dicom-web", "-m", f"StudyInstanceUID={study}", "--json").objects()
    return str(found[0]["00100010"]["Value"][0]["Alphabetic"])


@pytest.mark.parametrize("n_workers", ["1", "2"])
def test_an_update_is_taken_and_seen(archive_server: Start, n_workers: str) -> None:
    served = archive_server("--workers", n_workers)
    assert run("storescu", "-c", f"LUMENARC@127.0.0.1:{served.dicom_port}", CT).code == 0
    answer = asked(served, adt("A08", "EVN|A08|20260101", "PID|1||1CT1^^^HOSP||Müller^Änne||19710405|F", "PV1||I"))
    assert acknowledged(answer) == ("AA", "4711", "")
    parsed: Any = parse_message(answer.decode(), validation_level=VALIDATION_LEVEL.STRICT, find_groups=False)
    assert parsed.msa.msa_2.value == "4711"
    assert parsed.msh.msh_5.value == "HIS"
    assert name_of(served, CT_STUDY) == "Müller^Änne"
    refused = asked(served, adt("A40", "EVN|A40|20260101", "PID|1||1CT1||X", "MRG|1CT1"))
    assert acknowledged(refused)[0] == "AR"
    assert parse_message(refused.decode(), validation_level=VALIDATION_LEVEL.STRICT, find_groups=False).err
    with urllib.request.urlopen(f"{served.http}metrics", timeout=20) as figures:
        assert b'lumenarc_hl7_seconds_count{outcome="AA"} 1.0' in figures.read()
    # One that just keeps its connection open does not hold the server up.
    with socket.create_connection(("127.0.0.1", served.hl7_port), 10):
        served.stop()


def test_our_own_sender_is_answered(archive_server: Start, tmp_path: Path) -> None:
    served = archive_server()
    (tmp_path / "a.hl7").write_bytes(adt("A04", "PID|1||1||A") + adt("A04", "PID|1||2||B", control_id="2"))
    there = f"127.0.0.1:{served.hl7_port}"
    assert [one["code"] for one in run("hl7snd", "-c", there, "--json", tmp_path / "a.hl7").objects()] == ["AA", "AA"]
    (tmp_path / "b.hl7").write_bytes(adt("Z99", "PID|1||1||A"))
    assert run("hl7snd", "-c", there, tmp_path / "b.hl7").code == 1


def test_what_is_hostile_ends_its_own_connection(archive_server: Start) -> None:
    served = archive_server(environment={"LUMENARC_MAX_HL7_CONNECTIONS": "4", "LUMENARC_DIMSE_TIMEOUT_S": "1.5"})
    place = ("127.0.0.1", served.hl7_port)
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x0bPID|no header\x1c\r", b"\x0b\x1c\r", b"\x0b" + b"x" * (17 << 20)):
        with socket.create_connection(place, 20) as connected:
            try:
                connected.sendall(said)
                assert connected.recv(100) == b""
            except (BrokenPipeError, ConnectionResetError):
                pass
    with socket.create_connection(place, 20) as trickling:
        trickling.sendall(b"\x0bMSH|^~\\&|")  # and nothing more: cut after the time of a message
        assert trickling.recv(100) == b""
    deep = b"PID|1||" + b"^" * 500_000 + b"~" * 500_000 + b"||A"
    many = b"\r".join([b"NTE|1"] * 20_000)
    for segments in (deep, many):
        answer = b""
        with socket.create_connection(place, 20) as connected:
            connected.sendall(frame(adt("A08") + segments))
            answer = connected.recv(1000)
        assert not answer or acknowledged(answer.strip(b"\x0b\x1c\r"))[0] == "AE"
    held = [socket.create_connection(place, 20) for _ in range(4)]
    with socket.create_connection(place, 20) as fifth:
        assert fifth.recv(1) == b""
    for connected in held:
        connected.close()
    for _ in range(200):  # until the closed ones are gone
        with socket.create_connection(place, 20) as again:
            try:
                again.sendall(frame(adt("A04", "PID|1||1||A")))
                answer = again.recv(1000)
            except ConnectionError:
                continue
        if answer:
            break
    assert acknowledged(answer.strip(b"\x0b\x1c\r"))[0] == "AA"


def test_several_senders_at_once(archive_server: Start) -> None:
    served = archive_server()
    codes: list[str] = []

    def sender(first: int) -> None:
        with socket.create_connection(("127.0.0.1", served.hl7_port), 60) as connected:
            # All at once, without waiting for a single answer.
            messages = [adt("A04", f"PID|1||P{number}||N{number}") for number in range(first, first + 20)]
            connected.sendall(b"".join(map(frame, messages)))
            unframer, answers = Unframer(), list[bytes]()
            while len(answers) < 20:
                answers += unframer.feed(connected.recv(1 << 16))
            codes.extend(acknowledged(answer)[0] for answer in answers)

    threads = [threading.Thread(target=sender, args=(first,)) for first in (0, 10, 100, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["AA"] * 80


def test_dcmtk_finds_what_was_ordered(archive_server: Start) -> None:
    served = archive_server()
    kind = adt("A04").replace(b"ADT^A04^ADT_A01", b"OMI^O23^OMI_O23")
    order = "PID|1||4711^^^HOSP||Müller^Anna||19710405|F\rORC|NW|PL|FI||SC||^^^20260301091500\rOBR|1|PL|FI|C^CT^L\r"
    steps = "".join(f"IPC|ACC|RP|1.2.3|S{n}|{modality}|||ROOM|AET\r" for n, modality in ((1, "CT"), (2, "MR")))
    assert acknowledged(asked(served, kind + (order + steps).encode()))[0] == "AA"
    base = ["findscu", "-W", "-aec", "LUMENARC", "127.0.0.1", str(served.dicom_port), "-k", "PatientName"]

    def n_answers(*keys: str) -> int:
        more = [word for key in keys for word in ("-k", key)]
        done = subprocess.run([*base, *more], capture_output=True, check=True)
        return (done.stdout + done.stderr).count(b"PatientName")

    step = "ScheduledProcedureStepSequence[0]."
    assert n_answers() == 2
    assert n_answers(f"{step}Modality=MR", "PatientID=4711") == 1
    assert n_answers(f"{step}ScheduledProcedureStepStartDate=20260302-") == 0
    assert n_answers("PatientName=M*", f"{step}ScheduledStationAETitle=AET") == 2
