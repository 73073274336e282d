"""How does a tool open a DICOM file and write one? (PS3.10 7.1)

Reading holds a window of the file, never the whole of it; a deflated data set is inflated into a temporary file.
Writing goes beside the final name and is renamed at the end, so that no half-written file ever bears it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.part10 import Meta, build_meta, parse_meta
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.source import DataSetSource, deflate
from lumenarc.dicom.whole import read_header
from lumenarc.errors import BadDataSet

_HEAD_BYTES = 1 << 16
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part10:
    """An open DICOM file: its File Meta, and its data set to be read at any place (inflated when it is deflated).

    `head` are its first bytes, up to the data set; `start` is where the data set begins in the file.
    """

    meta: Meta
    head: bytes
    source: DataSetSource
    start: int
    is_deflated: bool


@contextmanager
def opened(path: Path) -> Iterator[Part10]:
    """Open a DICOM file; `-` is standard input.

    Raises:
        BadDataSet: it is none, or what is deflated cannot be inflated.
        OSError: it cannot be read.
    """
    with _seekable(path) as stream:
        descriptor = stream.fileno()
        size = os.fstat(descriptor).st_size
        head = os.pread(descriptor, _HEAD_BYTES, 0)
        meta = parse_meta(head)
        start, syntax = meta.header_bytes, meta.transfer_syntax_uid
        if syntax not in DEFLATED:
            yield Part10(meta, head[:start], _source(descriptor, start, size - start, syntax), start, False)
            return
        with tempfile.TemporaryFile() as plain:
            _inflate(descriptor, start, plain)
            n_bytes = plain.tell()
            yield Part10(meta, head[:start], _source(plain.fileno(), 0, n_bytes, syntax), start, True)


def _source(descriptor: int, start: int, n_bytes: int, syntax: str) -> DataSetSource:
    def read(offset: int, length: int) -> bytes:
        return os.pread(descriptor, min(length, max(n_bytes - offset, 0)), start + offset)

    return DataSetSource(read, n_bytes, syntax)


@contextmanager
def _seekable(path: Path) -> Iterator[IO[bytes]]:
    if str(path) != "-":
        with path.open("rb") as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy, _CHUNK)
        copy.flush()
        yield copy


def _inflate(descriptor: int, place: int, plain: IO[bytes]) -> None:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while not engine.eof and (chunk := os.pread(descriptor, _CHUNK, place)):
            place += len(chunk)
            while chunk:
                plain.write(engine.decompress(chunk, _CHUNK))
                chunk = engine.unconsumed_tail
        plain.write(engine.flush())
    except zlib.error as error:
        raise BadDataSet("The deflated data set is broken.") from error
    if not engine.eof:
        raise BadDataSet("The deflated data set ends early.")
    plain.flush()


@contextmanager
def written(target: Path) -> Iterator[IO[bytes]]:
    """Write a file that has its name only when it is complete; `-` is standard output. Folders are made.

    What is there and is no regular file (a pipe, a device) is written to, not replaced.
    """
    if str(target) == "-":
        yield sys.stdout.buffer
        return
    if _is_special(target):
        with target.open("wb") as stream:
            yield stream
        return
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with _new(beside) as stream:
            yield stream
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _is_special(target: Path) -> bool:
    try:
        return not stat.S_ISREG(target.stat().st_mode)
    except FileNotFoundError:
        return False


def _new(path: Path) -> IO[bytes]:
    """Open a new file; its folder is made when it is not there, which is seldom."""
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


def write_file(target: Path, meta: Meta, chunks: Iterable[bytes]) -> None:
    """Write a DICOM file from its data set in chunks, deflating when the transfer syntax says so.

    Only the UIDs and the source AE of `meta` are used. Whatever the chunks raise leaves no file behind.
    """
    syntax = meta.transfer_syntax_uid
    head = build_meta(meta.sop_class_uid, meta.sop_instance_uid, syntax, meta.source_aet or None)
    with written(target) as stream:
        stream.write(head)
        for chunk in deflate(chunks) if syntax in DEFLATED else chunks:
            stream.write(chunk)


def write_instance(target: Path, attributes: Attributes, syntax: str, chunks: Iterable[bytes]) -> None:
    """Write a DICOM file whose UIDs stand in `attributes`."""
    uids = [str((attributes.get(name, {}).get("Value") or [""])[0] or "") for name in ("00080016", "00080018")]
    write_file(target, Meta(uids[0], uids[1], syntax, "", 0), chunks)


def header_attributes(path: Path) -> Attributes:
    """Return the attributes of a file up to its pixel data, without big values, and those of its File Meta."""
    with opened(path) as file:
        return meta_attributes(file.meta) | read_header(file.source)


def meta_attributes(meta: Meta) -> Attributes:
    """Return what is known of the File Meta as attributes."""
    known = {"00020002": meta.sop_class_uid, "00020003": meta.sop_instance_uid, "00020010": meta.transfer_syntax_uid}
    found: Attributes = {name: {"vr": "UI", "Value": [value]} for name, value in known.items() if value}
    if meta.source_aet:
        found["00020016"] = {"vr": "AE", "Value": [meta.source_aet]}
    return found
