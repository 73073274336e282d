"""How is a running archive copied to a folder, and an archive made of such a folder? (docs/operating.md, Backup)

A blob is never changed, and its row is committed before anybody is told that it is stored. So: blobs first, which
takes long; then the index as it is at one moment; then the blobs that this index names and that are not there yet,
which is short. What was acknowledged before the backup began is in it; every row of it has its blob, unless that was
deleted for good in between, which the trash makes as good as impossible. Copies have the digest of what was received,
or are not made. The manifest is written last: a folder without one holds no finished backup.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from lumenarc import __version__
from lumenarc.archive import Archive, open_archive
from lumenarc.config import Settings
from lumenarc.errors import BadRequest, Corrupt, NotFound, OutOfResources, Refused, Unavailable
from lumenarc.index import dump, films, lookup
from lumenarc.index.dump import Blob
from lumenarc.services import check

MANIFEST = "backup.json"
_FORMAT = 1
_BATCH = 500
_CHUNK_BYTES = 1 << 20
_SUFFIX = ".dcm"
Told = Callable[[str, int], None]
"""Is told of each blob: its key, and how many bytes were copied, 0 for one that was there."""


@dataclass(slots=True)
class Backup:
    """What a backup did; `failed` names objects by UID with a sentence."""

    made_at: str = ""
    n_instances: int = 0
    n_copied: int = 0
    n_bytes: int = 0
    n_pruned: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


def backup(archive: Archive, folder: Path, told: Told, *, prune: bool = False, verify: bool = False) -> Backup:
    """Bring the backup in a folder up to date; what is there already is not copied again.

    `verify` reads earlier copies and makes those anew that do not have their digest. `prune` removes older dumps of
    the index and the copies of blobs that the new one does not name. Raises OutOfResources when the folder cannot be
    written, Refused when another backup writes to it.
    """
    done = Backup(made_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(archive.now_ms() / 1000)))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        with _alone(folder):
            copier = _Copier(archive, folder, told, done, verify)
            for blob in _live(archive):
                copier.bring(blob, is_last_chance=False)
            name = f"index-{done.made_at.replace('-', '').replace(':', '')}.jsonl.gz"
            _write_index(archive, folder / name)
            copier.verify = False
            for blob in dump.blobs(folder / name):
                done.n_instances += bool(blob.sop_instance_uid)
                copier.bring(blob, is_last_chance=True)
            _write_manifest(archive, folder, name, done)
            if prune:
                _prune(folder, name, done)
    except OSError as error:
        raise OutOfResources(f"The backup cannot be written: {error.strerror}.") from error
    return done


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise Refused("Another backup is writing to this folder.") from None
    try:
        yield
    finally:
        os.close(held)


def _live(archive: Archive) -> Iterator[Blob]:
    after_pk = 0
    while True:
        with archive.index.read() as connection:
            batch = lookup.page(connection, after_pk, _BATCH)
        for inst in batch:
            yield Blob(
                inst.sop_instance_uid, inst.sop_class_uid, inst.transfer_syntax_uid, inst.source_aet, inst.blob_key,
                inst.header_bytes, inst.data_set_bytes, inst.sha256,
            )  # fmt: skip
            after_pk = inst.pk
        if len(batch) < _BATCH:
            break
    with archive.index.read() as connection:
        printed = films.all_films(connection)
    for film in printed:
        yield dump.film_blob(film.blob_key, film.n_bytes, film.sha256)


class _Copier:
    """Brings blobs to the folder, each at most once."""

    def __init__(self, archive: Archive, folder: Path, told: Told, done: Backup, verify: bool) -> None:
        self._archive, self._folder, self._told, self._done = archive, folder, told, done
        self.verify = verify

    def bring(self, blob: Blob, *, is_last_chance: bool) -> None:
        """Copy a blob unless it is there; one that cannot be read is only a failure at the last chance."""
        target = self._folder / "blobs" / (blob.key + _SUFFIX)
        if _is_there(target, blob) and not (self.verify and not _is_whole(target, blob)):
            if not is_last_chance:
                self._told(blob.key, 0)
            return
        try:
            n_bytes = self._copy(blob, target)
        except (NotFound, Corrupt, Unavailable) as error:
            if is_last_chance:
                self._done.failed.append((blob.sop_instance_uid or "a film", str(error)))
            return
        self._done.n_copied, self._done.n_bytes = self._done.n_copied + 1, self._done.n_bytes + n_bytes
        self._told(blob.key, n_bytes)

    def _copy(self, blob: Blob, target: Path) -> int:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        part = target.with_suffix(".part")
        with self._archive.storage.open(blob.key) as reader:
            if reader.size != blob.header_bytes + blob.data_set_bytes:
                raise Corrupt("The stored object does not have its length.")
            digest = hashlib.sha256()
            with part.open("wb") as stream:
                header = reader.read(0, blob.header_bytes)
                stream.write(header)
                place = blob.header_bytes
                while place < reader.size:
                    chunk = reader.read(place, min(_CHUNK_BYTES, reader.size - place))
                    digest.update(chunk)
                    stream.write(chunk)
                    place += len(chunk) or reader.size
            if digest.digest() != blob.sha256 or header != blob.header:
                part.unlink()
                raise Corrupt("The stored object does not match its digest.")
            _keep_time(reader.path, part)
            part.replace(target)
            return reader.size


def _keep_time(source: Path | None, target: Path) -> None:
    """Give a copy the time of its original: reindexing needs the order in which objects came."""
    if source is not None:
        times = source.stat()
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))


def _is_there(path: Path, blob: Blob) -> bool:
    try:
        return path.stat().st_size == blob.header_bytes + blob.data_set_bytes
    except FileNotFoundError:
        return False


def _is_whole(path: Path, blob: Blob) -> bool:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        if stream.read(blob.header_bytes) != blob.header:
            return False
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest() == blob.sha256


def _write_index(archive: Archive, path: Path) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as stream:
        dump.write(archive.index, stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _write_manifest(archive: Archive, folder: Path, index: str, done: Backup) -> None:
    """Say that the backup is whole, once everything it consists of is on the disk."""
    os.sync()
    manifest = {
        "lumenarc_backup": _FORMAT,
        "made_at": done.made_at,
        "version": __version__,
        "schema": dump.schema_of(folder / index),
        "database": archive.index.dialect,
        "index": index,
        "index_sha256": _digest_of(folder / index),
        "n_instances": done.n_instances,
        "missing": [uid for uid, _reason in done.failed],
    }
    part = folder / f"{MANIFEST}.part"
    with part.open("w", encoding="utf-8") as stream:
        json.dump(manifest, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(folder / MANIFEST)


def _digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _prune(folder: Path, index: str, done: Backup) -> None:
    """Remove what the newest dump of the index does not name."""
    for path in folder.glob("index-*.jsonl.gz"):
        if path.name != index:
            path.unlink()
    named = {blob.key for blob in dump.blobs(folder / index)}
    for path in (folder / "blobs").rglob(f"*{_SUFFIX}"):
        if path.relative_to(folder / "blobs").as_posix()[: -len(_SUFFIX)] not in named:
            path.unlink()
            done.n_pruned += 1


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return what a backup says of itself; raise BadRequest when the folder holds no finished one."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
        index = folder / str(found["index"])
        if found["lumenarc_backup"] != _FORMAT or index.parent != folder:
            raise BadRequest("The backup was made in a way that this program does not know.")
        if _digest_of(index) != found["index_sha256"]:
            raise BadRequest("The index of the backup is damaged.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"There is no finished backup in {folder}.") from error
    return dict(found)


def restore(folder: Path, settings: Settings, told: Told) -> check.CheckReport:
    """Make an archive of a backup in an empty data folder and an empty database, and verify every object of it.

    Jobs that were waiting or running are cancelled: a copy of an archive must not begin to send. Raises BadRequest
    for what is no backup, Refused when something is there already.
    """
    index = folder / manifest_of(folder)["index"]
    if any(settings.data.glob("*")):
        raise Refused("The data folder is not empty.")
    if settings.database and not dump.is_empty(settings.database_url):
        raise Refused("The database is not empty.")
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o750)
        for blob in dump.blobs(index):
            _bring_back(folder, settings.data, blob, told)
        os.sync()
    except OSError as error:
        raise OutOfResources(f"The data folder cannot be written: {error.strerror}.") from error
    try:
        dump.load(settings.database_url, index, _cancel_jobs)
    except BaseException:
        if not settings.database:  # half an index must not be taken for one
            (settings.data / "index.sqlite").unlink(missing_ok=True)
        raise
    archive = open_archive(settings)
    try:
        return check.check(archive)
    finally:
        archive.close()


def _bring_back(folder: Path, data: Path, blob: Blob, told: Told) -> None:
    """Copy a blob to the new archive; one that the backup lacks is found by the check afterwards."""
    source = folder / "blobs" / (blob.key + _SUFFIX)
    target = data / "blobs" / (blob.key + _SUFFIX)
    try:
        size = source.stat().st_size
    except FileNotFoundError:
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK_BYTES):
            writer.write(chunk)
    _keep_time(source, target)
    told(blob.key, size)


def _cancel_jobs(connection: Connection) -> None:
    if not inspect(connection).has_table("job"):
        return  # a dump of an older program
    connection.execute(
        text(
            "UPDATE job SET state = 'cancelled', error = 'The archive was restored from a backup.', leased_by = ''"
            " WHERE state IN ('waiting', 'running')"
        )
    )
