"""How files, folders and ZIP archives are imported, one outcome for each file.

Names inside an archive are shown and never used; the sizes that an archive declares are not believed.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lumenarc.archive import Archive
from lumenarc.errors import BadDataSet, LumenarcError, TooLarge, Unavailable
from lumenarc.services.store import Source, Stored, store_part10

CHUNK_BYTES = 1 << 20
MAX_ZIP_MEMBERS = 1_000_000
# More than DICOM ever compresses; a ZIP bomb does better by orders of magnitude.
MAX_ZIP_RATIO = 200
_RATIO_FREE_BYTES = 16 << 20
_N_THREADS = 4
# What APPNOTE 4.4.5 calls others (LZMA) lets a member ask for gigabytes of memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of one file: outcome "stored", "duplicate", "kept_other", "skipped" or "failed" with a reason."""

    name: str
    outcome: str
    error: str = ""
    stored: Stored | None = None
    may_pass: bool = False
    """Whether it failed for want of something that may be there again later, such as room."""


@dataclass(slots=True)
class ImportSummary:
    """How many files had which outcome, and which failed."""

    n_stored: int = 0
    n_duplicates: int = 0
    n_skipped: int = 0
    failed: list[ImportResult] | None = None

    def add(self, result: ImportResult) -> None:
        """Count one file."""
        if result.outcome == "failed":
            self.failed = [*(self.failed or []), result]
        elif result.outcome == "skipped":
            self.n_skipped += 1
        elif result.outcome == "duplicate":
            self.n_duplicates += 1
        else:
            self.n_stored += 1


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield every file below the paths with a reason to fail, "" for none; links are not followed inside folders.

    A DICOMDIR stands for its folder.
    """
    for path in paths:
        if path.is_file() and path.name.upper() == "DICOMDIR":
            path = path.parent
        if path.is_dir():
            for child in sorted(path.rglob("*")):
                if child.is_file() and not child.is_symlink():
                    yield child, ""
        elif path.is_file():
            yield path, ""
        else:
            yield path, "There is no such file or folder."


def import_paths(
    archive: Archive, paths: Iterable[Path], on_result: Callable[[ImportResult], None] | None = None
) -> ImportSummary:
    """Import files, folders and ZIP archives; what fails does not stop the others."""
    summary = ImportSummary()

    def one(found: tuple[Path, str]) -> list[ImportResult]:
        path, reason = found
        if reason:
            return [ImportResult(str(path), "failed", reason)]
        return _import_file(archive, path)

    with ThreadPoolExecutor(_N_THREADS) as pool:
        for results in pool.map(one, find_files(paths)):
            for result in results:
                summary.add(result)
                if on_result is not None:
                    on_result(result)
    return summary


def _import_file(archive: Archive, path: Path) -> list[ImportResult]:
    try:
        with path.open("rb") as stream:
            return import_stream(archive, str(path), stream, Source())
    except OSError as error:
        return [ImportResult(str(path), "failed", f"The file cannot be read: {error.strerror}.")]


def import_stream(archive: Archive, name: str, stream: IO[bytes], source: Source) -> list[ImportResult]:
    """Import one seekable file, DICOM or a ZIP archive of DICOM files."""
    start = stream.read(4)
    stream.seek(0)
    if start == b"PK\3\4":
        return [result for _n_members, result in import_zip(archive, name, stream, source)]
    return [_import_one(archive, name, _chunks(stream), source)]


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def _import_one(archive: Archive, name: str, chunks: Iterator[bytes], source: Source) -> ImportResult:
    if Path(name).name.upper() == "DICOMDIR":
        return ImportResult(name, "skipped")
    try:
        stored = store_part10(archive, chunks, source)
    except LumenarcError as error:
        return ImportResult(name, "failed", str(error), may_pass=isinstance(error, Unavailable))
    return ImportResult(name, stored.outcome, stored=stored)


def import_zip(
    archive: Archive, name: str, stream: IO[bytes], source: Source, first: int = 0
) -> Iterator[tuple[int, ImportResult]]:
    """Import the members of a ZIP archive from number `first` (from 0) on; yield how many there are, and each outcome.

    A broken archive yields one failure more.
    """
    n_members = 0
    try:
        with zipfile.ZipFile(stream) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            if len(members) > MAX_ZIP_MEMBERS:
                raise TooLarge("The ZIP archive has too many members.")
            if sum(member.compress_size for member in members) > stream.seek(0, os.SEEK_END):
                raise BadDataSet("The members of the ZIP archive overlap.")
            n_members = len(members)
            for member in members[first:]:
                inside = f"{name}:{member.filename[:200]}"
                try:
                    yield n_members, _import_one(archive, inside, _unpacked(archive, packed, member), source)
                except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
                    yield n_members, ImportResult(inside, "failed", "The member of the ZIP archive cannot be unpacked.")
    except zipfile.BadZipFile:
        yield n_members, ImportResult(name, "failed", "The ZIP archive is broken.")
    except LumenarcError as error:
        yield n_members, ImportResult(name, "failed", str(error))


def _unpacked(archive: Archive, packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack a member in pieces; stop one that grows beyond what DICOM data can have been packed to."""
    if member.compress_type not in _METHODS:
        raise BadDataSet("The member of the ZIP archive is packed by another method than deflate.")
    limit = min(archive.settings.max_instance_bytes, _RATIO_FREE_BYTES + member.compress_size * MAX_ZIP_RATIO)
    n_bytes = 0
    with packed.open(member) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            n_bytes += len(chunk)
            if n_bytes > limit:
                raise BadDataSet("The member of the ZIP archive unpacks to more than allowed.")
            yield chunk
