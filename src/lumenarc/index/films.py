"""Where the films are kept that were printed on the archive: print jobs, and the pictures of their films (PS3.4 H)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, select

from lumenarc.index.schema import film, film_job


@dataclass(frozen=True, slots=True)
class Film:
    """One film: its size as print management names it, in dots, and where its PNG lies."""

    number: int
    size: str
    width: int
    height: int
    dpi: int
    blob_key: str
    n_bytes: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class FilmJob:
    """One print job; `error` is "" when its films are there; `created_at` in ms since the epoch."""

    pk: int
    job_uid: str
    calling_aet: str
    label: str
    medium: str
    copies: int
    priority: str
    error: str
    n_images: int
    created_at: int


_JOB = tuple(film_job.c[name] for name in FilmJob.__slots__)
_FILM = tuple(film.c[name] for name in Film.__slots__)


def add(connection: Connection, job: FilmJob, films: Sequence[tuple[Film, bytes]]) -> int:
    """Insert a job with its films and their previews; `pk` is given by the database and returned."""
    values = {name: value for name, value in asdict(job).items() if name != "pk"}
    pk = int(connection.execute(film_job.insert().values(**values).returning(film_job.c.pk)).scalar_one())
    if films:
        rows = [asdict(one) | {"film_job_fk": pk, "preview": preview} for one, preview in films]
        connection.execute(film.insert(), rows)
    return pk


def n_jobs(connection: Connection) -> int:
    """Count the jobs."""
    return connection.execute(select(func.count()).select_from(film_job)).scalar_one()


def newest(connection: Connection, limit: int, offset: int) -> list[FilmJob]:
    """Return a page of jobs, the newest first."""
    query = select(*_JOB).order_by(film_job.c.pk.desc()).limit(limit).offset(offset)
    return [FilmJob(*row) for row in connection.execute(query)]


def get(connection: Connection, pk: int) -> FilmJob | None:
    """Return a job, or None."""
    row = connection.execute(select(*_JOB).where(film_job.c.pk == pk)).first()
    return None if row is None else FilmJob(*row)


def by_uid(connection: Connection, job_uid: str) -> FilmJob | None:
    """Return the job of a Print Job's SOP Instance UID, or None."""
    row = connection.execute(select(*_JOB).where(film_job.c.job_uid == job_uid)).first()
    return None if row is None else FilmJob(*row)


def films_of(connection: Connection, pks: Sequence[int]) -> dict[int, list[Film]]:
    """Return the films of jobs by the keys of the jobs, in order."""
    query = select(film.c.film_job_fk, *_FILM).where(film.c.film_job_fk.in_(list(pks)))
    found: dict[int, list[Film]] = {pk: [] for pk in pks}
    for row in connection.execute(query.order_by(film.c.film_job_fk, film.c.number)):
        found[row[0]].append(Film(*row[1:]))
    return found


def preview(connection: Connection, pk: int, number: int) -> bytes | None:
    """Return the small JPEG of a film, or None."""
    query = select(film.c.preview).where(film.c.film_job_fk == pk, film.c.number == number)
    row = connection.execute(query).first()
    return None if row is None else bytes(row[0])


def remove(connection: Connection, pk: int) -> list[str] | None:
    """Delete a job and its films; return the keys of their blobs, None when there is no such job."""
    keys = list(connection.execute(select(film.c.blob_key).where(film.c.film_job_fk == pk)).scalars())
    connection.execute(film.delete().where(film.c.film_job_fk == pk))
    n_gone = connection.execute(film_job.delete().where(film_job.c.pk == pk)).rowcount
    return keys if n_gone else None


def older_than(connection: Connection, ms: int, limit: int) -> list[int]:
    """Return the keys of jobs that came before a moment, the oldest first."""
    query = select(film_job.c.pk).where(film_job.c.created_at < ms).order_by(film_job.c.created_at).limit(limit)
    return list(connection.execute(query).scalars())


def all_keys(connection: Connection) -> set[str]:
    """Return the keys of the blobs of all films."""
    return set(connection.execute(select(film.c.blob_key)).scalars())


def all_films(connection: Connection) -> list[Film]:
    """Return all films."""
    return [Film(*row) for row in connection.execute(select(*_FILM))]
