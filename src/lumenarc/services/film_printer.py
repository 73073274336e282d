"""How does the archive print? It draws each film, keeps the picture, and says that the job is done (PS3.4 H.4.5).

A decoding process draws a film into a PNG, which is kept as a blob; the row of the print job is written when all its
films are safe, and only then the client hears that it is done. A job that failed is kept without films.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from lumenarc.archive import Archive
from lumenarc.dicom.film import Printable, first
from lumenarc.errors import CommitUnknown, LumenarcError
from lumenarc.imaging.film import packed
from lumenarc.index import films
from lumenarc.index.films import Film, FilmJob
from lumenarc.services.assemble import new_uid
from lumenarc.services.print_session import Job, Printer
from lumenarc.services.printing import PrintService

_MAX_COPIES = 9999


def open_printer(archive: Archive) -> PrintService:
    """Return the archive as a printer of any number of associations."""
    printer = printer_of(archive)
    return PrintService(printer, lambda job: keep(archive, printer, job))


def printer_of(archive: Archive) -> Printer:
    """Return the archive as a printer."""
    settings = archive.settings

    def now() -> datetime:
        return datetime.fromtimestamp(archive.now_ms() / 1000)

    def earlier(uid: str) -> Job | None:
        with archive.index.read() as connection:
            known = films.by_uid(connection, uid)
        if known is None:
            return None
        session = {"20000020": {"vr": "CS", "Value": [known.priority]}}
        created = datetime.fromtimestamp(known.created_at / 1000)
        state = ("FAILURE", "CHECK PRINTER") if known.error else ("DONE", "NORMAL")
        return Job(known.job_uid, known.calling_aet, created, session, [], *state)

    printer = Printer(settings.aet, Printable(size=settings.film_size), now, new_uid, settings.film_dpi)
    printer.description = {
        "00080070": {"vr": "LO", "Value": ["Lumenarc"]},
        "00081090": {"vr": "LO", "Value": ["Lumenarc"]},
    }
    printer.earlier = earlier
    return printer


def keep(archive: Archive, printer: Printer, job: Job) -> None:
    """Draw the films of a job and keep them; a failure is kept, too, and raised."""
    done: list[tuple[Film, bytes]] = []
    n_images = sum(len(page.boxes) for page in job.pages)
    try:
        for number, page in enumerate(job.pages, 1):
            dpi = printer.resolution(page.settings)
            drawn = archive.imaging.film(packed(page, dpi, printer.can))
            key, sha256 = _written(archive, drawn.png)
            size = (page.settings.size, drawn.width, drawn.height, dpi)
            done.append((Film(number, *size, key, len(drawn.png), sha256), drawn.preview))
        _insert(archive, _row(archive, job, n_images, ""), done)
    except CommitUnknown:
        raise  # the row may be there, and needs its pictures; `check --repair` sets aside what has none
    except LumenarcError as error:
        for film, _preview in done:
            archive.storage.delete(film.blob_key)
        _insert(archive, _row(archive, job, n_images, str(error)), [])
        raise


def _written(archive: Archive, data: bytes) -> tuple[str, bytes]:
    blob = archive.storage.create()
    try:
        blob.write(data)
        blob.commit()
    except BaseException:
        blob.abort()
        raise
    return blob.key, hashlib.sha256(data).digest()


def _insert(archive: Archive, row: FilmJob, done: list[tuple[Film, bytes]]) -> None:
    archive.index.write(lambda connection: films.add(connection, row, done))


def _row(archive: Archive, job: Job, n_images: int, error: str) -> FilmJob:
    """Describe a job by the attributes of its film session, which a stranger has written."""
    label, medium, priority = (_text(job, name) for name in ("20000050", "20000030", "20000020"))
    copies = first(job.session, "20000010")
    n_copies = copies if isinstance(copies, int) and 0 < copies <= _MAX_COPIES else 1
    words = (label, medium, n_copies, priority or "MED", error[:300], n_images)
    return FilmJob(0, job.uid, job.calling, *words, archive.now_ms())


def _text(job: Job, name: str) -> str:
    return "".join(character for character in str(first(job.session, name)) if character.isprintable())[:64]
