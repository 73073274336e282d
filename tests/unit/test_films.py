"""Are films that were printed here kept with their pictures, shown, limited in their time, saved and deleted?"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from lumenarc.archive import Archive
from lumenarc.dicom.film import ImageSettings, Printable, read_film
from lumenarc.dicom.film_picture import Box, Page, PrintImage, Tone
from lumenarc.dicom.luts import Lut
from lumenarc.doors.http.app import create_app
from lumenarc.doors.http.context import ServerInfo
from lumenarc.doors.worker import films as films_task
from lumenarc.errors import CommitUnknown, Corrupt, NotFound, Unrenderable
from lumenarc.index import dump
from lumenarc.services import backup, check, film_printer, films, jobs
from lumenarc.services.print_session import Job

CAN = Printable()
HALVES = np.array([[0, 255]], np.uint8)


def page(*boxes: Box, display_format: str = "STANDARD\\1,1") -> Page:
    given: dict[str, Any] = {"20100010": {"vr": "ST", "Value": [display_format]}}
    given |= {"20100050": {"vr": "CS", "Value": ["8INX10IN"]}, "20100060": {"vr": "CS", "Value": ["REPLICATE"]}}
    return Page(read_film(given, CAN)[0], dict(enumerate(boxes, 1)), {2: "Line"})


def grey(tone: Tone | None = None) -> Box:
    return Box(PrintImage(HALVES, 8, 1.0), ImageSettings(), tone or Tone())


def printed(archive: Archive, *pages: Page, uid: str = "1.2.3", session: dict[str, Any] | None = None) -> str:
    """Print, and return the job."""
    printer = film_printer.printer_of(archive)
    printer.dpi = 40
    given = {name: {"vr": "LO", "Value": [value]} for name, value in (session or {}).items()}
    film_printer.keep(archive, printer, Job(uid, "CLIENT", datetime(2026, 1, 2), given, list(pages)))
    return str(films.newest(archive, 1)[1][0].job.pk)


def blobs(archive: Archive) -> list[str]:
    """Return the keys of all blobs."""
    return [key for key in archive.storage.keys("") if not check.is_only_prepared(archive, key)]


def test_a_film_is_kept_with_its_picture(archive: Archive) -> None:
    swapped = Tone(lut=Lut(0, np.array([4095, 0]), 12))
    # "\0" and line breaks are a stranger's; PostgreSQL keeps no "\0".
    session: dict[str, Any] = {"20000050": "La\0bel\n", "20000010": 3, "20000030": "PAPER"}
    job_id = printed(archive, page(grey()), page(grey(swapped)), session=session)
    shown = films.as_json(films.get(archive, job_id))
    assert (shown["label"], shown["copies"], shown["medium"], shown["error"]) == ("Label", 3, "PAPER", "")
    assert (shown["n_images"], shown["job_uid"], shown["calling"]) == (2, "1.2.3", "CLIENT")
    assert [(one["size"], one["width"], one["height"]) for one in shown["films"]] == [("8INX10IN", 320, 400)] * 2
    plain, other = (np.asarray(PIL.Image.open(io.BytesIO(films.picture(archive, job_id, n)))) for n in (1, 2))
    assert (plain[190, 80], plain[190, 240]) == (0, 255)
    assert (other[190, 80], other[190, 240]) == (255, 0)
    assert PIL.Image.open(io.BytesIO(films.preview(archive, job_id, 1))).size == (288, 360)
    assert b"".join(films.pdf(archive, job_id)).count(b"/Type/Page/") == 2


def test_a_job_is_remembered_for_those_who_ask_later(archive: Archive) -> None:
    printed(archive, page(grey()), uid="1.2.9")
    printer = film_printer.printer_of(archive)
    assert printer.earlier("1.2.8") is None
    found = printer.earlier("1.2.9")
    assert found is not None
    assert (found.status, found.info, found.calling) == ("DONE", "NORMAL", "CLIENT")


def test_what_cannot_be_drawn_is_a_failed_job_that_leaves_nothing(archive: Archive) -> None:
    broken = Box(PrintImage(np.array([[300]], np.uint16), 8, 1.0), ImageSettings(), Tone())
    with pytest.raises(Unrenderable):
        printed(archive, page(grey()), page(broken))
    (failed,) = films.newest(archive)[1]
    assert (failed.job.error != "", failed.films) == (True, ())
    assert blobs(archive) == []
    with pytest.raises(NotFound):
        films.pdf(archive, str(failed.job.pk))
    earlier = film_printer.printer_of(archive).earlier("1.2.3")
    assert earlier is not None
    assert earlier.status == "FAILURE"


def test_a_commit_without_an_answer_keeps_the_pictures(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_answer(connection: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("gone"), connection_invalidated=True)

    with monkeypatch.context() as patch:
        patch.setattr(archive.index._writer.dialect, "do_commit", lose_answer)
        with pytest.raises(CommitUnknown):
            printed(archive, page(grey()))
    assert len(blobs(archive)) == 1


def test_films_go_when_their_time_is_over(archive: Archive) -> None:
    old = printed(archive, page(grey()), uid="1.2.1")
    later = archive.now_ms() + 31 * 86_400_000
    archive = dataclasses.replace(archive, now_ms=lambda: later)
    new = printed(archive, page(grey()), uid="1.2.2")
    assert films_task.is_due(archive)
    jobs.enqueue(archive, "films", {}, title="Films")
    running = jobs.claim(archive, ("films",))
    assert running is not None
    assert films_task.run(archive, running) == {"deleted": 1}
    assert not films_task.is_due(archive)
    with pytest.raises(NotFound):
        films.get(archive, old)
    films.delete(archive, new)
    with pytest.raises(NotFound):
        films.delete(archive, new)
    assert blobs(archive) == []


def test_films_are_in_a_backup_and_damaged_ones_are_found(archive: Archive, tmp_path: Path) -> None:
    job_id = printed(archive, page(grey()))
    (film,) = films.get(archive, job_id).films
    done = backup.backup(archive, tmp_path / "copy", lambda _key, _n_bytes: None)
    assert (done.n_instances, done.n_copied, done.failed) == (0, 1, [])
    copied = (tmp_path / "copy/blobs" / f"{film.blob_key}.dcm").read_bytes()
    assert hashlib.sha256(copied).digest() == film.sha256
    (index,) = (tmp_path / "copy").glob("index-*")
    assert [blob.key for blob in dump.blobs(index)] == [film.blob_key]
    assert check.check(archive, repair=True).clean
    path = archive.settings.data / "blobs" / f"{film.blob_key}.dcm"
    path.write_bytes(copied[:-1] + b"x")
    assert [key for key, _sentence in check.check(archive).corrupt] == [film.blob_key]
    with pytest.raises(Corrupt):
        films.picture(archive, job_id, 1)


def test_the_web_gives_and_deletes_films(archive: Archive) -> None:
    job_id = printed(archive, page(grey()), session={"20000050": "Knee"})
    with TestClient(create_app(archive, ServerInfo()), "http://localhost") as client:
        listed = client.get("/api/films").json()
        assert (listed["total"], [job["id"] for job in listed["items"]]) == (1, [job_id])
        assert client.get(f"/api/films/{job_id}").json()["label"] == "Knee"
        document = client.get(f"/api/films/{job_id}/pdf")
        assert (document.headers["content-type"], document.content[:5]) == ("application/pdf", b"%PDF-")
        picture = client.get(f"/api/films/{job_id}/pages/1")
        assert (picture.headers["content-type"], picture.content[1:4]) == ("image/png", b"PNG")
        assert client.get(f"/api/films/{job_id}/pages/1/preview").headers["content-type"] == "image/jpeg"
        for missing in ("/pages/2", "/pages/x", "/pages/2/preview"):
            assert client.get(f"/api/films/{job_id}{missing}").status_code == 404
        assert client.get("/api/films/x").status_code == 404
        assert client.delete(f"/api/films/{job_id}").status_code == 204
        assert client.get("/api/films").json() == {"total": 0, "items": []}
