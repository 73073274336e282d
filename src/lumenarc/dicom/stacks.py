"""In which order do single frames make stacks, and by which dimensions are they told apart? (PS3.3 C.7.6.16, C.7.6.17)

Frames of one orientation are a stack; in it they are ordered along its normal. Several frames at one place differ in
echo time, b-value, or time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom.query import Attributes

_ORIENTATION, _POSITION = "00200037", "00200032"
_CONTENT, _STACK, _IN_STACK, _IN_TIME, _INDEX = "00209111", "00209056", "00209057", "00209128", "00209157"
_REST = "00209171"  # Unassigned Per-Frame Converted Attributes
_Third = tuple[str, tuple[str, ...], str, str]
# What tells frames at one place apart: label, names in the single frame, attribute and macro; the first that does it.
_ENHANCED: tuple[_Third, ...] = (
    ("Effective Echo Time", ("00189082", "00180081"), "00189082", "00189114"),
    ("Diffusion b-value", ("00189087",), "00189087", "00189117"),
)
_LEGACY: tuple[_Third, ...] = (
    ("Echo Time", ("00180081",), "00180081", _REST),
    ("Diffusion b-value", ("00189087",), "00189087", _REST),
)
_TIME: _Third = ("Temporal Position Index", (), _IN_TIME, _CONTENT)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The order of the frames (numbers as given), and for each frame in that order its indices, from 1.

    `third` is what the third index means: (label, its attribute, its macro); None when two are enough.
    """

    order: list[int]
    indices: list[tuple[int, ...]]
    third: tuple[str, str, str] | None

    def content(self, number: int) -> Attributes:
        """Return what the Frame Content of a frame says of its place."""
        stack, place, *third = self.indices[number]
        found: Attributes = {
            _STACK: {"vr": "SH", "Value": [str(stack)]},
            _IN_STACK: {"vr": "UL", "Value": [place]},
            _INDEX: {"vr": "UL", "Value": list(self.indices[number])},
        }
        if third and self.third is not None and self.third[1] == _IN_TIME:
            found[_IN_TIME] = {"vr": "UL", "Value": third}
        return found

    def dimensions(self, uid: str) -> Attributes:
        """Return the Multi-frame Dimension module (PS3.3 C.7.6.17)."""
        pointers = [("Stack ID", _STACK, _CONTENT), ("In-Stack Position Number", _IN_STACK, _CONTENT)]
        if self.third is not None:
            pointers.append(self.third)
        organization = {"vr": "UI", "Value": [uid]}
        items = [
            {
                "00209164": organization,
                "00209165": {"vr": "AT", "Value": [attribute]},
                "00209167": {"vr": "AT", "Value": [macro]},
                "00209421": {"vr": "LO", "Value": [label]},
            }
            for label, attribute, macro in pointers
        ]
        return {
            "00209221": {"vr": "SQ", "Value": [{"00209164": organization}]},
            "00209222": {"vr": "SQ", "Value": items},
        }


def arrange(frames: Sequence[Attributes], *, is_legacy: bool) -> Arrangement:
    """Order the frames: stack, what tells frames at one place apart, place in the stack.

    `is_legacy`: the object has no macros of its own for what is told apart (PS3.3 A.70 … A.72).
    """
    stacks: dict[tuple[float, ...], int] = {}
    places: list[tuple[int, float]] = []
    for frame in frames:
        orientation = tuple(round(value, 4) for value in _numbers(frame, _ORIENTATION))
        stack = stacks.setdefault(orientation, len(stacks) + 1)
        places.append((stack, round(_along(frame, orientation), 3)))
    by_place: dict[tuple[int, float], list[int]] = {}
    for number in sorted(range(len(frames)), key=lambda number: (*places[number], *_moment(frames[number]))):
        by_place.setdefault(places[number], []).append(number)
    third = _told_apart(frames, by_place, _LEGACY if is_legacy else _ENHANCED)
    indices: dict[int, tuple[int, ...]] = {}
    for ranks in (_ranks(by_place, stack) for stack in stacks.values()):
        for place, rank in ranks.items():
            for index, number in enumerate(_sorted(frames, by_place[place], third), 1):
                indices[number] = (place[0], rank, index) if third else (place[0], rank)
    order = sorted(indices, key=lambda number: (indices[number][0], indices[number][2:], indices[number][1]))
    named = None if third is None else (third[0], third[2], third[3])
    return Arrangement(order, [indices[number] for number in order], named)


def _told_apart(
    frames: Sequence[Attributes], by_place: dict[tuple[int, float], list[int]], kinds: tuple[_Third, ...]
) -> _Third | None:
    """Say what the third dimension is; None when every frame has a place of its own."""
    crowded = [numbers for numbers in by_place.values() if len(numbers) > 1]
    if not crowded:
        return None
    for kind in kinds:
        values = [[_first(frames[number], kind[1]) for number in numbers] for numbers in crowded]
        if all(None not in found and len(set(found)) == len(found) for found in values):
            return kind
    return _TIME


def _sorted(frames: Sequence[Attributes], numbers: list[int], third: _Third | None) -> list[int]:
    if third is None or not third[1]:
        return numbers  # in the order of time already
    return sorted(numbers, key=lambda number: _first(frames[number], third[1]) or 0.0)


def _ranks(by_place: dict[tuple[int, float], list[int]], stack: int) -> dict[tuple[int, float], int]:
    return {place: rank for rank, place in enumerate(sorted(place for place in by_place if place[0] == stack), 1)}


def _along(frame: Attributes, orientation: tuple[float, ...]) -> float:
    """Return the distance along the normal of the plane; the Instance Number when the frame has no place in space."""
    position = _numbers(frame, _POSITION)
    if len(position) != 3 or len(orientation) != 6:
        return float(_first(frame, ("00200013",)) or 0)
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return sum(x * y for x, y in zip(normal, position, strict=True))


def _moment(frame: Attributes) -> tuple[Any, ...]:
    """Order frames in time: acquisition, its date and time, number of the image."""
    clock = "".join(str((frame.get(name, {}).get("Value") or [""])[0]) for name in ("00080022", "00080032"))
    return _first(frame, ("00200012",)) or 0.0, clock, _first(frame, ("00200013",)) or 0.0


def _first(frame: Attributes, names: tuple[str, ...]) -> float | None:
    for name in names:
        values = _numbers(frame, name)
        if values:
            return values[0]
    return None


def _numbers(frame: Attributes, name: str) -> list[float]:
    """Return the numbers of an attribute; none when it holds something else."""
    try:
        return [float(value) for value in frame.get(name, {}).get("Value") or [] if value is not None]
    except (TypeError, ValueError):
        return []
