"""How do JSON and XML refer to values that stay in a file, and how are they read back? (PS3.18 F.2.2, RFC 8089)

A reference is `file:///path?offset=…&length=…`. Only DICOM files, and files in a folder that the caller has named, are
read: a document from a stranger must not carry off what else lies on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lumenarc.cli.part10_file import Part10
from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.lazy import EXPLICIT_BE
from lumenarc.dicom.part10 import is_part10
from lumenarc.dicom.whole import Bulk, BulkReader
from lumenarc.errors import BadRequest

_CHUNK = 1 << 20
_MAX_WHOLE_BYTES = 1 << 30


def bulk_of(path: Path, file: Part10, *, inline: bool, drop: bool, threshold: int) -> Bulk:
    """Say what becomes of the big values of a file; those of deflated and of big endian files are always inline."""
    syntax = file.source.transfer_syntax_uid
    if drop:
        return Bulk(None, keep=False, threshold=threshold, keep_spelling=True)
    if inline or syntax in DEFLATED or syntax == EXPLICIT_BE or str(path) == "-":
        return Bulk(None, threshold=threshold, keep_spelling=True)
    uri = path.resolve().as_uri()
    start = file.start
    return Bulk(
        lambda offset, length: f"{uri}?offset={start + offset}&length={length}",
        threshold=threshold,
        keep_spelling=True,
    )


def reader(document: Path, folder: Path | None) -> BulkReader:
    """Return what reads the references of a document, relative ones from its folder."""

    def pieces(uri: str) -> tuple[int, Iterator[bytes]]:
        path, offset, length = _placed(uri, document.parent)
        size = path.stat().st_size
        if not _is_allowed(path, folder):
            raise BadRequest(f"{path.name} is no DICOM file and not in the folder of --bulk-folder: it is not read.")
        length = size - offset if length is None else length
        if offset + length > size:
            raise BadRequest(f"{path.name} ends before the value that is referred to.")
        return length, _chunks(path, offset, length)

    def whole(uri: str) -> bytes:
        length, chunks = pieces(uri)
        if length > _MAX_WHOLE_BYTES:
            raise BadRequest("A value that is no pixel data is larger than 1 GiB.")
        return b"".join(chunks)

    return BulkReader(whole, pieces)


def _placed(uri: str, base: Path) -> tuple[Path, int, int | None]:
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        raise BadRequest("Bulk data are read from files only.")
    query = parse_qs(parts.query)
    try:
        offset = int(query.get("offset", ["0"])[0])
        length = int(query["length"][0]) if "length" in query else None
    except ValueError:
        raise BadRequest("A reference to bulk data has an offset or length that is no number.") from None
    if offset < 0 or (length is not None and length < 0):
        raise BadRequest("A reference to bulk data has a negative offset or length.")
    return base / unquote(parts.path), offset, length


def _is_allowed(path: Path, folder: Path | None) -> bool:
    if folder is not None and path.resolve().is_relative_to(folder.resolve()):
        return True
    with path.open("rb") as stream:
        return is_part10(stream.read(132))


def _chunks(path: Path, offset: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(offset)
        while length:
            chunk = stream.read(min(length, _CHUNK))
            if not chunk:
                raise OSError(0, f"{os.fspath(path)} has become shorter")
            length -= len(chunk)
            yield chunk
