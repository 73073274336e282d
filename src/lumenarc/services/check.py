"""Does the index agree with the blobs, and is every byte as it was received? And how is it mended?

After a power cut the index may lack the newest rows (SQLite with synchronous=NORMAL): the blobs were flushed before
anybody was told, so `recover` brings the index up to date from them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from lumenarc.archive import Archive
from lumenarc.errors import Corrupt, LumenarcError, NotFound
from lumenarc.index import films, lookup, marks
from lumenarc.index.lookup import StoredInstance
from lumenarc.index.trash import recount
from lumenarc.services import retrieve, store
from lumenarc.storage import writers

_BATCH = 500
_RUNNING_SINCE = "running_since"


@dataclass(slots=True)
class CheckReport:
    """What a check found; UIDs of instances, keys of blobs."""

    n_instances: int = 0
    n_blobs: int = 0
    corrupt: list[tuple[str, str]] = field(default_factory=list)
    without_row: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    look_again: bool = False
    """Set inside `writing` by whoever saw a storing process die: the next start mends what that one left."""

    @property
    def clean(self) -> bool:
        """True when nothing is wrong, or everything that was has been mended."""
        return not self.corrupt and len(self.without_row) == len(self.adopted) + len(self.set_aside)


def check(archive: Archive, *, repair: bool = False, on_progress: Callable[[int], None] | None = None) -> CheckReport:
    """Verify every instance against its digest and look for blobs without a row.

    With `repair` whole blobs without a row are indexed, unfinished ones set aside, and counters set right. A corrupt
    instance is only reported: nothing here can bring its bytes back. Raises Unavailable when that is asked while
    somebody is storing: a blob being written would be taken for a lost one.
    """
    with writers.kept_out(archive.settings.data) if repair else nullcontext():
        return _check(archive, repair, on_progress)


def _check(archive: Archive, repair: bool, on_progress: Callable[[int], None] | None) -> CheckReport:
    report = CheckReport()
    for found in verified(archive):
        report.n_instances += 1
        if found.problem:
            report.corrupt.append((found.sop_instance_uid, found.problem))
        if on_progress is not None:
            on_progress(report.n_instances)
    report.corrupt += _damaged_films(archive)
    for key in _without_row(archive, "", report, sweep=repair):
        report.without_row.append(key)
        if repair:
            _mend(archive, key, report)
    if repair:
        with archive.index.read() as connection:
            pks = lookup.all_studies(connection)
        for pk in pks:
            archive.index.write(partial(recount, study_pks={pk}, now_ms=archive.now_ms()))
    return report


@dataclass(frozen=True, slots=True)
class Verified:
    """One instance that was compared with its digest; `problem` says what is wrong with it, "" for nothing."""

    pk: int
    sop_instance_uid: str
    problem: str


def verified(archive: Archive, after_pk: int = 0) -> Iterator[Verified]:
    """Compare every instance, the trash included, with its digest, in order of their rows from `after_pk` on.

    No connection stays busy meanwhile: this may take days, and others store and delete beside it.
    """
    while True:
        with archive.index.read() as connection:
            batch = lookup.page(connection, after_pk, _BATCH)
        for inst in batch:
            yield Verified(inst.pk, inst.sop_instance_uid, _problem(archive, inst))
            after_pk = inst.pk
        if len(batch) < _BATCH:
            return


def _problem(archive: Archive, inst: StoredInstance) -> str:
    try:
        retrieve.verify(archive, inst)
    except Corrupt as error:
        with archive.index.read() as connection:
            again = lookup.page(connection, inst.pk - 1, 1)
        # Purged, or given another blob, while it was read: nothing is wrong with it.
        return str(error) if again and again[0] == inst else ""
    return ""


def _damaged_films(archive: Archive) -> list[tuple[str, str]]:
    """Compare every film with its digest; return those that do not match, by the keys of their blobs."""
    with archive.index.read() as connection:
        printed = films.all_films(connection)
    found = []
    for film in printed:
        try:
            with archive.storage.open(film.blob_key) as reader:
                is_whole = hashlib.sha256(reader.read(0, reader.size)).digest() == film.sha256
        except NotFound:
            is_whole = False
        if not is_whole:
            found.append((film.blob_key, "The film does not match its digest."))
    return found


def n_stored(archive: Archive) -> int:
    """Count the instances in any state."""
    with archive.index.read() as connection:
        return lookup.n_rows(connection)


def _without_row(archive: Archive, since: str, report: CheckReport, *, sweep: bool) -> Iterator[str]:
    """Yield the keys of blobs without a row; empty ones are only prepared, and with `sweep` removed."""
    keys = archive.storage.keys(since)
    while batch := list(islice(keys, _BATCH)):
        report.n_blobs += len(batch)
        with archive.index.read() as connection:
            known = lookup.known_keys(connection, batch)
        for key in batch:
            if key not in known and not is_only_prepared(archive, key):
                yield key
            elif sweep and key not in known:
                archive.storage.delete(key)


def is_only_prepared(archive: Archive, key: str) -> bool:
    """Tell whether a blob is empty: somebody has made it for the next instance (BlobStore.prepare)."""
    try:
        with archive.storage.open(key) as reader:
            return not reader.size
    except NotFound:
        return True


def _mend(archive: Archive, key: str, report: CheckReport) -> None:
    try:
        store.adopt(archive, key)
        report.adopted.append(key)
    except LumenarcError:
        archive.storage.set_aside(key)
        report.set_aside.append(key)


@contextmanager
def writing(archive: Archive) -> Iterator[CheckReport]:
    """Store inside this: what an unclean stop left is mended first, a clean end is remembered.

    While another process stores nothing is mended, and the last one to end says that all is well.
    """
    with writers.joined(archive.settings.data) as held:
        report = recover(archive) if held.alone else CheckReport()
        held.share()
        yield report
        archive.storage.settle()
        if held.try_alone() and not report.look_again:
            stopped_cleanly(archive)


def recover(archive: Archive) -> CheckReport:
    """After an unclean stop, index the blobs written since the last start; nobody may be storing (see `writing`)."""
    report = CheckReport()
    archive.storage.recover()
    with archive.index.read() as connection:
        since = marks.get(connection, _RUNNING_SINCE)
    if since:
        for key in list(_without_row(archive, since, report, sweep=True)):
            report.without_row.append(key)
            _mend(archive, key, report)
    today = time.strftime("%Y/%m/%d", time.gmtime(archive.now_ms() / 1000))
    archive.index.write(lambda connection: marks.put(connection, _RUNNING_SINCE, today))
    return report


def stopped_cleanly(archive: Archive) -> None:
    """Remember that nobody is storing and all is indexed: the next start has nothing to look for."""
    archive.index.write(lambda connection: marks.put(connection, _RUNNING_SINCE, ""))
