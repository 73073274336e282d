"""How are blobs made durable without waiting for the file system's own journal? By writing them twice.

Flushing a new small file waits for the disk three times, because the file system records the file's birth as well
(measured: 0.33 ms). Writing into a file whose blocks exist waits once (0.11 ms). So the bytes of a small blob are also
appended here, and its file is flushed later, together with thousands of others. After a power cut `replay` writes the
files that the disk had not seen (ADR 0006).

A segment is a file of zeroed blocks that belongs to one process (flock). Its first page is
`MAGIC generation`; records follow, each from a page boundary, so that no acknowledged byte is written again:

    offset  size  field
    0       8     MAGIC
    8       16    generation: random, new whenever the segment begins anew; what lies behind from before does not count
    24      4     CRC-32 of what follows up to the body
    28      4     length of the key
    32      4     length of the head
    36      4     length of the body
    40      32    SHA-256 of the body, which whoever stores it has anyway
    72            key (ASCII), head, body
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import logging
import mmap
import os
import secrets
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

log = logging.getLogger(__name__)
MAX_BLOB_BYTES = 160 << 10
SEGMENT_BYTES = 32 << 20
MAGIC = b"LUMJRNL2"
_PAGE = 4096
_FEW_BYTES = 16 << 20
_FIRST_BYTES = 1 << 20
# Blocks are made this far ahead of the records, so that nobody who stores waits for them.
_AHEAD_BYTES = 4 << 20
_ZEROES = bytes(1 << 20)
_HEAD = struct.Struct("<8s16sI")
_FIELDS = struct.Struct("<III32s")
_HEAD_BYTES = _HEAD.size + _FIELDS.size
SUFFIX = ".journal"
# Keys of blobs that were deleted while another process could still have a record of them.
_DELETED = "deleted"


class _Segment:
    """One file of the journal; the keys of the blobs that only it makes durable."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Under its own name only when it is locked: nobody may take it for one of a dead process.
        unlocked = path.with_suffix(".new")
        self._fd = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        # Through this one every write waits until its bytes are on the disk.
        self._synced = os.open(unlocked, os.O_WRONLY | os.O_DSYNC | os.O_CLOEXEC)
        self.keys: set[str] = set()
        self.n_writing = 0
        self.room = 0
        self.add_room(_FIRST_BYTES)
        self.begin()
        unlocked.rename(path)

    def add_room(self, n_bytes: int) -> None:
        """Give the file more blocks: what is written into blocks that exist needs nothing of the file system."""
        end = min(self.room + n_bytes, SEGMENT_BYTES)
        at = self.room
        while at < end:
            at += os.pwrite(self._fd, memoryview(_ZEROES)[: end - at], at)
        os.fsync(self._fd)
        self.room = end

    def begin(self) -> None:
        """Forget what it holds: all of that is durable elsewhere."""
        self.generation = secrets.token_bytes(16)
        os.pwrite(self._synced, (MAGIC + self.generation).ljust(_PAGE, b"\0"), 0)
        self.end = _PAGE
        self.keys.clear()

    def write(self, offset: int, head: bytes, body: bytes) -> None:
        """Write a record and wait for the disk."""
        if os.pwritev(self._synced, (head, body), offset) != len(head) + len(body):
            raise OSError("A record of the journal was written in part.")

    def remove(self) -> None:
        """Delete the file; the lock goes with it."""
        self.path.unlink(missing_ok=True)
        os.close(self._synced)
        os.close(self._fd)


class Journal:
    """Two segments of this process, one being filled while the files of the other are flushed; for many threads."""

    def __init__(self, folder: Path, flush_files: Callable[[], None]) -> None:
        """`flush_files` makes everything durable that was written to the storage before; it may take long."""
        self._folder, self._flush_files = folder, flush_files
        self._lock = threading.Condition()
        self._current: _Segment | None = None
        self._spare: _Segment | None = None
        self._full: _Segment | None = None
        self._is_growing = False

    def append(self, key: str, head: bytes, body: bytes, sha256: bytes) -> bool:
        """Make a blob durable whose file is written and not flushed; False when the caller has to flush it himself."""
        name = key.encode("ascii")
        n_bytes = _HEAD_BYTES + len(name) + len(head) + len(body)
        if n_bytes > MAX_BLOB_BYTES:
            return False
        about = _FIELDS.pack(len(name), len(head), len(body), sha256) + name + head
        crc = zlib.crc32(about)
        try:
            with self._lock:
                segment = self._with_room(_whole_pages(n_bytes))
                if segment is None:
                    return False
                offset = segment.end
                segment.end += _whole_pages(n_bytes)
                segment.n_writing += 1
                segment.keys.add(key)
            try:
                segment.write(offset, _HEAD.pack(MAGIC, segment.generation, crc) + about, body)
            finally:
                with self._lock:
                    segment.n_writing -= 1
                    if not segment.n_writing:
                        self._lock.notify_all()
        except OSError:
            return False  # no room for a journal: files are flushed one by one, or refused where that fails too
        return True

    def _with_room(self, n_bytes: int) -> _Segment | None:
        """Return the segment to append to; None while it gets more blocks, or the other one is being emptied."""
        if self._current is None:
            self._current = self._new()
        elif self._current.end + n_bytes > SEGMENT_BYTES:
            if self._full is not None:
                return None
            self._full, self._current, self._spare = self._current, self._spare or self._new(), None
            threading.Thread(target=self._empty, args=(self._full,), name="journal", daemon=True).start()
        segment = self._current
        if segment.room < min(segment.end + _AHEAD_BYTES, SEGMENT_BYTES) and not self._is_growing:
            self._is_growing = True
            threading.Thread(target=self._grow, args=(segment,), name="journal-room", daemon=True).start()
        return segment if segment.end + n_bytes <= segment.room else None

    def _grow(self, segment: _Segment) -> None:
        """Make blocks ahead of the records; a segment in use is not removed meanwhile, see `close`."""
        try:
            segment.add_room(_AHEAD_BYTES)
        except OSError as error:
            log.warning("no room for the journal: %s", error.strerror)
            time.sleep(1)  # files are flushed one by one meanwhile
        with self._lock:
            self._is_growing = False
            self._lock.notify_all()

    def _new(self) -> _Segment:
        if not self._folder.is_dir():
            self._folder.mkdir(exist_ok=True, mode=0o750)
            flush_folder(self._folder.parent)
        segment = _Segment(self._folder / (secrets.token_hex(8) + SUFFIX))
        flush_folder(self._folder)
        return segment

    def _empty(self, full: _Segment) -> None:
        """Flush the files of a full segment and keep it as the spare one."""
        with self._lock:
            self._lock.wait_for(lambda: not full.n_writing)
        emptied = False
        try:
            self._flush_files()
            full.begin()
            emptied = True
        except OSError as error:
            log.error("the journal cannot be emptied: %s", error.strerror)  # its records stay for `replay`
        with self._lock:
            self._full, self._spare = None, full if emptied else None
            self._lock.notify_all()

    def holds(self, key: str) -> bool:
        """Tell whether a record of a blob would bring it back after a power cut."""
        with self._lock:
            return any(segment is not None and key in segment.keys for segment in (self._current, self._full))

    def forget(self, key: str) -> None:
        """Note that a blob is deleted on purpose, when another process may have a record that would bring it back."""
        with self._lock:
            ours = {segment.path for segment in (self._current, self._spare, self._full) if segment is not None}
        if all(path in ours for path in self._folder.glob(f"*{SUFFIX}")):
            return
        fd = os.open(self._folder / _DELETED, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.write(fd, f"{key}\n".encode("ascii"))
            os.fsync(fd)
        finally:
            os.close(fd)

    def settle(self) -> None:
        """Make every file durable and empty the journal; raise OSError when that fails."""
        with self._lock:
            self._lock.wait_for(lambda: self._full is None and not (self._current and self._current.n_writing))
            if self._current is not None and self._current.keys:
                self._flush_files()
                self._current.begin()

    def close(self) -> None:
        """Settle, then delete the segments."""
        self.settle()
        with self._lock:
            self._lock.wait_for(lambda: not self._is_growing)
            for segment in filter(None, (self._current, self._spare)):
                segment.remove()
            self._current = self._spare = None


def replay(folder: Path, restore: Callable[[str, bytes, bool], None], flush_files: Callable[[], None]) -> None:
    """Hand every record that a dead process left to `restore`, make the files durable, and delete the segments.

    The last argument of `restore` asks it to flush the file: flushing the whole file system waits for whatever else is
    being written to it, which kept a killed archive from being ready again for half a minute (measured).
    Blobs that were deleted on purpose since are left out.
    """
    deleted = folder / _DELETED
    gone = frozenset(deleted.read_text("ascii").split("\n")) if deleted.is_file() else frozenset()
    for path in _left_behind(folder):
        n_bytes = 0
        if not _is_ours(path):
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as segment:
            for key, blob in _records(segment):
                n_bytes += len(blob)
                if key not in gone:
                    restore(key, blob, n_bytes <= _FEW_BYTES)
        if n_bytes > _FEW_BYTES:
            flush_files()
        path.unlink()
    _forget_deleted(folder)
    for path in folder.glob("*.new"):
        path.unlink(missing_ok=True)  # one that never came to hold anything


def _is_ours(path: Path) -> bool:
    """Tell whether a segment has our format; one that another version left is kept, and said to be there."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            return True
    log.error("a journal of another version was left: start that version once, or remove it: %s", path.name)
    return False


def _forget_deleted(folder: Path) -> None:
    """Drop the notes of deletions once no record is left that they speak of."""
    if not any(folder.glob(f"*{SUFFIX}")):
        (folder / _DELETED).unlink(missing_ok=True)


def settle_dead(folder: Path, flush_files: Callable[[], None]) -> None:
    """Flush the files of processes that died while the machine went on, and delete their segments.

    Nothing is restored: the files are as they were left, and some may have been deleted on purpose since.
    """
    for path in _left_behind(folder):
        if _is_ours(path):
            flush_files()
            path.unlink()
    _forget_deleted(folder)


def _left_behind(folder: Path) -> Iterator[Path]:
    """Yield the segments whose process is no more, each locked while it is in hand."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # somebody else was faster
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # its process lives
            yield path
        finally:
            os.close(fd)


def _records(data: bytes | mmap.mmap) -> Iterator[tuple[str, bytes]]:
    """Yield key and blob of each record; one that was being written leaves a gap, so the search goes on behind it."""
    generation = data[8:24]
    at = _PAGE
    while data[:8] == MAGIC and at + _HEAD_BYTES <= len(data):
        magic, of, crc = _HEAD.unpack_from(data, at)
        n_key, n_head, n_body, sha256 = _FIELDS.unpack_from(data, at + _HEAD.size)
        start, key = at + _HEAD.size, at + _HEAD_BYTES
        blob, body = key + n_key, key + n_key + n_head
        end = body + n_body
        at += _PAGE
        if magic != MAGIC or of != generation or end > len(data) or zlib.crc32(data[start:body]) != crc:
            continue
        if hashlib.sha256(data[body:end]).digest() != sha256:
            continue
        yield data[key:blob].decode("ascii"), data[blob:end]
        at = _whole_pages(end)


def _whole_pages(n_bytes: int) -> int:
    return -(-n_bytes // _PAGE) * _PAGE


_LIBC = ctypes.CDLL(None, use_errno=True)
_SYNC_FILE_RANGE = getattr(_LIBC, "sync_file_range", None)
if _SYNC_FILE_RANGE is not None:
    _SYNC_FILE_RANGE.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
_SYNC_FILE_RANGE_WRITE = 2


def begin_to_write(fd: int, offset: int, n_bytes: int) -> None:
    """Let the disk begin to write a range of a file; nobody waits, and readers still find it in memory."""
    if _SYNC_FILE_RANGE is not None:
        _SYNC_FILE_RANGE(fd, offset, n_bytes, _SYNC_FILE_RANGE_WRITE)


def flush_file_system(path: Path) -> None:
    """Make everything durable that was written to the file system of a folder; raise OSError when that fails."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        syncfs = getattr(_LIBC, "syncfs", None)
        if syncfs is None:
            os.sync()
        elif syncfs(fd):
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(fd)


def flush_folder(path: Path) -> None:
    """Make the entries of a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
