"""Do print clients of others find a printer in the archive, and is what they print kept? (PS3.4 Annex H)"""

from __future__ import annotations

import io
import json
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pynetdicom import evt

from print_peers import (
    COLOR,
    COLOR_BOX,
    FILM,
    JOB,
    META,
    PRINTER,
    PRINTER_INSTANCE,
    SESSION,
    configured,
    contains,
    red_box,
)
from served import Served

pytestmark = pytest.mark.conformance
CT, MR = (PYDICOM_FILES / "test_files" / name for name in ("CT_small.dcm", "MR_small.dcm"))


def asked(served: Served, path: str) -> Any:
    with urllib.request.urlopen(served.http + path) as answer:
        return json.load(answer)


def film(served: Served, path: str) -> Any:
    with urllib.request.urlopen(served.http + path) as answer:
        return np.asarray(PIL.Image.open(io.BytesIO(answer.read())))


def test_dcmtk_prints_on_the_archive(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    """What DCMTK has rendered into its print job stands on the film that the archive keeps, pixel by pixel."""
    served = archive_server(environment={"LUMENARC_FILM_DPI": "50"})
    spooled = tmp_path / "spool"
    configuration = configured(spooled, served.dicom_port, "PRINTER", "LUMENARC")
    words = ("--magnification", "NONE", "--layout", "1", "2", "--filmsize", "8INX10IN")
    subprocess.run(["dcmpsprt", "-c", configuration, *words, CT, MR], check=True, cwd=spooled)
    (stored,) = (spooled / "db").glob("SP_*")
    for how in ("--copies=3", "--session-print"):
        command = ["dcmprscu", "-c", str(configuration), *how.split("="), "--label", "Label", str(stored)]
        subprocess.run(command, check=True, cwd=spooled)
    found = asked(served, "api/films")
    assert [(job["calling"], job["label"], job["n_images"], job["error"]) for job in found["items"]] == [
        ("DCMPSTATE", "Label", 2, "")
    ] * 2
    assert [job["copies"] for job in found["items"]] == [1, 3]
    pages = [film(served, f"api/films/{job['id']}/pages/1") for job in found["items"]]
    assert (pages[0] == pages[1]).all()
    assert pages[0].shape == (500, 400)
    for path in (spooled / "db").glob("HG_*"):
        ds = pydicom.dcmread(path)
        assert contains(pages[0], np.rint(ds.pixel_array / ((1 << ds.BitsStored) - 1) * 255).astype(np.uint8))


class Client:
    """A pynetdicom print client that hears what the printer reports."""

    def __init__(self, served: Served) -> None:
        self.events: list[tuple[int, str]] = []
        self.done = threading.Event()
        ae = pynetdicom.AE("CLIENT")
        for uid in (COLOR, META, JOB):
            ae.add_requested_context(uid)
        handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, self.report)]
        self.assoc: Any = ae.associate(
            "127.0.0.1", served.dicom_port, ae_title="LUMENARC", evt_handlers=handlers, max_pdu=1 << 20
        )
        assert self.assoc.is_established

    def report(self, event: Any) -> tuple[int, None]:
        self.events.append((event.event_type, event.event_information.ExecutionStatus))
        if event.event_type in (3, 4):
            self.done.set()
        return 0, None

    def make(self, class_uid: str, uid: str, meta: str = COLOR, **values: Any) -> tuple[int, Dataset]:
        given = Dataset()
        for keyword, value in values.items():
            setattr(given, keyword, value)
        status, made = self.assoc.send_n_create(given, class_uid, uid, meta_uid=meta)
        return status.Status, made


def test_a_job_is_told_of_and_remembered(archive_server: Callable[..., Served], tmp_path: Path) -> None:
    served = archive_server(environment={"LUMENARC_FILM_DPI": "50"}, data=tmp_path / "data")
    client = Client(served)
    status, found = client.assoc.send_n_get([0x21100010, 0x21100030], PRINTER, PRINTER_INSTANCE, meta_uid=COLOR)
    assert (status.Status, found.PrinterStatus, found.PrinterName) == (0, "NORMAL", "LUMENARC")
    assert client.make(SESSION, "1.2.3", NumberOfCopies=1)[0] == 0
    code, made = client.make(FILM, "1.2.3.1", ImageDisplayFormat=r"STANDARD\1,1", FilmSizeID="A4")
    assert code == 0
    reference = made.ReferencedImageBoxSequence[0].ReferencedSOPInstanceUID
    assert client.assoc.send_n_set(red_box(), COLOR_BOX, reference, meta_uid=COLOR)[0].Status == 0
    status, answer = client.assoc.send_n_action(None, 1, FILM, "1.2.3.1", meta_uid=COLOR)
    assert status.Status == 0
    job = answer.ReferencedPrintJobSequencePullStoredPrint[0].ReferencedSOPInstanceUID
    assert client.done.wait(120)
    assert client.events == [(2, "PRINTING"), (3, "DONE")]
    client.assoc.release()
    served.stop()
    again = archive_server(data=tmp_path / "data")
    (kept,) = asked(again, "api/films")["items"]
    assert (kept["job_uid"], kept["films"][0]["size"]) == (job, "A4")
    page = film(again, f"api/films/{kept['id']}/pages/1")
    assert tuple(page[page.shape[0] // 2, page.shape[1] // 2]) == (255, 0, 0)
    later = Client(again)
    status, found = later.assoc.send_n_get([0x21000020, 0x21000070], JOB, job)
    assert (status.Status, found.ExecutionStatus, found.Originator) == (0, "DONE", "CLIENT")
    later.assoc.release()


def test_hostile_and_unwelcome_clients(archive_server: Callable[..., Served]) -> None:
    """An image beyond the limit is refused and the association lives; a bomb of films has an end; a setting closes."""
    served = archive_server(environment={"LUMENARC_MAX_FILM_IMAGE_BYTES": str(1 << 20)})
    client = Client(served)
    assert client.make(SESSION, "1.2.3", meta=META, NumberOfCopies=1)[0] == 0
    code, made = client.make(FILM, "1.2.3.1", META, ImageDisplayFormat=r"STANDARD\1,1")
    assert code == 0
    box, item = Dataset(), Dataset()
    item.SamplesPerPixel, item.PhotometricInterpretation, item.Rows, item.Columns = 1, "MONOCHROME2", 2000, 2000
    item.BitsAllocated, item.BitsStored, item.HighBit, item.PixelRepresentation = 8, 8, 7, 0
    item.PixelData = bytes(2000 * 2000)
    item["PixelData"].VR = "OB"
    box.ImageBoxPosition, box.BasicGrayscaleImageSequence = 1, [item]
    reference = made.ReferencedImageBoxSequence[0]
    where = (reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID)
    assert client.assoc.send_n_set(box, *where, meta_uid=META)[0].Status == 0xC003
    statuses = {client.make(FILM, f"1.2.4.{n}", META, ImageDisplayFormat=r"STANDARD\1,1")[0] for n in range(260)}
    assert statuses == {0, 0xC605}
    client.assoc.abort()
    assert asked(served, "api/films")["total"] == 0
    closed = archive_server(environment={"LUMENARC_FILM_SERVICE": "false"})
    ae = pynetdicom.AE("CLIENT")
    ae.add_requested_context(META)
    ae.add_requested_context("1.2.840.10008.1.1")
    assoc: Any = ae.associate("127.0.0.1", closed.dicom_port, ae_title="LUMENARC")
    assert [context.abstract_syntax for context in assoc.accepted_contexts] == ["1.2.840.10008.1.1"]
    assoc.release()
