"""Do printscu and printscp understand DCMTK's print programs and pynetdicom, and one another?"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pydicom
import pynetdicom
import pytest
from corpus import PYDICOM_FILES
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt

from dicom_peers import free_port, running
from print_peers import (
    BOX,
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
from tools import Running, run, serving

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
CT, MR = FILES / "CT_small.dcm", FILES / "MR_small.dcm"


def at(port: int, title: str = "PRINTER") -> tuple[str, str]:
    return "-c", f"{title}@127.0.0.1:{port}"


@contextmanager
def printer(folder: Path, *options: str) -> Iterator[Running]:
    with serving(
        "printscp", "-b", "0", "--dpi", "50", "--format", "PNG", "--directory", folder, "--json", *options
    ) as scp:
        yield scp


def films(folder: Path) -> list[Any]:
    return [np.asarray(PIL.Image.open(path)) for path in sorted(folder.iterdir())]


def test_dcmtk_prints_on_our_printer(tmp_path: Path) -> None:
    """What DCMTK has rendered into its print job stands on the film, pixel by pixel."""
    with printer(tmp_path / "films") as scp:
        spooled = tmp_path / "spool"
        configuration = configured(spooled, scp.port, "PRINTER")
        words = (
            "--magnification",
            "NONE",
            "--layout",
            "1",
            "2",
            "--filmsize",
            "8INX10IN",
            "--border",
            "WHITE",
            "-a",
            "X",
        )
        subprocess.run(["dcmpsprt", "-c", configuration, *words, CT, MR], check=True, cwd=spooled)
        (stored,) = (spooled / "db").glob("SP_*")
        for how in ("--copies=3", "--session-print"):
            command = ["dcmprscu", "-c", str(configuration), *how.split("="), "--label", "Label", str(stored)]
            subprocess.run(command, check=True, cwd=spooled)
        told = [json.loads(line) for line in scp.stop().splitlines()]
    assert [(line["films"], line["images"], line["label"]) for line in told] == [(1, 2, "Label")] * 2
    assert [line.get("copies") for line in told] == [3, None]
    alone, collated = films(tmp_path / "films")
    assert (alone == collated).all()
    assert alone.shape == (500, 400)
    for path in (spooled / "db").glob("HG_*"):
        ds = pydicom.dcmread(path)
        pixels = np.rint(ds.pixel_array / ((1 << ds.BitsStored) - 1) * 255).astype(np.uint8)
        assert contains(alone, pixels)


def test_our_printscu_prints_on_dcmtks_printer(tmp_path: Path) -> None:
    port = free_port()
    configuration = configured(tmp_path / "spool", port, "LOCALPRINTER")
    with running(("dcmprscp", "-c", str(configuration)), port, tmp_path / "log"):
        words = (
            "--layout",
            "1,2",
            "--film-size",
            "8INX10IN",
            "--trim",
            "YES",
            "--plut",
            "IDENTITY",
            "--label",
            "Label",
        )
        ran = run("printscu", *at(port), *words, "--json", CT, MR)
        assert ran.code == 0, ran.err
        assert [(done["films"], done["images"]) for done in ran.objects()] == [(1, 2)]
        status = run("printscu", *at(port), "--json")
        assert status.objects()[0]["21100010"]["Value"] == ["NORMAL"]
        refused = run("printscu", *at(port), "--format", r"STANDARD\9,9", CT)
        assert (refused.code, "film box" in refused.err) == (1, True)
    (stored,) = (tmp_path / "spool" / "db").glob("SP_*")
    ds = pydicom.dcmread(stored)
    box = ds.FilmBoxContentSequence[0]
    assert (box.ImageDisplayFormat, box.FilmSizeID, box.Trim) == (r"STANDARD\1,2", "8INX10IN", "YES")
    assert len(list((tmp_path / "spool" / "db").glob("HG_*"))) == 2
    picture = PIL.Image.open(drawn(tmp_path))
    kept = [pydicom.dcmread(path).pixel_array for path in (tmp_path / "spool" / "db").glob("HG_*")]
    assert any((np.asarray(picture) >> 4 == pixels).all() for pixels in kept if pixels.shape == picture.size[::-1])


def drawn(folder: Path) -> Path:
    """Draw the CT as dcm2jpg does, in 16 bits: what printscu sends is its upper 12."""
    assert run("dcm2jpg", "-F", "PNG", "--bits", "16", CT, folder / "ct.png").code == 0
    return folder / "ct.png"


@dataclass
class Printed:
    """What a pynetdicom printer was asked for."""

    seen: list[tuple[str, str, Dataset | None]] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)

    def create(self, event: Any) -> tuple[int, Dataset]:
        uid, given = event.request.AffectedSOPClassUID, event.attribute_list
        self.seen.append(("create", uid, given))
        answer = Dataset()
        answer.update(given)
        answer.AffectedSOPInstanceUID = generate_uid()
        if uid == FILM:
            answer.ReferencedImageBoxSequence = [Dataset() for _ in range(2)]
            for item in answer.ReferencedImageBoxSequence:
                item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = BOX, generate_uid()
        return self.status.get(uid, 0), answer

    def set(self, event: Any) -> tuple[int, Dataset]:
        self.seen.append(("set", event.request.RequestedSOPClassUID, event.modification_list))
        return self.status.get("set", 0), event.modification_list

    def action(self, event: Any) -> tuple[int, Dataset]:
        self.seen.append(("action", event.request.RequestedSOPClassUID, None))
        answer, item = Dataset(), Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = JOB, "1.2.3.4"
        answer.ReferencedPrintJobSequencePullStoredPrint = [item]
        return 0, answer

    def get(self, event: Any) -> tuple[int, Dataset]:
        answer = Dataset()
        answer.ExecutionStatus = "FAILURE" if self.status.get("job") else "DONE"
        answer.ExecutionStatusInfo = "SUPPLY LOW" if self.status.get("job") else "NORMAL"
        return 0, answer

    def delete(self, event: Any) -> int:
        self.seen.append(("delete", event.request.RequestedSOPClassUID, None))
        return 0


@contextmanager
def pynetdicom_printer(printed: Printed) -> Iterator[int]:
    ae = pynetdicom.AE("PRINTER")
    for uid in (META, COLOR, JOB):
        ae.add_supported_context(uid)
    handlers: list[Any] = [
        (evt.EVT_N_CREATE, printed.create), (evt.EVT_N_SET, printed.set), (evt.EVT_N_ACTION, printed.action),
        (evt.EVT_N_GET, printed.get), (evt.EVT_N_DELETE, printed.delete),
    ]  # fmt: skip
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()


def test_our_printscu_asks_pynetdicom_for_what_the_options_say() -> None:
    printed = Printed()
    with pynetdicom_printer(printed) as port:
        words = (
            "--layout",
            "2,1",
            "--copies",
            "2",
            "--priority",
            "HIGH",
            "--polarity",
            "REVERSE",
            "--image-width",
            "80",
        )
        ran = run("printscu", *at(port), *words, "--bits", "8", "--json", CT, MR, CT)
    assert ran.code == 0, ran.err
    assert [(done["images"], done["status"]) for done in ran.objects()] == [(2, "DONE"), (1, "DONE")]
    assert [step[:2] for step in printed.seen] == [
        ("create", SESSION), ("create", FILM), ("set", BOX), ("set", BOX), ("action", FILM), ("delete", FILM),
        ("create", FILM), ("set", BOX), ("action", FILM), ("delete", FILM), ("delete", SESSION),
    ]  # fmt: skip
    sent = {(verb, uid): ds for verb, uid, ds in printed.seen if ds is not None}
    assert (sent["create", SESSION].NumberOfCopies, sent["create", SESSION].PrintPriority) == (2, "HIGH")
    box = sent["set", BOX]
    item = box.BasicGrayscaleImageSequence[0]
    assert (box.ImageBoxPosition, box.Polarity, box.RequestedImageSize) == (1, "REVERSE", 80)
    assert (item.Rows, item.BitsStored, item.PhotometricInterpretation) == (128, 8, "MONOCHROME2")
    assert len(item.PixelData) == 128 * 128


def test_refusals_and_failures_of_a_printer_are_told() -> None:
    with pynetdicom_printer(Printed(status={"job": 1})) as port:
        ran = run("printscu", *at(port), CT)
        assert (ran.code, "SUPPLY LOW" in ran.err) == (1, True)
    with pynetdicom_printer(Printed(status={"set": 0xC605})) as port:
        ran = run("printscu", *at(port), CT)
        assert (ran.code, "image 1" in ran.err and "C605H" in ran.err) == (1, True)
    with pynetdicom_printer(Printed(status={"set": 0xB604})) as port:
        ran = run("printscu", *at(port), "--json", CT)
        assert (ran.code, "B604H" in ran.objects()[0]["warnings"][0]) == (0, True)
    assert run("printscu", *at(free_port()), CT).code == 3


def test_pynetdicom_prints_on_our_printer(tmp_path: Path) -> None:
    events: list[tuple[int, str]] = []
    done = threading.Event()

    def report(event: Any) -> tuple[int, None]:
        events.append((event.event_type, event.event_information.ExecutionStatus))
        if event.event_type == 3:
            done.set()
        return 0, None

    with printer(tmp_path) as scp:
        ae = pynetdicom.AE("CLIENT")
        ae.add_requested_context(COLOR)
        ae.add_requested_context(JOB)
        assoc: Any = ae.associate("127.0.0.1", scp.port, evt_handlers=[(evt.EVT_N_EVENT_REPORT, report)])
        assert assoc.is_established
        status, found = assoc.send_n_get([0x21100010, 0x21100030], PRINTER, PRINTER_INSTANCE, meta_uid=COLOR)
        assert (status.Status, found.PrinterStatus, len(found)) == (0, "NORMAL", 2)
        given = Dataset()
        given.NumberOfCopies = 1  # pynetdicom announces an empty data set, and never sends it
        session, _ = assoc.send_n_create(given, SESSION, "1.2.3", meta_uid=COLOR)
        assert session.Status == 0
        given = Dataset()
        given.ImageDisplayFormat, given.FilmSizeID = r"STANDARD\1,1", "A4"
        created, film = assoc.send_n_create(given, FILM, "1.2.3.1", meta_uid=COLOR)
        assert created.Status == 0
        reference = film.ReferencedImageBoxSequence[0]
        assert reference.ReferencedSOPClassUID == COLOR_BOX
        status, _ = assoc.send_n_set(red_box(), COLOR_BOX, reference.ReferencedSOPInstanceUID, meta_uid=COLOR)
        assert status.Status == 0
        status, answer = assoc.send_n_action(None, 1, FILM, "1.2.3.1", meta_uid=COLOR)
        assert status.Status == 0
        job = answer.ReferencedPrintJobSequencePullStoredPrint[0].ReferencedSOPInstanceUID
        assert done.wait(60)
        status, found = assoc.send_n_get([0x21000020, 0x21000030], JOB, job)
        assert (status.Status, found.ExecutionStatus) == (0, "DONE")
        assert assoc.send_n_delete(SESSION, "1.2.3", meta_uid=COLOR).Status == 0
        assoc.release()
    assert events == [(2, "PRINTING"), (3, "DONE")]
    (film_picture,) = films(tmp_path)
    assert tuple(film_picture[film_picture.shape[0] // 2, film_picture.shape[1] // 2]) == (255, 0, 0)


def test_our_tools_fit(tmp_path: Path) -> None:
    with serving("printscp", "-b", "PRINTER:0", "--dpi", "50", "--directory", tmp_path, "--json") as scp:
        words = ("--session-print", "--annotation", "Line", "--color", "--format", r"COL\1,2", "--json")
        ran = run("printscu", *at(scp.port), *words, CT, MR, CT, MR)
        assert ran.code == 0, ran.err
        assert [(done["films"], done["images"], done["status"]) for done in ran.objects()] == [(2, 4, "DONE")]
        assert run("printscu", *at(scp.port, "OTHER"), CT).code == 3
        assert run("printscu", *at(scp.port), tmp_path / "missing.dcm").code == 1
        assert run("printscu", *at(scp.port), "--format", "SLIDE", CT).code == 2
    (pdf,) = tmp_path.iterdir()
    assert len(re.findall(rb"/Type ?/Page\b", pdf.read_bytes())) == 2


def test_a_printer_that_cannot_write_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    with printer(folder) as scp:
        folder.rmdir()
        folder.write_text("in the way")
        ran = run("printscu", *at(scp.port), CT)
        assert (ran.code, "CHECK PRINTER" in ran.err) == (1, True)
        folder.unlink()
        assert run("printscu", *at(scp.port), CT).code == 0
