"""Do hl7snd and hl7rcv understand the HL7 libraries of others: hl7apy's server, hl7's client?"""

from __future__ import annotations

from pathlib import Path

import hl7
import pytest
from hl7.client import MLLPClient

import pix_peer
from tools import run, serving

pytestmark = pytest.mark.conformance
FEED = (
    "MSH|^~\\&|APP|FAC|PIX|HOSP|20260101||ADT^A04^ADT_A01|4711|P|2.5\r"
    "EVN||20260101\rPID|1||4711^^^HOSP||DOE^JANE\rPV1||O\r"
)


def test_server_of_hl7apy_takes_ours(tmp_path: Path) -> None:
    (tmp_path / "feed.hl7").write_text(FEED)
    with pix_peer.index() as (port, seen):
        ran = run("hl7snd", "-c", f"127.0.0.1:{port}", "--json", tmp_path / "feed.hl7")
    assert ran.code == 0, ran.err
    assert [(each["code"], each["control_id"]) for each in ran.objects()] == [("AA", "4711")]
    assert [str(message) for message in seen] == [FEED]


def test_client_of_hl7_is_answered(tmp_path: Path) -> None:
    with (
        serving("hl7rcv", "-b", "127.0.0.1:0", "--directory", tmp_path) as receiver,
        MLLPClient("127.0.0.1", receiver.port) as client,
    ):
        answer = hl7.parse(client.send_message(FEED).decode().strip("\x0b\x1c\r") + "\r")
    assert (str(answer["MSA.F1"]), str(answer["MSA.F2"])) == ("AA", "4711")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [FEED.encode()]
