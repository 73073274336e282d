"""How does a tool make a new DICOM object of a file that is none? Attributes, pixels or a document, and new UIDs."""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from lumenarc.cli.part10_file import header_attributes, write_instance
from lumenarc.dicom import assignments, codestream, compose, media, video
from lumenarc.dicom.compose import Piece, Streamed
from lumenarc.dicom.media import DocumentKind, Pixels
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.transfer_syntaxes import is_encapsulated
from lumenarc.errors import BadRequest

_CHUNK = 1 << 20
_MAX_PICTURE_BYTES = 1 << 30
EXPLICIT_LE = "1.2.840.10008.1.2.1"
# What an object of the same study shares (PS3.3 C.7.1, C.7.2).
SHARED = (
    "00080005 00080020 00080030 00080050 00080051 00080090 00081030 00100010 00100020 00100021 00100030 00100040 "
    "00101010 00101030 0020000D 00200010"
).split()


def new_uid() -> str:
    """Return a UID that nobody has used (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def start(options: argparse.Namespace) -> Attributes:
    """Return the attributes that the options give to a new object.

    Raises:
        BadDataSet, BadRequest, OSError: a document or an assignment is wrong.
    """
    found: Attributes = {}
    if options.like:
        like = header_attributes(Path(options.like))
        found |= {name: like[name] for name in SHARED if name in like}
    if options.file:
        document = Path(options.file)
        data = document.read_bytes()
        if data.lstrip()[:1] == b"{":
            from lumenarc.cli.json2dcm import read_json

            found |= read_json(data)
        else:
            from lumenarc.dicom.dicom_xml import from_xml

            found |= from_xml(data, keep_spelling=True)
    assignments.assign(found, [assignments.parse(text) for text in options.set])
    found.pop("00080005", None)  # new objects are written in UTF-8
    return {name: entry for name, entry in found.items() if not name.startswith("0002")}


def pixels_of(source: Path, media_type: str, *, without_applications: bool = False) -> tuple[Pixels, Streamed]:
    """Return what the pixels of a picture or video are, and the value that holds them.

    Raises:
        Unrenderable, TooLarge: it is broken, or nothing that DICOM carries.
    """
    size = source.stat().st_size
    if media_type in media.VIDEOS:
        with source.open("rb") as stream:

            def read(offset: int, length: int) -> bytes:
                stream.seek(offset)
                return stream.read(length)

            pixels = (video.read_mp4 if media_type == "video/mp4" else video.read_mpeg2)(read, size)
        return pixels, Streamed("OB", (Piece(size, lambda: _chunks(source)),), encapsulated=True)
    if size > _MAX_PICTURE_BYTES:
        raise BadRequest("a picture of more than 1 GiB is not read")
    data = source.read_bytes()
    compressed = media.read_compressed(data, media_type) if media_type in media.COMPRESSED else None
    if compressed is not None:
        pixels, stream_bytes = compressed
        if without_applications and media_type in ("image/jpeg", "image/jls"):
            stream_bytes = codestream.without_applications(stream_bytes)
        return pixels, _held(pixels, stream_bytes)
    from lumenarc.dicom.unpack import unpack

    unpacked = unpack(data)
    return unpacked.pixels(), _held(unpacked.pixels(), unpacked.data)


def _held(pixels: Pixels, data: bytes) -> Streamed:
    encapsulated = is_encapsulated(pixels.transfer_syntax_uid)
    vr = "OB" if encapsulated or pixels.bits_allocated <= 8 else "OW"
    return Streamed(vr, (Piece(len(data), lambda: iter((data,))),), encapsulated=encapsulated)


def _chunks(source: Path) -> Iterator[bytes]:
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def write_image(target: Path, attributes: Attributes, pixels: Pixels, value: Streamed) -> str:
    """Write an image or video object; return its SOP Instance UID."""
    whole = compose.with_pixels(attributes, pixels, value.n_bytes)
    return _write(target, whole, pixels.transfer_syntax_uid, {0x7FE00010: value})


def write_document(target: Path, attributes: Attributes, kind: DocumentKind, source: Path) -> str:
    """Write an object that encapsulates a document; return its SOP Instance UID."""
    size = source.stat().st_size
    value = Streamed("OB", (Piece(size, lambda: _chunks(source)),))
    return _write(target, compose.with_document(attributes, kind, size), EXPLICIT_LE, {0x00420011: value})


def _write(target: Path, attributes: Attributes, syntax: str, streamed: dict[int, Streamed]) -> str:
    uids = {name: new_uid() for name in ("0020000D", "0020000E", "00080018")}
    whole = compose.completed(attributes, uids, int(time.time() * 1000))
    write_instance(target, whole, syntax, compose.written(whole, streamed))
    return str(whole["00080018"]["Value"][0])
