"""Does hl7map say of a message what the archive then does with it, and refuse what the archive refuses?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lumenarc.archive import Archive, open_archive
from lumenarc.cli.hl7map import effect
from lumenarc.config import load
from lumenarc.doors.hl7.answer import SERIES, answer
from lumenarc.metrics import Table
from lumenarc.protocol.hl7.mllp import acknowledged
from lumenarc.services import worklist
from tools import run

METER = Table(SERIES).meter()
PID = "PID|1||4711^^^HOSP||Müller^Anna||19710405|F"
ORC = "ORC|NW|PL1|FI1||||^^^20260301091500^^S"
OBR = "OBR|1|PL1|FI1|CT1^CT Chest^LOCAL^PC1^Chest low dose^LOCAL|||||||||Allergic|||99^Req^Doc||ACC1|RP1|SPS1||||CT"
REFUSED = {
    "no patient": ("ADT^A08", "PID|1"),
    "no type": ("XXX^A08", PID),
    "no event": ("ADT^Z99", PID),
    "no order": ("ORM^O01", PID),
    "no number": ("ORM^O01", PID, "ORC|NW"),
    "no control code": ("ORM^O01", PID, "ORC|ZZ|PL1"),
    "nobody merged": ("ADT^A40", PID, "MRG|"),
}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(load(data=tmp_path / "data", min_free_bytes=0))
    yield opened
    opened.close()


def written(kind: str, *segments: str) -> bytes:
    msh = f"MSH|^~\\&|RIS|HOSP|LUMENARC|HOSP|20260101||{kind}|C1|P|2.5||||||UNICODE UTF-8"
    return "".join(f"{segment}\r" for segment in (msh, *segments)).encode()


def test_an_order_becomes_the_item_that_was_told(archive: Archive) -> None:
    message = written("ORM^O01", PID, ORC, OBR)
    told, refusal = effect(message)
    assert not refusal
    assert acknowledged(answer(archive, METER, message, "h"))[0] == "AA"
    (step,), (patient,) = told["steps"], told["patients"]
    whole = step["set"] | patient["set"] | {"00080050": {"vr": "SH", "Value": ["ACC1"]}}
    asked = {tag: {"vr": entry["vr"]} for tag, entry in whole.items()}
    inner = {tag: {"vr": entry["vr"]} for tag, entry in step["step_set"].items()}
    (item,) = worklist.search(archive, asked | {"00400100": {"vr": "SQ", "Value": [inner]}}, fuzzy=False)
    assert {"00100010", "00100020", "00321060", "00080050"} <= set(whole)
    assert {tag: item[tag] for tag in whole} == whole
    assert item["00400100"]["Value"][0] == step["step_set"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_archive_refuses_is_refused(archive: Archive, name: str) -> None:
    message = written(*REFUSED[name])
    code, _, text = acknowledged(answer(archive, METER, message, "h"))
    assert code in ("AE", "AR")
    assert effect(message) == ({}, f"{code} {text}")


def test_patients_are_changed_merged_and_renumbered(tmp_path: Path) -> None:
    merge = written("ADT^A40", PID, "MRG|12^^^HOSP", "PID|1||4712", "MRG|13")
    merged = effect(merge)[0]["patients"]
    assert [one["merged_from"]["00100020"]["Value"] for one in merged] == [["12"], ["13"]]
    assert [one["set"]["00100020"]["Value"] for one in merged] == [["4711"], ["4712"]]
    (renumbered,) = effect(written("ADT^A47", PID, "MRG|12"))[0]["patients"]
    assert renumbered["renumbered_from"]["00100020"]["Value"] == ["12"]
    (changed,) = effect(written("ADT^A08", 'PID|1||4711||""||19710405'))[0]["patients"]
    assert (changed["removed"], changed["set"]["00100030"]["Value"]) == (["00100010"], ["19710405"])
    file = tmp_path / "a.hl7"
    file.write_bytes(merge + written("ADT^Z99", PID))
    ran = run("hl7map", file)
    assert ran.code == 1
    assert ran.err.splitlines() == [f"lumenarc hl7map: {file}:2: AR This event is not understood here."]
    lines = ran.out.splitlines()
    assert lines[0] == f"{file}:1: ADT^A40"
    assert "    PatientID = 4711" in lines
    assert lines.count("    takes over what belongs to") == 2
    assert run("hl7map", "--json", file).objects()[0]["patients"] == merged
    assert run("hl7map", stdin=b"").code == 2
    assert run("hl7map", tmp_path / "none.hl7").code == 1
