"""Which frames does a retrieval at the FRAME level ask for? (PS3.4 Y.3.2)"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lumenarc.dicom.key_values import strings
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadFrameRequest

FRAME_TIME, FRAME_TIME_VECTOR = 0x00181063, 0x00181065
_KEYS = _SIMPLE, _CALCULATED, _TIME_RANGE = "00081161", "00081162", "00081163"


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Which frames: one of three keys (PS3.4 Y.3.2). `times_s` count from the Content Time."""

    simple: tuple[int, ...] = ()
    calculated: tuple[tuple[int, int, int], ...] = ()
    times_s: tuple[float, float] | None = None

    def numbers(self, head: LazySet, n_frames: int) -> list[int]:
        """Return the frames that are there, from 1 in ascending order; raise BadFrameRequest when none is."""
        if self.times_s is not None:
            low, high = self.times_s
            times = frame_times_s(head, n_frames)
            found = [number for number, time_s in enumerate(times, 1) if low <= time_s <= high]
        elif self.calculated:
            spans = [range(low, min(high, n_frames) + 1, step) for low, high, step in self.calculated]
            found = sorted({number for span in spans for number in span})
        else:
            found = [number for number in self.simple if number <= n_frames]
        if not found:
            raise BadFrameRequest("The object has none of these frames.", 0xAA00)
        return found

    def as_attributes(self) -> Attributes:
        """Return the key as it stands in the Frame Extraction Sequence."""
        if self.times_s is not None:
            return {"00081163": {"vr": "FD", "Value": list(self.times_s)}}
        if self.calculated:
            return {"00081162": {"vr": "UL", "Value": [number for triple in self.calculated for number in triple]}}
        return {"00081161": {"vr": "UL", "Value": list(self.simple)}}


def frame_times_s(head: LazySet, n_frames: int) -> list[float]:
    """Return when each frame was taken, in seconds from the first; raise BadFrameRequest when nobody says it."""
    steps_ms = head.numbers(FRAME_TIME_VECTOR, "DS")
    if len(steps_ms) == n_frames:
        times, now_ms = [], 0.0
        for number, step_ms in enumerate(steps_ms):
            now_ms += step_ms if number else 0.0
            times.append(now_ms / 1000)
        return times
    step_ms = head.number(FRAME_TIME, 0.0, "DS")
    if step_ms <= 0:
        raise BadFrameRequest("The frames of this object have no times.", 0xAA03)
    return [number * step_ms / 1000 for number in range(n_frames)]


def frame_request(identifier: Attributes) -> FrameRequest | None:
    """Return which frames an identifier of the FRAME level asks for, None for another level.

    Raises BadFrameRequest when not exactly one of the three keys is given, or its values make no sense.
    """
    if strings(identifier.get("00080052", {})) != ["FRAME"]:
        return None
    given = [(name, texts) for name in _KEYS if (texts := strings(identifier.get(name, {})))]
    if len(given) != 1:
        raise BadFrameRequest("Exactly one of Simple Frame List, Calculated Frame List and Time Range is given.")
    ((name, texts),) = given
    try:
        if name == _TIME_RANGE:
            low_s, high_s = map(float, texts)
            return FrameRequest(times_s=(low_s, high_s))
        numbers = [int(text) for text in texts]
    except ValueError:
        raise BadFrameRequest("The frames are not given by numbers.") from None
    if name == _SIMPLE:
        if numbers[0] < 1 or any(after <= before for before, after in pairwise(numbers)):
            raise BadFrameRequest("The numbers of a Simple Frame List increase from 1.")
        return FrameRequest(simple=tuple(numbers))
    triples = [(low, high, step) for low, high, step in zip(*[iter(numbers)] * 3, strict=False)]
    ends = [0, *(end for low, high, _step in triples for end in (low, high))]
    if len(numbers) % 3 or min(step for _low, _high, step in triples) < 1 or ends != sorted(ends) or ends[1] < 1:
        raise BadFrameRequest("A Calculated Frame List has triples of first frame, last frame and increment, in order.")
    return FrameRequest(calculated=tuple(triples))
