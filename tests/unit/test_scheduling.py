"""Can people schedule, find, change and remove steps without HL7, and do modalities see it? (/api/worklist, PS3.4 K)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from test_mpps import begun, ended
from web_client import calling

from lumenarc.archive import Archive
from lumenarc.dicom.hl7_patient import entry
from lumenarc.services import mpps, worklist

ITEMS = "/api/worklist"


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    with calling(archive) as opened:
        yield opened


def item(patient_id: str = "4711", **step: str) -> dict[str, Any]:
    tags = {
        "modality": ("00080060", "CS"),
        "date": ("00400002", "DA"),
        "time": ("00400003", "TM"),
        "station": ("00400001", "AE"),
        "step_id": ("00400009", "SH"),
        "state": ("00400020", "CS"),
        "text": ("00400007", "LO"),
    }
    scheduled = {tags[name][0]: entry(tags[name][1], value) for name, value in ({"modality": "CT"} | step).items()}
    return {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Müller^Anna"}]},
        "00100020": entry("LO", patient_id),
        "00100030": entry("DA", "19710405"),
        "00080050": entry("SH", "ACC1"),
        "00400100": {"vr": "SQ", "Value": [scheduled]},
    }


def step(found: dict[str, Any]) -> dict[str, Any]:
    scheduled = found["attributes"]["00400100"]["Value"][0]
    return {name: value["Value"][0] for name, value in scheduled.items() if value.get("Value")}


def listed(client: TestClient, **wanted: str) -> list[str]:
    answer = client.get(ITEMS, params=wanted).json()
    assert answer["total"] >= len(answer["items"])
    return [step(one)["00400009"] for one in answer["items"]]


def test_a_step_is_scheduled_found_changed_and_removed(client: TestClient, archive: Archive) -> None:
    made = client.post(ITEMS, json=item(step_id="S1", date="20260301", time="0915", station="CT1"))
    assert made.status_code == 201
    found = made.json()
    assert (found["state"], step(found)["00400020"]) == ("SCHEDULED", "SCHEDULED")
    assert found["study_uid"].startswith("2.25.") and found["attributes"]["0020000D"]["Value"] == [found["study_uid"]]
    assert client.get(f"{ITEMS}/{found['id']}").json() == found
    # A second step of the order is of the same study, and is told from the first.
    second = client.post(ITEMS, json=item(modality="MR", date="20260228")).json()
    assert (second["study_uid"], step(second)["00400009"]) == (found["study_uid"], "ACC1-2")
    assert client.post(ITEMS, json=item(step_id="S1")).status_code == 400
    assert listed(client) == ["ACC1-2", "S1"]  # by their start
    assert listed(client, text="MÜLLER", modality="CT") == listed(client, station="CT1") == ["S1"]
    assert listed(client, from_date="20260301") == ["S1"] and listed(client, to_date="20260228") == ["ACC1-2"]
    assert listed(client, limit="1", offset="1") == ["S1"]
    assert listed(client, state="STARTED") == [] and client.get(ITEMS, params={"state": "X"}).status_code == 400
    assert len(list(worklist.search(archive, {"00100020": entry("LO", "4711")}, fuzzy=False))) == 2
    changed = {"00321060": entry("LO", "CT Chest"), "00400100": {"vr": "SQ", "Value": [{"00400001": {"vr": "AE"}}]}}
    after = client.put(f"{ITEMS}/{found['id']}", json=changed).json()
    assert "00400001" not in step(after) and after["attributes"]["00321060"]["Value"] == ["CT Chest"]
    assert step(after)["00400002"] == "20260301"
    gone = {"00400100": {"vr": "SQ", "Value": [{"00400020": entry("CS", "CANCELED")}]}}
    assert client.put(f"{ITEMS}/{found['id']}", json=gone).json()["state"] == "CANCELED"
    assert len(list(worklist.search(archive, {"00100020": entry("LO", "4711")}, fuzzy=False))) == 1
    assert client.delete(f"{ITEMS}/{found['id']}").status_code == 204
    assert client.delete(f"{ITEMS}/{found['id']}").status_code == 404
    assert [client.get(f"{ITEMS}/{bad}").status_code for bad in (found["id"], "x", "9" * 30)] == [404] * 3


def test_what_makes_no_item_is_refused(client: TestClient) -> None:
    bad: list[dict[str, Any]] = [
        item(modality=""),
        item(patient_id=""),
        item(date="1.3.2026"),
        item(time="9:15"),
        item(state="DONE"),
        item(station="A\\B"),
        item() | {"00100010": entry("LO", "A\nB")},
        item() | {"0020000D": entry("UI", "1.02")},
        item() | {"0020000D": entry("UI", "1." * 40 + "1")},
        item() | {"00080016": entry("UI", "1.2")},
        item() | {"00080050": {"vr": "SH", "Value": ["A", "B"]}},
        item() | {"00080050": "ACC"},
        item() | {"00400100": {"vr": "SQ", "Value": []}},
        item() | {"00400100": {"vr": "SQ", "Value": [{"00400100": {"vr": "SQ"}}]}},
        {"00100020": entry("LO", "99"), "00400100": item()["00400100"]},
    ]
    assert [client.post(ITEMS, json=one).status_code for one in bad] == [400] * len(bad)
    assert client.get(ITEMS).json() == {"total": 0, "items": []}
    made = client.post(ITEMS, json=item()).json()
    other = client.put(f"{ITEMS}/{made['id']}", json={"00100020": entry("LO", "4712")})
    assert (other.status_code, other.json()["error"]) == (
        400,
        "The patient of a scheduled step does not change; schedule a new one.",
    )


def test_performed_steps_are_listed_with_what_is_missing(client: TestClient, archive: Archive) -> None:
    mpps.create(archive, "CT1", "1.2.3.4", begun("1.2.3"))
    mpps.change(archive, "1.2.3.4", ended("COMPLETED", ("1.2", "1.2.3.1.1")))
    answer = client.get("/api/mpps", params={"state": "COMPLETED", "text": "doe"}).json()
    (one,) = answer["items"]
    assert (answer["total"], one["uid"], one["n_made"], one["n_stored"]) == (1, "1.2.3.4", 1, 0)
    assert (one["state"], one["source_aet"], one["has_study"]) == ("COMPLETED", "CT1", False)
    whole = client.get("/api/mpps/1.2.3.4").json()
    assert whole["missing"] == [{"series_uid": "1.2.3.1", "sop_class_uid": "1.2", "sop_instance_uid": "1.2.3.1.1"}]
    assert client.get("/api/mpps/1.9").status_code == 404
    assert client.get("/api/mpps", params={"state": "IN PROGRESS"}).json() == {"total": 0, "items": []}
