"""Where other archives are kept, and which studies only visit from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from lumenarc.index.schema import cached_study, remote_archive, study


@dataclass(frozen=True, slots=True)
class RemoteArchive:
    """Another archive: a registered AE, or a DICOMweb service, or both.

    `fetch` is how its studies are brought here: get, move or web. What is not to be `keep`-t lives in the cache.
    """

    name: str
    ae_title: str = ""
    web_url: str = ""
    web_authorization: str = ""
    fetch: str = "get"
    keep: bool = True


_COLUMNS = tuple(remote_archive.c[name] for name in RemoteArchive.__slots__)


def all_remotes(connection: Connection) -> list[RemoteArchive]:
    """Return every archive by name."""
    return [RemoteArchive(*row) for row in connection.execute(select(*_COLUMNS).order_by("name"))]


def get(connection: Connection, name: str) -> RemoteArchive | None:
    """Return one archive."""
    row = connection.execute(select(*_COLUMNS).where(remote_archive.c.name == name)).first()
    return None if row is None else RemoteArchive(*row)


def put(connection: Connection, remote: RemoteArchive, now_ms: int) -> None:
    """Insert or replace an archive."""
    remove(connection, remote.name)
    connection.execute(remote_archive.insert().values(**asdict(remote), updated_at=now_ms))


def remove(connection: Connection, name: str) -> bool:
    """Delete an archive; say whether there was one."""
    return connection.execute(remote_archive.delete().where(remote_archive.c.name == name)).rowcount > 0


def is_here(connection: Connection, study_uid: str) -> bool:
    """Say whether a study is in the archive to stay."""
    stays = select(study.c.pk).where(
        study.c.study_uid == study_uid,
        study.c.n_instances > 0,
        study.c.study_uid.not_in(select(cached_study.c.study_uid)),
    )
    return connection.execute(stays).first() is not None


def visits(connection: Connection, study_uid: str, remote: str, now_ms: int) -> None:
    """Note that a study of the cache is being used."""
    forget_visit(connection, study_uid)
    connection.execute(cached_study.insert().values(study_uid=study_uid, remote=remote, used_at=now_ms))


def forget_visit(connection: Connection, study_uid: str) -> None:
    """Let a study stay, or be gone."""
    connection.execute(cached_study.delete().where(cached_study.c.study_uid == study_uid))


def visitors(connection: Connection) -> list[tuple[str, int]]:
    """Return the studies of the cache with their bytes, the longest unused first."""
    query = (
        select(study.c.study_uid, study.c.size_bytes)
        .join(cached_study, cached_study.c.study_uid == study.c.study_uid)
        .where(study.c.n_instances > 0)
        .order_by(cached_study.c.used_at, study.c.study_uid)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
