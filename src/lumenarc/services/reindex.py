"""How is the index made anew from the blobs alone, with the answers it gave before? (ADR 0002)

A new database is filled beside the old one; only when it is whole does it take the old one's place, which is kept. So
nothing is lost by trying. What blobs cannot tell (corrections, trash, devices …) is brought over from the old index as
far as that can be read; without it objects come in the order in which their files were finished, and what lay in the
trash is back. Nobody may be storing meanwhile, and the archive should not be running.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from lumenarc.archive import Archive, now_ms, open_archive
from lumenarc.config import Settings
from lumenarc.errors import BadRequest, LumenarcError, Refused, Unavailable
from lumenarc.index import dump, films, lookup
from lumenarc.index.carry import carry
from lumenarc.index.db import Index
from lumenarc.services import check, store
from lumenarc.storage import writers

_NEW, _KEPT = "index-new.sqlite", "index-before-reindex.sqlite"
_BATCH = 500


@dataclass(slots=True)
class Reindexed:
    """What came of it. `failed` are keys of blobs with a sentence; `same` are blobs whose object another blob holds."""

    n_blobs: int = 0
    n_instances: int = 0
    same: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    had_index: bool = False
    n_lost: int = 0
    """Instances of the old index whose blobs are gone or damaged."""


def reindex(settings: Settings, into: str, on_blob: Callable[[], None]) -> Reindexed:
    """Make the index anew: in the place of the SQLite file, or in another, empty database (`into` is its URL).

    Raises BadRequest when PostgreSQL is used and no other database is named, Refused for one that is not empty,
    Unavailable while somebody is storing.
    """
    if settings.database and not into:
        raise BadRequest("Name the empty database that shall hold the new index: --into postgresql://…")
    with writers.kept_out(settings.data):
        place = settings.data / _NEW
        _remove(place)
        target = _target(settings, into or f"sqlite:///{place.absolute()}")
        if into and not dump.is_empty(target.database_url):
            raise Refused("The database that shall hold the new index is not empty.")
        old = _old_index(settings)
        try:
            done = _fill(target, old, on_blob)
        finally:
            if old is not None:
                old.close()
        if not into:
            _swap(settings.data, place)
    return done


def _target(settings: Settings, url: str) -> Settings:
    """Return settings under which everything enters the new index that entered the old one."""
    changes = {
        "database": url,
        "patient_conflict": "accept",
        "missing_patient_id": "accept",
        "invalid_uids": "lenient",
        "accept_unknown_sop_classes": True,
        "duplicate_policy": "replace" if settings.duplicate_policy == "replace" else "keep_both",
    }
    return settings.model_copy(update=changes)


def _old_index(settings: Settings) -> Index | None:
    """Open the old index; None for a file that is not there or cannot be read."""
    if not settings.database and not (settings.data / "index.sqlite").is_file():
        return None
    try:
        return Index(settings.database_url)
    except Unavailable:
        if settings.database:
            raise
        return None


def _fill(target: Settings, old: Index | None, on_blob: Callable[[], None]) -> Reindexed:
    done = Reindexed(had_index=old is not None)
    clock = [0]
    archive = open_archive(target, lambda: clock[0])
    try:
        for key in _keys(archive, old):
            clock[0] = _finished_at(archive, key)
            done.n_blobs += 1
            try:
                if store.adopt(archive, key, keep=True).outcome == "duplicate":
                    done.same.append(key)
            except LumenarcError as error:
                done.failed.append((key, str(error)))
            on_blob()
        if old is not None:
            with old.read() as before:
                done.n_lost = archive.index.write(lambda connection: carry(before, connection, now_ms()))
            with archive.index.read() as connection:
                done.same = [key for key in done.same if not lookup.known_keys(connection, [key])]
        with archive.index.read() as connection:
            done.n_instances = lookup.n_rows(connection)
    finally:
        archive.close()
    return done


def _keys(archive: Archive, old: Index | None) -> Iterator[str]:
    """Yield the keys of all blobs: in the order of the old index, those that searches find first; then by their age."""
    known: set[str] = set()
    if old is not None:
        with old.read() as connection:
            known |= films.all_keys(connection)
        for is_live in (True, False):
            for key in _known(old, is_live=is_live):
                known.add(key)
                yield key
    for _day, keys in groupby(archive.storage.keys(), lambda key: key[:10]):
        others = [key for key in keys if key not in known and not check.is_only_prepared(archive, key)]
        yield from sorted(others, key=lambda key: _age(archive, key))


def _known(old: Index, *, is_live: bool) -> Iterator[str]:
    after_pk = 0
    while True:
        with old.read() as connection:
            page = lookup.page(connection, after_pk, _BATCH)
            live = {inst.pk for inst in lookup.by_pk(connection, [inst.pk for inst in page])}
        yield from (inst.blob_key for inst in page if (inst.pk in live) == is_live)
        if len(page) < _BATCH:
            return
        after_pk = page[-1].pk


def _age(archive: Archive, key: str) -> tuple[int, int]:
    """Return when a blob was finished, in ns; the clock ticks every 4 ms, within which the number of its file tells."""
    with contextlib.suppress(LumenarcError, OSError), archive.storage.open(key) as reader:
        if reader.path is not None:
            found = reader.path.stat()
            return found.st_mtime_ns, found.st_ino
    return 0, 0


def _finished_at(archive: Archive, key: str) -> int:
    return _age(archive, key)[0] // 1_000_000 or now_ms()


def _remove(place: Path) -> None:
    for path in place.parent.glob(f"{place.name}*"):
        path.unlink()


def _swap(data: Path, place: Path) -> None:
    """Put the new file in the place of the old one, whose last copy is kept; both are closed."""
    current = data / "index.sqlite"
    for suffix in ("-wal", "-shm"):
        # What an unclean stop left of the old index belongs to it.
        if (data / f"index.sqlite{suffix}").exists():
            (data / f"index.sqlite{suffix}").replace(data / f"{_KEPT}{suffix}")
    if current.exists():
        current.replace(data / _KEPT)
    place.replace(current)
