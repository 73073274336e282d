"""What every blob storage can do: write once under its own key, read ranges, delete, list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class BlobWriter(Protocol):
    """A blob being written; it does not exist for anyone else before `commit` has returned."""

    @property
    def key(self) -> str:
        """The key under which it will be found."""

    def put(self, head: bytes, body: bytes, sha256: bytes) -> None:
        """Write the whole blob, `head` and `body`, and make it durable as `commit` does; for small ones.

        `sha256` is the digest of `body`. Nothing else may have been written. Raises OutOfResources.
        """

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes; raise OutOfResources when there is no room."""

    def write_at(self, offset: int, data: bytes) -> None:
        """Overwrite bytes that have been written already."""

    def commit(self) -> None:
        """Make the blob durable; after this returns it survives a power cut (unless sync is off)."""

    def abort(self) -> None:
        """Remove everything that was written; may be called after a failed commit."""


class BlobReader(Protocol):
    """An open blob; a context manager."""

    @property
    def size(self) -> int:
        """Its length in bytes."""

    @property
    def path(self) -> Path | None:
        """The file it lies in, where it does."""

    @property
    def stamp(self) -> tuple[int, ...]:
        """What differs when the bytes have been changed (storage/verified.py)."""

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of a range, fewer at the end."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class BlobStore(Protocol):
    """Blobs are never overwritten: every `create` has a new key, made from nothing in the data."""

    def create(self) -> BlobWriter:
        """Begin a new blob; raise OutOfResources."""

    def prepare(self) -> None:
        """Do now, when nobody waits, what the next `create` would have to do; empty blobs may lie about until then."""

    def open(self, key: str) -> BlobReader:
        """Open a blob; raise NotFound."""

    def delete(self, key: str) -> None:
        """Remove a blob; nothing happens when it is gone."""

    def keys(self, since: str = "") -> Iterator[str]:
        """Yield the keys of all blobs of the days from `since` (YYYY/MM/DD) on, in order of the days."""

    def set_aside(self, key: str) -> None:
        """Move a blob that cannot be used out of the way, where an administrator finds it."""

    def free_bytes(self) -> int:
        """Return how much room is left."""

    def recover(self) -> None:
        """Bring back the committed blobs that a power cut took; safe at any time."""

    def settle(self) -> None:
        """Make sure that there will be nothing to bring back of what we, and processes that died, committed so far."""

    def close(self) -> None:
        """Settle and let go."""
