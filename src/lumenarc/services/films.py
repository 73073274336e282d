"""Which films have print clients printed on the archive, what do they look like, and how long do they stay? (PS3.4 H)

`services/film_printer.py` makes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lumenarc.archive import Archive
from lumenarc.dicom import film_pdf
from lumenarc.errors import Corrupt, NotFound
from lumenarc.index import films
from lumenarc.index.films import Film, FilmJob

_MS_PER_DAY = 86_400_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Printed:
    """A print job with its films, in order."""

    job: FilmJob
    films: tuple[Film, ...]


def newest(archive: Archive, limit: int = 100, offset: int = 0) -> tuple[int, list[Printed]]:
    """Return how many jobs there are, and a page of them, the newest first."""
    with archive.index.read() as connection:
        jobs = films.newest(connection, limit, offset)
        found = films.films_of(connection, [job.pk for job in jobs])
        return films.n_jobs(connection), [Printed(job, tuple(found[job.pk])) for job in jobs]


def get(archive: Archive, job_id: str) -> Printed:
    """Return a job; raise NotFound."""
    pk = _pk(job_id)
    with archive.index.read() as connection:
        job = films.get(connection, pk)
        if job is None:
            raise NotFound("There is no such film.")
        return Printed(job, tuple(films.films_of(connection, [pk])[pk]))


def _pk(job_id: str) -> int:
    if not (job_id.isascii() and job_id.isdigit() and len(job_id) < 18):
        raise NotFound("There is no such film.")
    return int(job_id)


def preview(archive: Archive, job_id: str, number: int) -> bytes:
    """Return a small JPEG of a film, numbered from 1; raise NotFound."""
    pk = _pk(job_id)
    with archive.index.read() as connection:
        found = films.preview(connection, pk, number)
    if found is None:
        raise NotFound("There is no such film.")
    return found


def picture(archive: Archive, job_id: str, number: int) -> bytes:
    """Return the PNG of a film, numbered from 1; raise NotFound, Corrupt."""
    for film in get(archive, job_id).films:
        if film.number == number:
            return _png(archive, film)
    raise NotFound("There is no such film.")


def _png(archive: Archive, film: Film) -> bytes:
    with archive.storage.open(film.blob_key) as reader:
        data = reader.read(0, film.n_bytes)
    if hashlib.sha256(data).digest() != film.sha256:
        raise Corrupt("The film does not match its digest.")
    return data


def pdf(archive: Archive, job_id: str) -> Iterator[bytes]:
    """Yield the films of a job as the pages of a PDF; raise NotFound, Corrupt."""
    printed = get(archive, job_id)
    if not printed.films:
        raise NotFound("The print job has no films.")
    pages = (_png(archive, film) for film in printed.films)
    return film_pdf.write(pages, printed.job.label or "Film")


def delete(archive: Archive, job_id: str) -> None:
    """Delete a job with its films for good; raise NotFound.

    The rows go first: a crash between the two leaves blobs without rows, which `check --repair` sets aside.
    """
    pk = _pk(job_id)
    keys = archive.index.write(lambda connection: films.remove(connection, pk))
    if keys is None:
        raise NotFound("There is no such film.")
    for key in keys:
        archive.storage.delete(key)


def expired(archive: Archive) -> list[str]:
    """Return jobs that are older than films are kept, the oldest first; not all of them at once."""
    before = archive.now_ms() - archive.settings.film_retention_days * _MS_PER_DAY
    with archive.index.read() as connection:
        return [str(pk) for pk in films.older_than(connection, before, _AT_ONCE)]


def as_json(printed: Printed) -> dict[str, Any]:
    """Return a job as a plain JSON object; keys of blobs are nobody's business."""
    job = printed.job
    shown: dict[str, Any] = {"id": str(job.pk), "calling": job.calling_aet}
    names = ("job_uid", "label", "medium", "copies", "priority", "error", "n_images", "created_at")
    shown |= {name: getattr(job, name) for name in names}
    of_film = ("number", "size", "width", "height", "dpi", "n_bytes")
    shown["films"] = [{name: getattr(film, name) for name in of_film} for film in printed.films]
    return shown
