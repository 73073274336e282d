"""Is a data set there to its very last byte? (PS3.5 7.1, 7.5, A.4), for recovery and for importing cut-off files.

Walks to the end by reading headers only: pixel values and fragments are stepped over, so a file of many gigabytes costs
a few reads. Iterative and bounded like every reader of ours.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from lumenarc.dicom.header import DEFLATED, EXPLICIT_BE, IMPLICIT_LE, MAX_DEPTH
from lumenarc.errors import BadDataSet

MAX_ELEMENTS = 10_000_000
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_WINDOW_BYTES = 1 << 16

Read = Callable[[int, int], bytes]


class _Window:
    """Reads headers through a window, so that small elements share one read."""

    def __init__(self, read: Read, n_bytes: int) -> None:
        self.read, self.n_bytes = read, n_bytes
        self.start, self.data = 0, b""

    def at(self, pos: int, size: int) -> bytes:
        if pos + size > self.n_bytes:
            raise BadDataSet("The data set ends inside an element.")
        if pos < self.start or pos + size > self.start + len(self.data):
            self.start, self.data = pos, self.read(pos, min(_WINDOW_BYTES, self.n_bytes - pos))
            if len(self.data) < size:
                raise BadDataSet("The data set ends inside an element.")
        return self.data[pos - self.start : pos - self.start + size]


def validate_complete(read: Read, n_bytes: int, transfer_syntax_uid: str) -> None:
    """Raise BadDataSet unless the data set of `n_bytes` ends exactly where its last element does.

    `read(offset, length)` counts from the start of the data set. Zeros behind the last element are padding. A deflated
    data set has to be inflated by the caller, whose end is proof enough.
    """
    if transfer_syntax_uid in DEFLATED:
        raise BadDataSet("A deflated data set is inflated before it is walked.")
    window = _Window(read, n_bytes)
    order = ">" if transfer_syntax_uid == EXPLICIT_BE else "<"
    # One frame per open item or sequence of undefined length: (is sequence, explicit VR, byte order).
    stack: list[tuple[bool, bool, str]] = [(False, transfer_syntax_uid != IMPLICIT_LE, order)]
    pos = 0
    for _ in range(MAX_ELEMENTS):
        if len(stack) == 1 and (pos == n_bytes or _only_zeros(window, pos)):
            return
        pos = _step(window, pos, stack)
    raise BadDataSet("The data set has too many elements.")


def _only_zeros(window: _Window, pos: int) -> bool:
    left = window.n_bytes - pos
    if left < 8:
        return not any(window.at(pos, left))
    return left <= _WINDOW_BYTES and not any(window.at(pos, 8)) and not any(window.at(pos, left))


def _step(window: _Window, pos: int, stack: list[tuple[bool, bool, str]]) -> int:
    """Pass one element, item header or delimiter; return where the next one begins."""
    is_sequence, explicit, order = stack[-1]
    head = window.at(pos, 8)
    group, element, length = struct.unpack(order + "HHI", head)
    tag = group << 16 | element
    if tag in (_ITEM_END, _SEQUENCE_END) and len(stack) > 1:
        stack.pop()
        return pos + 8
    value, vr = pos + 8, head[4:6]
    if is_sequence:
        if tag != _ITEM:
            raise BadDataSet("A sequence holds something that is no item.")
    elif explicit:
        if vr in _LONG:
            (length,) = struct.unpack(order + "I", window.at(pos + 8, 4))
            value = pos + 12
        elif vr.isalpha() and vr.isupper():
            (length,) = struct.unpack(order + "H", head[6:8])
    if length == _UNDEFINED:
        if len(stack) > 2 * MAX_DEPTH:
            raise BadDataSet("Sequences are nested too deeply.")
        implicit = not is_sequence and explicit and vr == b"UN"
        stack.append((not is_sequence, explicit and not implicit, "<" if implicit else order))
        return value
    end = value + int(length)
    if end > window.n_bytes:
        raise BadDataSet(f"Element ({group:04X},{element:04X}) is longer than the data set.")
    return end
