"""Are printers administered, and is what shall be printed checked first? (services/printers, print_order)"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pydicom
import pytest
from corpus import PYDICOM_FILES
from starlette.testclient import TestClient

from lumenarc.archive import Archive
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo
from lumenarc.services import ae, jobs, printers, store

CT = PYDICOM_FILES / "test_files" / "CT_small.dcm"
UID = str(pydicom.dcmread(CT).SOPInstanceUID)


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    ae.put(archive, ae.ApplicationEntity("PRINTER", "127.0.0.1", 1, "Reading room"))
    store.store_part10(archive, [CT.read_bytes()], store.Source("SCU", "10.1.2.3"))
    with TestClient(create_app(archive, ServerInfo()), "http://localhost") as opened:
        yield opened


def test_a_device_becomes_a_printer_and_is_one_no_more(client: TestClient, archive: Archive) -> None:
    assert client.get("/api/printers").json() == []
    assert client.put("/api/printers/NOBODY", json={}).status_code == 404
    made = client.put("/api/printers/PRINTER", json={"color": True, "film_sizes": ["A4", "A3"], "media": ["PAPER"]})
    assert made.status_code == 200
    assert made.json() == {
        "title": "PRINTER", "description": "Reading room", "color": True, "presentation_lut": False, "wide": True,
        "film_sizes": ["A4", "A3"], "media": ["PAPER"], "layouts": ["1,1", "1,2", "2,2", "2,3", "3,4", "4,5"],
    }  # fmt: skip
    assert client.put("/api/printers/PRINTER", json={"layouts": ["2,2"]}).json()["color"] is False
    assert [one["layouts"] for one in client.get("/api/printers").json()] == [["2,2"]]
    answer = client.post("/api/printers/PRINTER/test").json()
    assert (answer["ok"], answer["error"] != "") == (False, True)
    assert client.delete("/api/printers/PRINTER").status_code == 204
    assert client.delete("/api/printers/PRINTER").status_code == 404
    assert client.post("/api/printers/PRINTER/test").status_code == 404
    # A device that is forgotten is no printer, either, when another takes its title.
    client.put("/api/printers/PRINTER", json={})
    ae.remove(archive, "PRINTER")
    ae.put(archive, ae.ApplicationEntity("PRINTER", "127.0.0.1", 1))
    assert printers.all_printers(archive) == []


@pytest.mark.parametrize(
    "abilities",
    [{"film_sizes": []}, {"film_sizes": ["HUGE"]}, {"media": ["paper"]}, {"layouts": ["2"]}, {"layouts": ["99,99"]},
     {"layouts": ["0,1"]}, {"media": "PAPER"}, {"layouts": ["1,1"] * 21}],
)  # fmt: skip
def test_abilities_that_are_none(client: TestClient, abilities: dict[str, object]) -> None:
    assert client.put("/api/printers/PRINTER", json=abilities).status_code == 400


def test_what_can_be_printed_becomes_a_job(client: TestClient, archive: Archive) -> None:
    client.put("/api/printers/PRINTER", json={"film_sizes": ["A4", "A3"]})
    image = {"sop_instance_uid": UID, "window": [40, 400], "invert": True}
    order = {"printer": "PRINTER", "images": [image, image], "layout": "2,1", "copies": 2, "landscape": True}
    queued = client.post("/api/print", json=order)
    assert queued.status_code == 202
    (job,) = jobs.open_ones(archive, "print")
    assert (job.id, job.arguments["film_size"], job.arguments["medium"]) == (queued.json()["job"], "A4", "BLUE FILM")
    assert jobs.get(archive, job.id).title == "Print 2 images on PRINTER"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"printer": "NOBODY"}, 404),
        ({"printer": None}, 404),
        ({"images": []}, 400),
        ({"images": [{"sop_instance_uid": UID}] * 1001}, 400),
        ({"images": [{}]}, 400),
        ({"images": [{"sop_instance_uid": "1.2.3"}]}, 404),
        ({"images": [{"sop_instance_uid": UID, "frame": 2}]}, 404),
        ({"images": [{"sop_instance_uid": UID, "window": [1, 0]}]}, 400),
        ({"images": [{"sop_instance_uid": UID, "window": [1e999, 1]}]}, 400),
        ({"images": [{"sop_instance_uid": UID, "window": [1]}]}, 400),
        ({"images": 5}, 400),
        ({"copies": 0}, 400),
        ({"copies": 1e99}, 400),
        ({"priority": "NOW"}, 400),
        ({"layout": "STANDARD"}, 400),
        ({"film_size": "A3"}, 400),
        ({"medium": "GLASS"}, 400),
    ],
)
def test_what_cannot_be_printed_becomes_none(
    client: TestClient, archive: Archive, change: dict[str, object], status: int
) -> None:
    client.put("/api/printers/PRINTER", json={})
    order = {"printer": "PRINTER", "images": [{"sop_instance_uid": UID}]} | change
    assert client.post("/api/print", content=json.dumps(order)).status_code == status
    assert jobs.open_ones(archive, "print") == []
