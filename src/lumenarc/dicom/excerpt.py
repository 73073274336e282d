"""How is the header of a part of an object written: all but bulk data (PS3.4 Z.1.3), or some frames (PS3.4 Y.3.3)?

What is neither left out nor changed is copied byte for byte while the encoding stays the same.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from itertools import pairwise

from lumenarc.dicom.encode import encode
from lumenarc.dicom.frame_request import FRAME_TIME, FRAME_TIME_VECTOR, FrameRequest, frame_times_s
from lumenarc.dicom.lazy import IMPLICIT_LE, LazySet
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.reencode import Changes, Encoding, reencode
from lumenarc.errors import BadFrameRequest

SOP_INSTANCE_UID, NUMBER_OF_FRAMES = 0x00080018, 0x00280008
_WAVEFORMS, _WAVEFORM_DATA = 0x54000100, 0x54001010
# PS3.4 Table Z.1-1, but for the pixel data, at which a header ends.
_BULK = frozenset((0x00287FE0, 0x56000020, 0x00420011))
_BULK_IN_GROUPS = frozenset((0x60003000, 0x50003000, 0x5000200C))
_FRAME_EXTRACTIONS, _EQUIPMENT, _PER_FRAME = 0x00081164, 0x0018A001, 0x52009230
_FRAME_POINTER = 0x00280009
# One value for each frame.
_VECTORS_US = (
    0x00540010,
    0x00540020,
    0x00540030,
    0x00540050,
    0x00540060,
    0x00540070,
    0x00540080,
    0x00540090,
    0x00540100,
)
_VECTORS_DS = (0x3004000C, 0x00182001)
# Tables of offsets, and references to frames by numbers that are others now.
_LEFT_OUT = (0x7FE00001, 0x7FE00002, 0x7FE00003, 0x00286010, 0x00082142, 0x00082143, 0x00286100)


def without_bulk(head: bytes, syntax: str, target_uid: str) -> bytes:
    """Return a header without the attributes of PS3.4 Table Z.1-1, in the target's encoding."""
    found = LazySet.of(head, syntax)
    signed = found.us(0x00280103) == 1
    changes: Changes = {
        tag: None for tag in found.tags() if tag in _BULK or tag & 0xFF00FFFF in _BULK_IN_GROUPS
    }  # fmt: skip
    if _WAVEFORMS in found:
        rewritten = _Items(found, syntax, target_uid, signed)
        changes[_WAVEFORMS] = (b"SQ", rewritten.of(_WAVEFORMS, {_WAVEFORM_DATA: None}))
    return reencode(head, syntax, target_uid, changes, signed)


def of_frames(
    head: bytes,
    syntax: str,
    numbers: Sequence[int],
    request: FrameRequest,
    uid: str,
    equipment: Attributes,
) -> bytes:
    """Return the header of a new object with only these frames (numbers from 1), in the same encoding."""
    found = LazySet.of(head, syntax)
    n_frames = found.integer(NUMBER_OF_FRAMES, 1, "IS")
    origin = {"00081167": {"vr": "UI", "Value": [found.uid(SOP_INSTANCE_UID)]}}
    items = _Items(found, syntax, syntax, found.us(0x00280103) == 1)
    changes: Changes = dict.fromkeys(_LEFT_OUT)
    changes[SOP_INSTANCE_UID] = (b"UI", uid.encode("ascii"))
    changes[NUMBER_OF_FRAMES] = (b"IS", str(len(numbers)).encode("ascii"))
    changes[_FRAME_EXTRACTIONS] = (
        b"SQ", items.of(_FRAME_EXTRACTIONS, {}) + items.new(origin | request.as_attributes())
    )  # fmt: skip
    changes[_EQUIPMENT] = (b"SQ", items.of(_EQUIPMENT, {}) + items.new(equipment))
    if _PER_FRAME in found:
        changes[_PER_FRAME] = (b"SQ", items.of(_PER_FRAME, {}, frozenset(number - 1 for number in numbers)))
    order = found.order
    for tag in _VECTORS_US:
        raw = bytes(found.raw(tag))
        if len(raw) == 2 * n_frames:
            values = struct.unpack(f"{order}{n_frames}H", raw)
            changes[tag] = (b"US", struct.pack(f"{order}{len(numbers)}H", *[values[number - 1] for number in numbers]))
    for tag in _VECTORS_DS:
        texts = found.ascii(tag).split("\\")
        if len(texts) == n_frames:
            changes[tag] = (b"DS", "\\".join(texts[number - 1] for number in numbers).encode("ascii", "replace"))
    changes |= _times(found, numbers, n_frames)
    return reencode(head, syntax, syntax, changes, signed=False)


def _times(found: LazySet, numbers: Sequence[int], n_frames: int) -> Changes:
    """Return Frame Time or Frame Time Vector for what is left of the frames."""
    if FRAME_TIME not in found and FRAME_TIME_VECTOR not in found:
        return {}
    try:
        times_ms = [time_s * 1000 for time_s in frame_times_s(found, n_frames)]
    except BadFrameRequest:
        return {}
    kept = [times_ms[number - 1] for number in numbers]
    steps = [0.0] + [after - before for before, after in pairwise(kept)]
    if FRAME_TIME_VECTOR not in found and len({round(step, 6) for step in steps[1:]}) <= 1:
        step_ms = steps[1] if len(steps) > 1 else found.number(FRAME_TIME, 0.0, "DS")
        return {FRAME_TIME: (b"DS", f"{step_ms:.10g}".encode("ascii"))}
    pointer = struct.pack(f"{found.order}HH", FRAME_TIME_VECTOR >> 16, FRAME_TIME_VECTOR & 0xFFFF)
    vector = "\\".join(f"{step:.10g}" for step in steps).encode("ascii")
    changes: Changes = {FRAME_TIME: None, FRAME_TIME_VECTOR: (b"DS", vector)}
    if _FRAME_POINTER in found and FRAME_TIME in found:
        changes[_FRAME_POINTER] = (b"AT", pointer)
    return changes


class _Items:
    """Sequences of one data set, written anew for a target."""

    def __init__(self, found: LazySet, syntax: str, target_uid: str, signed: bool) -> None:
        self._found, self._syntax, self._target_uid, self._signed = found, syntax, target_uid, signed
        self._order = Encoding.of(target_uid).order

    def of(self, tag: int, changes: Changes, kept: Collection[int] | None = None) -> bytes:
        """Return the items of a sequence, all or those of some indices, with changes made in each."""
        inner = IMPLICIT_LE if self._found.vr(tag) == "UN" else self._syntax
        return b"".join(
            self._item(reencode(body, inner, self._target_uid, changes, self._signed))
            for index, body in enumerate(self._found.item_bytes(tag))
            if kept is None or index in kept
        )

    def new(self, attributes: Attributes) -> bytes:
        """Return a new item; its text is ASCII."""
        return self._item(encode(attributes, self._target_uid, ""))

    def _item(self, body: bytes) -> bytes:
        return struct.pack(f"{self._order}HHI", 0xFFFE, 0xE000, len(body)) + body
