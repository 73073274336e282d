"""How is a whole data set written in another transfer syntax, a frame at a time? (PS3.5 A.4; PS3.3 C.7.6.1.1.5)

A reader goes in, chunks come out, and no more than a frame or two is in memory, so that a 10 GB multi-frame image
costs no more than a small one. The frames themselves are worked on by `recode`: inline, or in decoding workers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from lumenarc.dicom import codecs
from lumenarc.dicom.codecs import Family
from lumenarc.dicom.frames import Frame, locate_encapsulated, locate_native, read_frame
from lumenarc.dicom.header import PixelElement
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.pixels import PixelShape, shape_of
from lumenarc.dicom.recode import Recoded, Recoding, can_transcode, check_recoding, recode_frame
from lumenarc.dicom.reencode import Changes, Encoding, element, reencode, swap
from lumenarc.dicom.source import MAX_HEAD_BYTES, DataSetSource, deflate, find_pixels, pixel_start
from lumenarc.errors import BadDataSet, NotAcceptable

__all__ = ["DataSetSource", "Recoding", "can_transcode", "find_pixels", "locate_frames", "pixel_extent", "transcode"]

Recode = Callable[[bytes, int, PixelShape, Recoding], Recoded]
_DEFLATED = "1.2.840.10008.1.2.1.99"
_CHUNK = 1 << 20
_MAX_TAIL = 64 << 20
_METHODS = {
    Family.JPEG: b"ISO_10918_1", Family.JPEG_LS: b"ISO_14495_1", Family.JPEG_2000: b"ISO_15444_1",
    Family.HTJ2K: b"ISO_15444_15", Family.JPEG_XL: b"ISO_18181_1",
}  # fmt: skip
_OFFSET_TABLES = (0x7FE00001, 0x7FE00002, 0x7FE00003)


def locate_frames(source: DataSetSource, pixel: PixelElement, head: LazySet) -> list[Frame]:
    """Find the extents of every frame.

    Raises:
        BadDataSet, Unrenderable: the pixel data contradict the header.
    """
    shape = shape_of(head)
    if pixel.length is not None:
        return locate_native(pixel.offset, pixel.length, shape.frame_bits, shape.n_frames)
    offsets, lengths = bytes(head.raw(_OFFSET_TABLES[0])), bytes(head.raw(_OFFSET_TABLES[1]))
    return locate_encapsulated(source.read, pixel.offset, shape.n_frames, offsets, lengths)


def transcode(source: DataSetSource, recoding: Recoding, recode: Recode = recode_frame) -> Iterator[bytes]:
    """Give the data set in the target syntax, in chunks. Lossy compression keeps the SOP Instance UID: the caller
    decides.

    Raises:
        NotAcceptable: the target cannot hold these pixels (before the first chunk).
        Unrenderable, BadDataSet: the source is broken; possibly after some chunks.
    """
    pixel = find_pixels(source)
    chunks = _transcode_image(source, pixel, recoding, recode) if pixel else _transcode_plain(source, recoding)
    return deflate(chunks) if recoding.target_uid == _DEFLATED else chunks


def _transcode_plain(source: DataSetSource, recoding: Recoding) -> Iterator[bytes]:
    if source.n_bytes > MAX_HEAD_BYTES:
        raise NotAcceptable("The data set is too large to be re-encoded")
    head = source.read(0, source.n_bytes)
    signed = LazySet.of(head, source.transfer_syntax_uid).us(0x00280103) == 1
    yield reencode(head, source.transfer_syntax_uid, recoding.target_uid, {}, signed)


def _transcode_image(source: DataSetSource, pixel: PixelElement, recoding: Recoding, recode: Recode) -> Iterator[bytes]:
    whole = source.read(0, pixel.offset)
    head, head_bytes = LazySet.of(whole, source.transfer_syntax_uid), whole[: pixel_start(source, pixel)]
    shape = shape_of(head)
    if pixel.tag != 0x7FE00010:
        shape = replace(shape, is_float=True, signed=False)
    target = check_recoding(shape, recoding)
    frames = locate_frames(source, pixel, head)
    if len(frames) != shape.n_frames:
        raise BadDataSet("The pixel data do not hold the number of frames the header says")
    job = _Job(source, pixel, shape, frames, recoding, recode)
    tail = _tail(source, pixel, frames)
    if pixel.length is not None and target.family is Family.NATIVE and not recoding.blank:
        body, changes = job.copied(), _dropped()
    else:
        first = job.recoded(0)
        changes = _changes(head, shape, first, recoding)
        body = job.native(first) if target.family is Family.NATIVE else job.encapsulated(first)
    yield reencode(head_bytes, source.transfer_syntax_uid, recoding.target_uid, changes, shape.signed)
    yield from body
    if tail:
        yield reencode(tail, source.transfer_syntax_uid, recoding.target_uid, {}, shape.signed)


def pixel_extent(source: DataSetSource, pixel: PixelElement, frames: list[Frame]) -> tuple[int, int]:
    """Give where the pixel data element starts, its tag included, and where the next element would."""
    start = pixel_start(source, pixel)
    if pixel.length is not None:
        return start, pixel.offset + pixel.length
    offset, length = frames[-1][-1]
    end = offset + length + length % 2
    return start, end + 8 if source.read(end, 4) == b"\xfe\xff\xdd\xe0" else end


def _tail(source: DataSetSource, pixel: PixelElement, frames: list[Frame]) -> bytes:
    end = pixel_extent(source, pixel, frames)[1]
    n_bytes = max(source.n_bytes - end, 0)
    return source.read(end, n_bytes) if 8 <= n_bytes <= _MAX_TAIL else b""


class _Job:
    """The pixel data of one data set on their way."""

    def __init__(
        self,
        source: DataSetSource,
        pixel: PixelElement,
        shape: PixelShape,
        frames: list[Frame],
        recoding: Recoding,
        recode: Recode,
    ) -> None:
        self.source, self.pixel, self.shape, self.frames = source, pixel, shape, frames
        self.recoding, self.recode = recoding, recode
        self.target = Encoding.of(recoding.target_uid)

    def recoded(self, index: int) -> Recoded:
        data = read_frame(self.source.read, self.frames[index], codecs.MAX_FRAME_BYTES)
        return self.recode(data, index, self.shape, self.recoding)

    def _rest(self, first: Recoded) -> Iterator[Recoded]:
        yield first
        for index in range(1, len(self.frames)):
            found = self.recoded(index)
            if (found.photometric, found.bits_stored) != (first.photometric, first.bits_stored):
                raise NotAcceptable("The frames of the image differ in colour or depth")
            yield found

    def encapsulated(self, first: Recoded) -> Iterator[bytes]:
        """Give an empty offset table, then each frame in one fragment: lengths are not known ahead."""
        yield struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
        for found in self._rest(first):
            odd = len(found.data) % 2
            yield struct.pack("<HHI", 0xFFFE, 0xE000, len(found.data) + odd)
            yield found.data + b"\0" * odd
        yield struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)

    def native(self, first: Recoded) -> Iterator[bytes]:
        """Give a pixel data element of known length, frame by frame."""
        shape = self.shape
        bits = shape.rows * shape.columns * shape.samples * shape.bits_allocated
        total = (bits * len(self.frames) + 7) // 8
        yield self._native_header(total)
        if shape.bits_allocated == 1:
            yield from _pack_frames(found.data for found in self._rest(first))
        else:
            for found in self._rest(first):
                yield found.data
        if total % 2:
            yield b"\0"

    def copied(self) -> Iterator[bytes]:
        """Give native pixel data in another byte order, or just as they are."""
        assert self.pixel.length is not None
        source = Encoding.of(self.source.transfer_syntax_uid)
        unit = self.shape.bits_allocated // 8
        if unit <= 1:
            unit = 2 if self.shape.is_words and source.order == ">" else 1
        length = self.pixel.length
        yield self._native_header(length)
        for place in range(0, length, _CHUNK):
            chunk = self.source.read(self.pixel.offset + place, min(_CHUNK, length - place))
            if len(chunk) != min(_CHUNK, length - place):
                raise BadDataSet("The pixel data end early")
            if unit > 1 and (source.order != self.target.order or self.shape.bits_allocated <= 8):
                whole = len(chunk) // unit * unit
                chunk = swap(chunk[:whole], unit) + chunk[whole:]
            yield chunk
        if length % 2:
            yield b"\0"

    def _native_header(self, n_bytes: int) -> bytes:
        if n_bytes > 0xFFFFFFFE:
            raise NotAcceptable("Uncompressed, the pixel data would be longer than an element can be")
        # Bytes are written as OB: then the byte order cannot touch them.
        plain = b"OW" if self.shape.bits_allocated > 8 else b"OB"
        vr = {0x7FE00008: b"OF", 0x7FE00009: b"OD"}.get(self.pixel.tag, plain)
        n_bytes += n_bytes % 2
        return element(self.pixel.tag, vr, b"", self.target)[:-4] + struct.pack(f"{self.target.order}I", n_bytes)


def _pack_frames(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Join frames of one byte a pixel into a stream of bits without gaps."""
    carry = np.zeros(0, np.uint8)
    for data in frames:
        bits = np.concatenate((carry, np.frombuffer(data, np.uint8)))
        whole = bits.size // 8 * 8
        yield np.packbits(bits[:whole], bitorder="little").tobytes()
        carry = bits[whole:]
    if carry.size:
        yield np.packbits(carry, bitorder="little").tobytes()


def _dropped() -> Changes:
    return dict.fromkeys(_OFFSET_TABLES)


def _changes(head: LazySet, shape: PixelShape, first: Recoded, recoding: Recoding) -> Changes:
    """Say what the Image Pixel and General Image modules must tell after recoding."""
    order = Encoding.of(recoding.target_uid).order
    changes = _dropped()

    def number(value: int) -> tuple[bytes, bytes]:
        return b"US", struct.pack(f"{order}H", value)

    changes[0x00280004] = (b"CS", first.photometric.encode("ascii"))
    if shape.samples > 1:
        changes[0x00280006] = number(0)
    if not shape.is_float and shape.bits_stored != first.bits_stored:
        changes[0x00280101] = number(first.bits_stored)
    if not shape.is_float and shape.high_bit != first.high_bit:
        changes[0x00280102] = number(first.high_bit)
    source, target = codecs.SYNTAXES[recoding.source_uid], codecs.SYNTAXES[recoding.target_uid]
    if target.lossy:
        frame_bytes = shape.expected.n_bytes
        changes.update(_lossy_changes(head, target.family, frame_bytes / max(len(first.data), 1)))
    elif source.lossy and head.ascii(0x00282110) != "01":
        changes[0x00282110] = (b"CS", b"01")
    return changes


def _lossy_changes(head: LazySet, family: Family, ratio: float) -> Changes:
    before = head.ascii(0x00282112) if head.ascii(0x00282110) == "01" else ""
    methods = head.ascii(0x00282114) if before else ""
    image_type = head.ascii(0x00080008).split("\\")
    image_type[0] = "DERIVED"
    return {
        0x00080008: (b"CS", "\\".join(image_type if len(image_type) > 1 else ["DERIVED", "PRIMARY"]).encode("latin-1")),
        0x00282110: (b"CS", b"01"),
        0x00282112: (b"DS", "\\".join(part for part in (before, f"{ratio:.3f}") if part).encode("latin-1")),
        0x00282114: (b"CS", b"\\".join(part for part in (methods.encode("latin-1"), _METHODS[family]) if part)),
    }
