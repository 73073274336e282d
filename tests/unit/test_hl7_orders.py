"""Do orders schedule what modalities then find, and do changes, cancellations and merges reach it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.doors.hl7.answer import SERIES, answer
from lumenarc.metrics import Table
from lumenarc.protocol.hl7.mllp import acknowledged
from lumenarc.services import worklist

METER = Table(SERIES).meter()
PID = "PID|1||4711^^^HOSP||Müller^Anna||19710405|F"
PV1 = "PV1|1|I|WARD^^^MAIN|||||77^House^Greg^^^Dr|||||||||||V100"
ORC = "ORC|{}|PL1|FI1||{}||^^^20260301091500^^S"
OBR = "OBR|1|PL1|FI1|CT1^CT Chest^LOCAL^PC1^Chest low dose^LOCAL|||||||||Allergic|||99^Req^Doc||ACC1|RP1|SPS1||||CT"
OMI = (
    "OBR|1|PL2|FI2|MR1^MR Head^LOCAL||||||||||||99^Req^Doc",
    "IPC|ACC2|RP2|1.2.3.4|A1|MR|P1^T1^LOCAL|ST1|ROOM|MRAET",
    "IPC|ACC2|RP2|1.2.3.4|A2|MR|P2^T2^LOCAL|ST1|ROOM|MRAET",
)


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    opened = open_archive(settings)
    yield opened
    opened.close()


def send(archive: Archive, kind: str, *segments: str) -> tuple[str, str]:
    msh = f"MSH|^~\\&|RIS|HOSP|LUMENARC|HOSP|20260101||{kind}|C1|P|2.5||||||UNICODE UTF-8"
    data = "".join(f"{segment}\r" for segment in (msh, *segments)).encode()
    code, _, text = acknowledged(answer(archive, METER, data, "127.0.0.1"))
    return code, text


def found(archive: Archive, **keys: str) -> list[dict[str, Any]]:
    """Ask as a modality does; return the answers with the step laid flat."""
    tags = {"modality": "00080060", "station": "00400001", "date": "00400002"}
    names = "00400001 00400002 00400003 00400007 00400008 00400009 00400010 00400011 00080060".split()
    step = {name: {"vr": "SH"} for name in names}
    for key, value in keys.items():
        vr = {"modality": "CS", "station": "AE", "date": "DA"}[key]
        step[tags[key]] = {"vr": vr, "Value": [value]}  # type: ignore[dict-item]
    identifier: dict[str, dict[str, Any]] = {"00400100": {"vr": "SQ", "Value": [step]}}
    wanted = "00080050 00080090 00100010 00100020 00102000 0020000D 00321032 00321060 00380010 00401001 00401003"
    for name in wanted.split():
        identifier[name] = {"vr": "LO"}
    answers = []
    for row in worklist.search(archive, identifier, fuzzy=False):
        whole = row | row["00400100"]["Value"][0]
        answers.append({name: (entry.get("Value") or [None])[0] for name, entry in whole.items()})
    return answers


def test_an_order_is_scheduled_changed_and_cancelled(archive: Archive) -> None:
    assert send(archive, "ORM^O01", PID, PV1, ORC.format("NW", "SC"), OBR, "ZDS|1.2.3^APP^APP^DICOM") == ("AA", "")
    (item,) = found(archive)
    assert item["00100010"] == {"Alphabetic": "Müller^Anna"}
    assert (item["0020000D"], item["00080050"], item["00401001"], item["00400009"]) == ("1.2.3", "ACC1", "RP1", "SPS1")
    assert (item["00400002"], item["00400003"], item["00080060"]) == ("20260301", "091500", "CT")
    assert (item["00321060"], item["00400007"], item["00401003"]) == ("CT Chest", "Chest low dose", "STAT")
    assert item["00400008"]["00080100"]["Value"] == ["PC1"]
    assert item["00321032"] == {"Alphabetic": "Req^Doc"}
    assert item["00080090"] == {"Alphabetic": "House^Greg^^Dr"}
    assert (item["00380010"], item["00102000"]) == ("V100", "Allergic")
    later = ORC.replace("20260301", "20260302")
    assert send(archive, "ORM^O01", PID, later.format("XO", ""), OBR) == ("AA", "")
    (item,) = found(archive)
    assert (item["00400002"], item["0020000D"]) == ("20260302", "1.2.3")  # the study stays the same
    assert send(archive, "ORM^O01", PID, ORC.format("CA", "CA"), "OBR|1|PL1|FI1|CT1") == ("AA", "")
    assert found(archive) == []
    assert send(archive, "ORM^O01", PID, ORC.replace("FI1", "FI9").format("CA", "CA")) == (
        "AE", "There is no such order.",
    )  # fmt: skip


def test_an_imaging_order_has_several_steps(archive: Archive) -> None:
    tq1 = "TQ1|1||||||20260401101500||R"
    assert send(archive, "OMI^O23", PID, PV1, "ORC|NW|PL2|FI2||SC", tq1, *OMI) == ("AA", "")
    items = found(archive)
    assert [item["00400009"] for item in items] == ["A1", "A2"]
    assert {item["0020000D"] for item in items} == {"1.2.3.4"}
    assert items[1]["00400001"] == "MRAET" and items[1]["00400010"] == "ST1" and items[1]["00400002"] == "20260401"
    assert len(found(archive, modality="MR", station="MRAET", date="20260401")) == 2
    assert found(archive, modality="CT") == found(archive, date="20260402-") == []
    # One step is done, the other goes on.
    assert send(archive, "OMI^O23", PID, "ORC|SC|PL2|FI2||CM", OMI[0], OMI[1]) == ("AA", "")
    assert [item["00400009"] for item in found(archive)] == ["A2"]


def test_an_order_that_says_little(archive: Archive) -> None:
    assert send(archive, "OMG^O19", PID, "ORC|NW|PL3", "OBR|1|PL3||US1^US^LOCAL") == ("AA", "")
    (item,) = found(archive)
    assert item["0020000D"].startswith("2.25.") and item["00400002"] and item["00400009"]
    assert send(archive, "OMG^O19", PID, "ORC|NW|PL3", "OBR|1|PL3||US1^US^LOCAL") == ("AA", "")
    assert [one["0020000D"] for one in found(archive)] == [item["0020000D"]]
    assert send(archive, "OMG^O19", PID)[0] == "AE"
    assert send(archive, "OMG^O19", PID, "ORC|NW")[0] == "AE"
    assert send(archive, "OMG^O19", PID, "ORC|ZZ|PL3", "OBR|1|PL3")[0] == "AR"
    assert send(archive, "ORM^O01", PID, "ORC|NW|PL4", "OBR|1|PL4", "ZDS|not a uid")[0] == "AE"
    assert len(found(archive)) == 1


def test_the_worklist_follows_its_patient(archive: Archive) -> None:
    assert send(archive, "OMI^O23", PID, "ORC|NW|PL2|FI2||SC", *OMI[:2]) == ("AA", "")
    assert send(archive, "ADT^A08", PID.replace("Müller", "Maier")) == ("AA", "")
    assert found(archive)[0]["00100010"] == {"Alphabetic": "Maier^Anna"}
    assert send(archive, "ADT^A40", PID.replace("4711", "5000"), "MRG|4711^^^HOSP") == ("AA", "")
    assert found(archive)[0]["00100020"] == "5000"
