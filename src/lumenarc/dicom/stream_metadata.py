"""Which bytes of compressed pixel data are no picture: comments, application data, what follows the end? (PS3.15 E.1)

ISO/IEC 10918-1 B.2 and 14495-1 C.1 (COM, APPn), 15444-1 A.9.2 (COM) and I.7 (XML and UUID boxes), 18181-2 (Exif, XML),
14496-12 8.10 (user data). They may hold names, so they are overwritten with zeros; nothing moves, so that offset tables
stay true and whole instances stream through.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

from lumenarc.dicom import codecs
from lumenarc.dicom.codecs import MAX_FRAME_BYTES, Family
from lumenarc.dicom.frames import Extent, Frame, Read, read_frame, scan_fragments
from lumenarc.dicom.header import PixelElement
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.source import DataSetSource
from lumenarc.dicom.transcode import locate_frames
from lumenarc.dicom.video import boxes
from lumenarc.errors import BadDataSet, Unrenderable

Patch = tuple[int, bytes]
"""Offset and what stands there instead."""
_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # anything else behind FF is image data, or a restart
_JFIF_BYTES, _ADOBE_BYTES, _CHUNK, _MAX_BOX = 14, 12, 1 << 20, 64 << 20
_WITHOUT = (Family.RLE, Family.ENCAPSULATED, Family.DEFLATED_FRAME)
_IMAGE_BOXES = frozenset((b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"JXL ", b"jxlc", b"jxlp", b"jxll"))
_TOLD_BOXES = frozenset((b"udta", b"meta", b"uuid"))


def cleaned(source: DataSetSource, pixel: PixelElement, start: int, end: int) -> Iterator[bytes]:
    """Give the bytes of a data set from `start` to `end`, its pixel data without what is no picture."""
    place = start
    for (offset, n_bytes), patches in _fragments(source, pixel):
        for at, new in patches:
            yield from _copied(source.read, place, offset + at)
            yield new
            place = offset + at + len(new)
        if offset + n_bytes > end:
            break
    yield from _copied(source.read, place, end)


def patches_of(data: bytes) -> list[Patch]:
    """Return what to overwrite in one compressed frame; nothing in what cannot be read."""
    if data.startswith(b"\xff\xd8"):
        return list(_jpeg(data))
    if data.startswith(b"\xff\x4f"):
        return list(_codestream(data, 0))
    return list(_boxed(data)) if data[4:8] in (b"jP  ", b"JXL ") else []


def _fragments(source: DataSetSource, pixel: PixelElement) -> Iterator[tuple[Extent, list[Patch]]]:
    """Give the fragments that need it with their patches, in order."""
    known = codecs.SYNTAXES.get(source.transfer_syntax_uid)
    if pixel.length is not None or known is None or known.family in _WITHOUT:
        return
    if known.family is Family.VIDEO:
        for fragment in scan_fragments(source.read, pixel.offset):
            yield fragment, _film(source.read, fragment)
        return
    for frame in _frames(source, pixel):
        if sum(length for _, length in frame) <= MAX_FRAME_BYTES:
            yield from _divided(frame, patches_of(read_frame(source.read, frame)))


def _frames(source: DataSetSource, pixel: PixelElement) -> Sequence[Frame]:
    try:
        return locate_frames(source, pixel, LazySet.of(source.read(0, pixel.offset), source.transfer_syntax_uid))
    except (BadDataSet, Unrenderable):  # each fragment for itself
        return [(fragment,) for fragment in scan_fragments(source.read, pixel.offset)]


def _divided(frame: Frame, patches: list[Patch]) -> Iterator[tuple[Extent, list[Patch]]]:
    """Divide the patches of a frame among its fragments."""
    begin = 0
    for extent in frame:
        end = begin + extent[1]
        inside = []
        for at, new in patches:
            low, high = max(at, begin), min(at + len(new), end)
            if low < high:
                inside.append((low - begin, new[low - at : high - at]))
        if inside:
            yield extent, inside
        begin = end


def _zeros(start: int, end: int) -> Patch:
    return start, bytes(max(end - start, 0))


def _jpeg(data: bytes) -> Iterator[Patch]:
    """Find COM and APPn of JPEG and JPEG-LS, but for what decoders need: JFIF (no thumbnail), Adobe, HP's colours."""
    place = 2
    while (found := _MARKER.search(data, place)) is not None:
        marker, place = data[found.start() + 1], found.end()
        if marker == 0xD9:
            if data[place:].strip(b"\0"):
                yield _zeros(place, len(data))
            return
        if marker == 0xD8 or place + 2 > len(data):
            continue
        (length,) = struct.unpack_from(">H", data, place)
        content, end = place + 2, min(place + max(length, 2), len(data))
        if marker == 0xFE or 0xE0 <= marker <= 0xEF:
            content += _needed(marker, data[content:end])
            if content < end:
                yield _zeros(content, end)
        place = end


def _needed(marker: int, content: bytes) -> int:
    """Return how many bytes of an application segment say how to decode the image."""
    if marker == 0xE0 and content.startswith(b"JFIF\0"):
        return _JFIF_BYTES
    if marker == 0xEE and content.startswith(b"Adobe"):
        return _ADOBE_BYTES
    return 5 if marker == 0xE8 and content.startswith(b"mrfx") else 0


def _codestream(data: bytes, place: int) -> Iterator[Patch]:
    """Find the comments in the headers of a JPEG 2000 codestream, and what follows its end."""
    place += 2
    tile_end = 0
    while place + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, place)
        if marker == 0xFFD9:
            if data[place + 2 :].strip(b"\0"):
                yield _zeros(place + 2, len(data))
            return
        if marker == 0xFF93:  # SOD: the data of a tile-part
            if not tile_end:
                return
            place = tile_end
            continue
        if marker == 0xFF90 and length >= 10 and place + 12 <= len(data):
            (n_bytes,) = struct.unpack_from(">I", data, place + 6)
            tile_end = place + n_bytes if n_bytes else 0
        elif marker == 0xFF64 and length > 4:
            yield _zeros(place + 6, min(place + 2 + length, len(data)))
        if marker < 0xFF30 or length < 2:
            return
        place += 2 + length


def _boxed(data: bytes) -> Iterator[Patch]:
    """Find the boxes of a JP2 or JPEG XL file that are no image, and the comments inside the codestream."""
    try:
        found = list(boxes(lambda offset, length: data[offset : offset + length], len(data)))
    except Unrenderable:
        return
    for kind, start, end in found:
        if kind == b"jp2c":
            yield from ((at, new) for at, new in _codestream(data[:end], start))
        elif kind not in _IMAGE_BOXES:
            yield start - 4, b"free" + bytes(end - start)


def _film(read: Read, fragment: Extent) -> list[Patch]:
    """Find what an MP4 file says beside its tracks: user data, metadata."""
    offset, n_bytes = fragment

    def inside(place: int, length: int) -> bytes:
        return read(offset + place, min(length, n_bytes - place))

    if inside(4, 4) != b"ftyp":
        return []
    try:
        found = [each for each in boxes(inside, n_bytes) if each[0] in _TOLD_BOXES]
    except Unrenderable:
        return []
    return [(start - 4, b"free" + bytes(end - start)) for _, start, end in found if end - start <= _MAX_BOX]


def _copied(read: Read, place: int, end: int) -> Iterator[bytes]:
    while place < end and (chunk := read(place, min(_CHUNK, end - place))):
        place += len(chunk)
        yield chunk
