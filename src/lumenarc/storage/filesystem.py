"""Blobs as files: data/blobs/YYYY/MM/DD/HHM0/ID.dcm, written once under their final name.

A new folder every ten minutes: files made one after the other in one folder cost a tenth of files spread over many
(measured on ext4: 0.05 ms against 0.55 ms), because the file system keeps the inodes of a folder together.

The name is taken with O_EXCL and the data are flushed before anybody is told, so a file without a row in the index
is one that was never acknowledged, or whose row was lost: its own digest tells which (dicom/part10.py). Flushing
a new file commits its folder entry too where the file system journals both together (ext4, XFS, Btrfs); elsewhere the
folder is flushed as well. Small files are made durable by the journal instead (storage/journal.py).
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from lumenarc.errors import NotFound, OutOfResources, Unavailable
from lumenarc.storage.journal import Journal, begin_to_write, flush_file_system, flush_folder, replay, settle_dead

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG))
SUFFIX = ".dcm"
_FOLDER_S = 600
_PAGE_BYTES = 4096
_MAX_SPARES = 4
# Where flushing a new file also commits the entry of its folder.
_COMMIT_TOGETHER = frozenset(("ext4", "ext3", "xfs", "btrfs"))


def file_system_of(folder: str, mount_info: str) -> str:
    """Return the type of the file system that holds an absolute path, from the text of /proc/self/mountinfo."""
    best, found = "", ""
    for line in mount_info.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = fields[4].encode("ascii", "replace").decode("unicode_escape")
        inside = point == "/" or folder == point or folder.startswith(point + "/")
        if inside and len(point) >= len(best):
            best, found = point, right.split(" ")[0]
    return found


def _commits_together(root: Path) -> bool:
    try:
        mount_info = Path("/proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return False
    return file_system_of(str(root.resolve()), mount_info) in _COMMIT_TOGETHER


def refusal(error: OSError) -> Unavailable:
    """Say in our terms why the file system did not do it; never with a path."""
    if error.errno in _FULL:
        return OutOfResources("The storage is full or cannot be written.")
    return Unavailable("The storage does not answer.")


class FileWriter:
    """A file being written."""

    __slots__ = ("_fd", "_n_bytes", "_path", "_store", "key")

    def __init__(self, store: FileStore, key: str, path: str) -> None:
        self.key = key
        self._store, self._path = store, path
        self._n_bytes = 0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)

    def put(self, head: bytes, body: bytes, sha256: bytes) -> None:
        """Write the whole file and make it durable, by the journal when there is room in it; then close."""
        try:
            written = os.writev(self._fd, (head, body))
            if written < len(head) + len(body):
                written += _write_all(self._fd, memoryview(head + body)[written:])
            self._store.make_durable(self.key, self._fd, (head, body, sha256))
            self._close()
        except OSError as error:
            raise refusal(error) from error

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes; raise OutOfResources when there is no room."""
        try:
            n_bytes = _write_all(self._fd, data)
            # The disk begins now, while more arrives: less is left to wait for at the end. Not with the first page,
            # which is written once more when the digest is known.
            start = max(self._n_bytes, _PAGE_BYTES)
            self._store.hurry(self._fd, start, self._n_bytes + n_bytes - start)
            self._n_bytes += n_bytes
        except OSError as error:
            raise refusal(error) from error

    def write_at(self, offset: int, data: bytes) -> None:
        """Overwrite bytes that have been written already."""
        try:
            if os.pwrite(self._fd, data, offset) != len(data):
                raise OutOfResources("The storage is full or cannot be written.")
        except OSError as error:
            raise refusal(error) from error

    def commit(self) -> None:
        """Make file and folder entry durable, then close."""
        try:
            self._store.make_durable(self.key, self._fd)
            self._close()
        except OSError as error:
            raise refusal(error) from error

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)

    def abort(self) -> None:
        """Close and remove the file."""
        if self._fd >= 0:
            self._close()
        Path(self._path).unlink(missing_ok=True)


def _write_all(fd: int, data: bytes | bytearray | memoryview) -> int:
    """Write to the end, however often the kernel takes only a part; return the length."""
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])
    return written


class FileReader:
    """An open file."""

    __slots__ = ("_fd", "path", "size", "stamp")

    def __init__(self, path: Path) -> None:
        self.path: Path | None = path
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        found = os.fstat(self._fd)
        self.size = found.st_size
        self.stamp: tuple[int, ...] = (found.st_ino, found.st_ctime_ns)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of a range, fewer at the end."""
        data = os.pread(self._fd, length, offset)
        if len(data) == length or offset + len(data) >= self.size:
            return data
        parts = [data]
        while (missing := length - sum(map(len, parts))) > 0:
            part = os.pread(self._fd, missing, offset + length - missing)
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


class FileStore:
    """Blobs below one folder of this machine; safe for many threads and processes."""

    def __init__(self, root: Path, *, sync: bool, min_free_bytes: int = 0) -> None:
        self._root, self._aside = root / "blobs", root / "aside"
        self._sync, self._min_free = sync, min_free_bytes
        self._folder = ("", -1.0)
        self._spares: list[FileWriter] = []
        self._lock = threading.Lock()
        self._checked_at = -1.0
        self._root.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._together = _commits_together(self._root)
        self._journal_folder = root / "journal"
        self._journal = Journal(self._journal_folder, self._flush_all) if sync else None

    def create(self) -> FileWriter:
        """Begin a new file in the current folder; raise OutOfResources below the configured free space."""
        self._check_room()
        try:
            name, until = self._folder
            if time.time() >= until:
                self._drop_spares()
                name = self._next_folder()
            try:
                return self._spares.pop()
            except IndexError:
                return self._make(name)
        except OSError as error:
            raise refusal(error) from error

    def _make(self, folder: str) -> FileWriter:
        key = f"{folder}/{secrets.token_hex(16)}"
        return FileWriter(self, key, f"{self._root}/{key}{SUFFIX}")

    def prepare(self) -> None:
        """Make the file of the next blob: making one takes a sixth of the time of storing a small instance."""
        name, until = self._folder
        if len(self._spares) < _MAX_SPARES and time.time() < until - 1:
            try:
                self._spares.append(self._make(name))
            except OSError:
                return  # `create` will say so

    def _drop_spares(self) -> None:
        while self._spares:
            try:
                self._spares.pop().abort()
            except IndexError:
                return  # another thread took it

    def make_durable(self, key: str, fd: int, whole: tuple[bytes, bytes, bytes] | None = None) -> None:
        """Bring a written file to the disk, by the journal where all of it is given (see `put`); raise OSError."""
        if not self._sync or (whole and self._journal and self._journal.append(key, *whole)):
            return
        os.fdatasync(fd)
        if not self._together:
            flush_folder(self._path(key).parent)

    def hurry(self, fd: int, offset: int, n_bytes: int) -> None:
        """Let the disk begin to write a range that `make_durable` will wait for."""
        if self._sync and n_bytes > 0:
            begin_to_write(fd, offset, n_bytes)

    def _flush_all(self) -> None:
        flush_file_system(self._root)

    def settle(self) -> None:
        """Make everything durable where it lies, so that a start after this finds nothing to bring back."""
        try:
            if self._journal is not None:
                self._journal.settle()
            settle_dead(self._journal_folder, self._flush_all)
        except OSError as error:
            raise refusal(error) from error

    def recover(self) -> None:
        """Write the files that a power cut took, from the journals of dead processes."""
        try:
            if self._journal_folder.is_dir():
                replay(self._journal_folder, self._restore, self._flush_all)
        except OSError as error:
            raise refusal(error) from error

    def _restore(self, key: str, blob: bytes, flush: bool) -> None:
        path = self._path(key)
        if not path.is_file() or path.read_bytes() != blob:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            path.write_bytes(blob)
        if flush:
            with path.open("rb") as written:
                os.fsync(written.fileno())
            if not self._together:
                flush_folder(path.parent)

    def close(self) -> None:
        """Settle, and delete the journal."""
        self._drop_spares()
        try:
            if self._journal is not None:
                self._journal.close()
        except OSError as error:
            raise refusal(error) from error

    def _check_room(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < 0.5:
            return
        if self.free_bytes() < self._min_free:
            raise OutOfResources("The storage is full.")
        self._checked_at = now

    def _next_folder(self) -> str:
        """Make the folder of these ten minutes durable, with all its parents."""
        with self._lock:
            now = time.time()
            name, until = self._folder
            if now >= until:
                at = time.gmtime(now)
                name = f"{time.strftime('%Y/%m/%d/%H', at)}{at.tm_min // 10}0"
                path = self._root / name
                path.mkdir(parents=True, exist_ok=True, mode=0o750)
                if self._sync:
                    for parent in path.relative_to(self._root).parents:
                        flush_folder(self._root / parent)
                self._folder = (name, (now // _FOLDER_S + 1) * _FOLDER_S)
            return name

    def open(self, key: str) -> FileReader:
        """Open a file; raise NotFound."""
        try:
            return FileReader(self._path(key))
        except FileNotFoundError as error:
            raise NotFound("The blob is missing.") from error
        except OSError as error:
            raise refusal(error) from error

    def delete(self, key: str) -> None:
        """Remove a file; nothing happens when it is gone."""
        try:
            if self._journal is not None and self._journal.holds(key):
                self._journal.settle()  # else a power cut would bring it back
            elif self._journal is not None:
                self._journal.forget(key)
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise refusal(error) from error

    def keys(self, since: str = "") -> Iterator[str]:
        """Yield the keys of all files of the days from `since` (YYYY/MM/DD) on."""
        for day in sorted(self._root.glob("[0-9]*/[0-9]*/[0-9]*")):
            name = day.relative_to(self._root).as_posix()
            if name >= since:
                for path in sorted(day.glob(f"*/*{SUFFIX}")):
                    yield path.relative_to(self._root).as_posix()[: -len(SUFFIX)]

    def set_aside(self, key: str) -> None:
        """Move a file to data/aside."""
        self._aside.mkdir(exist_ok=True, mode=0o750)
        path = self._path(key)
        path.replace(self._aside / path.name)

    def free_bytes(self) -> int:
        """Return how much room is left."""
        try:
            return shutil.disk_usage(self._root).free
        except OSError as error:
            raise refusal(error) from error

    def _path(self, key: str) -> Path:
        return self._root / (key + SUFFIX)
