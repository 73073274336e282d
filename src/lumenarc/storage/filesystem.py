"""Blobs as files: data/blobs/YYYY/MM/DD/xx/ID.dcm, written once under their final name.

The name is taken with O_EXCL and the data are flushed before anybody is told, so a file without a row in the index
is one that was never acknowledged, or whose row was lost: its own digest tells which (dicom/part10.py). Flushing
a new file commits its folder entry too where the file system journals both together (ext4, XFS, Btrfs); elsewhere the
folder is flushed as well, which costs a third of the time of a small file.
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

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG))
SUFFIX = ".dcm"


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

    __slots__ = ("_fd", "_folder", "_path", "_sync", "key")

    def __init__(self, key: str, path: Path, folder_fd: int | None, *, sync: bool) -> None:
        """Make the file; `folder_fd` is flushed with it unless None."""
        self.key = key
        self._path, self._folder, self._sync = path, folder_fd, sync
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes; raise OutOfResources when there is no room."""
        try:
            written = os.write(self._fd, data)
            while written < len(data):
                written += os.write(self._fd, memoryview(data)[written:])
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
        """Flush file and folder entry, then close."""
        try:
            if self._sync:
                os.fdatasync(self._fd)
                if self._folder is not None:
                    os.fsync(self._folder)
            fd, self._fd = self._fd, -1
            os.close(fd)
        except OSError as error:
            raise refusal(error) from error

    def abort(self) -> None:
        """Close and remove the file."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
        self._path.unlink(missing_ok=True)


class FileReader:
    """An open file."""

    __slots__ = ("_fd", "path", "size")

    def __init__(self, path: Path) -> None:
        self.path: Path | None = path
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        self.size = os.fstat(self._fd).st_size

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
        self._folders: dict[str, tuple[Path, int]] = {}
        self._lock = threading.Lock()
        self._checked_at = -1.0
        self._root.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._together = _commits_together(self._root)

    def create(self) -> FileWriter:
        """Begin a new file in today's folder; raise OutOfResources below the configured free space."""
        self._check_room()
        ident = secrets.token_hex(16)
        day = time.strftime("%Y/%m/%d", time.gmtime())
        name = f"{day}/{ident[:2]}"
        try:
            folder, fd = self._folders.get(name) or self._open_folder(name, day)
            flushed = None if self._together else fd
            return FileWriter(f"{name}/{ident}", folder / (ident + SUFFIX), flushed, sync=self._sync)
        except OSError as error:
            raise refusal(error) from error

    def _check_room(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < 0.5:
            return
        if self.free_bytes() < self._min_free:
            raise OutOfResources("The storage is full.")
        self._checked_at = now

    def _open_folder(self, name: str, day: str) -> tuple[Path, int]:
        """Make a folder durable with all its parents, and keep it open."""
        with self._lock:
            if name in self._folders:
                return self._folders[name]
            path = self._root / name
            path.mkdir(parents=True, exist_ok=True, mode=0o750)
            if self._sync:
                for parent in (*path.relative_to(self._root).parents,):
                    _flush_folder(self._root / parent)
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            # A writer may still flush into the newest folder day that we know; older ones are closed.
            stale = sorted({old[:10] for old in self._folders if not old.startswith(day)})[:-1]
            for old in [old for old in self._folders if old[:10] in stale]:
                os.close(self._folders.pop(old)[1])
            self._folders[name] = (path, fd)
            return path, fd

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


def _flush_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
