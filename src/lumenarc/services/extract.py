"""How does a part of a stored object leave: all but its bulk data (PS3.4 Z), or some of its frames (PS3.4 Y)?

The stored object is checked as a whole before anything is made of it.
"""

from __future__ import annotations

import struct
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from typing import IO

from lumenarc import __version__
from lumenarc.archive import Archive
from lumenarc.dicom import excerpt
from lumenarc.dicom.frame_request import FrameRequest
from lumenarc.dicom.frames import Frame, read_frame
from lumenarc.dicom.header import DEFLATED, PixelElement
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.pixels import shape_of
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.recode import Recoding, can_transcode
from lumenarc.dicom.reencode import Encoding, element
from lumenarc.dicom.transcode import DataSetSource, find_pixels, locate_frames, transcode
from lumenarc.dicom.transfer_syntaxes import is_lossy, is_video
from lumenarc.errors import BadFrameRequest, NotAcceptable, OutOfResources, Unrenderable
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import leaving, retrieve

Make = Callable[[Archive, StoredInstance, str], tuple[str, Iterator[bytes]]]
"""Makes an object from a stored one in a transfer syntax: its SOP Instance UID, and its data set, checked so far."""

_IN_MEMORY_BYTES = 8 << 20
_PIXEL_DATA = 0x7FE00010


def without_bulk(archive: Archive, inst: StoredInstance, target_uid: str) -> tuple[str, Iterator[bytes]]:
    """Return an object without pixel, overlay, curve, audio, waveform and spectroscopy data and without document.

    Raises Corrupt, NotAcceptable for a deflated target, Unrenderable for a header above 64 MiB.
    """
    if target_uid in DEFLATED:
        raise NotAcceptable("What is left of the object is not deflated.")
    _check(archive, inst)
    with leaving.source(archive, inst) as source:
        head = _head(source, find_pixels(source))
    return inst.sop_instance_uid, iter((excerpt.without_bulk(head, source.transfer_syntax_uid, target_uid),))


def _check(archive: Archive, inst: StoredInstance) -> None:
    for _checked in retrieve.data_set(archive, inst):
        pass


def _head(source: DataSetSource, pixel: PixelElement | None) -> bytes:
    """Return what stands before the pixel data element."""
    n_bytes = source.n_bytes
    if pixel is not None:
        n_bytes = pixel.offset - (12 if Encoding.of(source.transfer_syntax_uid).explicit else 8)
    if n_bytes > retrieve.MAX_HEADER_BYTES:
        raise Unrenderable("The header of this object is too large to be read at once.")
    return source.read(0, n_bytes)


def frame_numbers(archive: Archive, inst: StoredInstance, request: FrameRequest) -> list[int]:
    """Return which frames a request means; raise BadFrameRequest when there are none or they cannot be taken out."""
    if inst.pixel_offset is None:
        raise BadFrameRequest("The object has no frames.", 0xAA01)
    if is_video(inst.transfer_syntax_uid):
        raise BadFrameRequest("Frames are not taken out of a video stream.", 0xAA02)
    with leaving.source(archive, inst) as source:
        head = LazySet.of(_head(source, find_pixels(source)), source.transfer_syntax_uid)
    return request.numbers(head, max(inst.number_of_frames or 1, 1))


def frames(request: FrameRequest) -> Make:
    """Return how an object of some frames is made; each time it has a new SOP Instance UID."""

    def make(archive: Archive, inst: StoredInstance, target_uid: str) -> tuple[str, Iterator[bytes]]:
        numbers = frame_numbers(archive, inst, request)
        if is_lossy(target_uid) and target_uid != inst.transfer_syntax_uid:
            raise NotAcceptable("Frames are not compressed with loss.")
        _check(archive, inst)
        uid = f"2.25.{uuid.uuid4().int}"
        return uid, _frames(archive, inst, target_uid, numbers, (uid, request))

    return make


def _frames(
    archive: Archive, inst: StoredInstance, target_uid: str, numbers: list[int], made: tuple[str, FrameRequest]
) -> Iterator[bytes]:
    """Yield the new object: written to a nameless file in the stored encoding, then given in the target's."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(archive.settings.data)) as spool:
        with leaving.source(archive, inst) as source:
            syntax = source.transfer_syntax_uid
            if target_uid != syntax and not can_transcode(syntax, target_uid):
                raise NotAcceptable("The frames cannot be given in this transfer syntax.")
            pixel = find_pixels(source)
            assert pixel is not None
            head = _head(source, pixel)
            found = LazySet.of(source.read(0, pixel.offset), syntax)
            spool.write(excerpt.of_frames(head, syntax, numbers, made[1], made[0], _equipment(archive)))
            try:
                _write_pixels(spool, source, pixel, found, numbers)
            except OSError as error:
                raise OutOfResources("There is no room to take the frames out.") from error
        n_bytes = spool.tell()

        def read(offset: int, length: int) -> bytes:
            spool.seek(offset)
            return spool.read(max(0, min(length, n_bytes - offset)))

        if target_uid == syntax:
            for place in range(0, n_bytes, retrieve.CHUNK_BYTES):
                yield read(place, retrieve.CHUNK_BYTES)
        else:
            recoding = Recoding(syntax, target_uid)
            yield from transcode(DataSetSource(read, n_bytes, syntax), recoding, archive.imaging.recode_frame)


def _write_pixels(
    spool: IO[bytes], source: DataSetSource, pixel: PixelElement, found: LazySet, numbers: list[int]
) -> None:
    """Write a pixel data element with some frames, an encapsulated frame in one fragment."""
    layout = locate_frames(source, pixel, found)
    if len(layout) < numbers[-1]:
        raise BadFrameRequest("The pixel data do not hold as many frames as the header says.", 0xAA02)
    chosen: list[Frame] = [layout[number - 1] for number in numbers]
    encoding = Encoding.of(source.transfer_syntax_uid)
    vr = b"OB" if pixel.length is None else found.vr(pixel.tag).encode("ascii") or b"OW"
    if pixel.length is None:
        spool.write(element(pixel.tag, b"OB", b"", encoding)[:-4] + b"\xff\xff\xff\xff")
        spool.write(struct.pack("<HHI", 0xFFFE, 0xE000, 0))
        for frame in chosen:
            data = read_frame(source.read, frame)
            data += b"\0" * (len(data) % 2)
            spool.write(struct.pack("<HHI", 0xFFFE, 0xE000, len(data)) + data)
        spool.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
        return
    bits = shape_of(found).frame_bits
    if bits % 8:
        raise BadFrameRequest("The frames of this object do not begin at whole bytes.", 0xAA02)
    n_bytes = bits // 8 * len(chosen)
    padded = n_bytes + n_bytes % 2
    spool.write(element(pixel.tag, vr, b"", encoding)[:-4] + struct.pack(f"{encoding.order}I", padded))
    for frame in chosen:
        spool.write(read_frame(source.read, frame))
    spool.write(b"\0" * (padded - n_bytes))


def _equipment(archive: Archive) -> Attributes:
    """Say who took the frames out (PS3.3 C.12.1.1.5, CID 7005)."""
    now = time.strftime("%Y%m%d%H%M%S+0000", time.gmtime(archive.now_ms() / 1000))
    purpose = {
        "00080100": {"vr": "SH", "Value": ["109105"]},
        "00080102": {"vr": "SH", "Value": ["DCM"]},
        "00080104": {"vr": "LO", "Value": ["Frame Extracting Equipment"]},
    }
    return {
        "00080070": {"vr": "LO", "Value": ["Lumenarc"]},
        "00081090": {"vr": "LO", "Value": ["Lumenarc"]},
        "00181020": {"vr": "LO", "Value": [__version__]},
        "0018A002": {"vr": "DT", "Value": [now]},
        "0040A170": {"vr": "SQ", "Value": [purpose]},
    }
