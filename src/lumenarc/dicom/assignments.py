"""How does `PatientID=4711` or `00400100.Modality=CT`, as people type it, become attributes? (PS3.6 6, PS3.5 6.2)

A path names attributes by keyword or tag, from the top level down: `Keyword`, `00100020`, `(0010,0020)`, `0010,0020`,
with the number of an item behind a sequence, `RequestAttributesSequence[2].ScheduledProcedureStepID`; items count from
1, the first is meant when none is given. A path without `=` is the attribute without a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom.dicom_json import value_to_json
from lumenarc.dicom.dictionary import tag_of, vr_of
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

MAX_ITEMS = 1000
_STEP = re.compile(
    r"\s*(?:\(?(?P<group>[0-9A-Fa-f]{4}),?(?P<element>[0-9A-Fa-f]{4})\)?|(?P<keyword>[A-Za-z][A-Za-z0-9]*))"
    r"(?::(?P<vr>[A-Z]{2}))?(?:\[(?P<item>[0-9]{1,4})\])?\s*"
)
_INTEGERS = frozenset("US SS UL SL UV SV".split())
_BINARY = frozenset("OB OD OF OL OV OW UN".split())
_WORD = {"OB": 1, "UN": 1, "OW": 2}


@dataclass(frozen=True, slots=True)
class Step:
    """One attribute of a path: its tag, its VR, and which item of it the next step means (from 0)."""

    tag: int
    vr: str
    item: int = 0

    @property
    def name(self) -> str:
        """The tag as the JSON model writes it."""
        return f"{self.tag:08X}"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A path and the text to put there; None when there is no `=`."""

    path: tuple[Step, ...]
    value: str | None


def parse(text: str) -> Assignment:
    """Read `path=value` or `path`.

    Raises:
        BadRequest: an attribute that nobody knows, or no path at all.
    """
    path, equals, value = text.partition("=")
    return Assignment(parse_path(path), value if equals else None)


def parse_path(text: str) -> tuple[Step, ...]:
    """Read a path; attributes are separated by a dot or a slash.

    Raises:
        BadRequest: an attribute that nobody knows.
    """
    steps = []
    for part in re.split(r"[./](?![^\[]*\])", text):
        found = _STEP.fullmatch(part)
        if found is None:
            raise BadRequest(f"{part.strip()!r} is no attribute: give a keyword or a tag.")
        tag = int(found["group"] + found["element"], 16) if found["group"] else tag_of(found["keyword"])
        if tag is None:
            raise BadRequest(f"There is no attribute called {found['keyword']!r}.")
        item = int(found["item"] or 1) - 1
        if not 0 <= item < MAX_ITEMS:
            raise BadRequest(f"Items are counted from 1 to {MAX_ITEMS}.")
        steps.append(Step(tag, found["vr"] or vr_of(tag), item))
    if any(step.vr != "SQ" for step in steps[:-1]):
        raise BadRequest(f"{text.strip()!r} goes through an attribute that is no sequence.")
    return tuple(steps)


def entry_of(vr: str, text: str | None) -> dict[str, Any]:
    """Return the entry of the JSON model for the value that `text` says; several values are split at backslashes.

    Raises:
        BadRequest: the text does not fit the VR.
    """
    if not text:
        return {"vr": vr}
    if vr == "SQ":
        raise BadRequest("A sequence takes no text; name an attribute inside it.")
    try:
        if vr in _INTEGERS:
            return {"vr": vr, "Value": [int(part, 0) for part in text.split("\\")]}
        if vr in ("FL", "FD"):
            return {"vr": vr, "Value": [float(part) for part in text.split("\\")]}
        if vr == "AT":
            return {"vr": vr, "Value": [parse_path(part)[-1].name for part in text.split("\\")]}
        if vr in _BINARY:
            return _binary(vr, text)
    except (ValueError, OverflowError):
        raise BadRequest(f"{text!r} is no value of VR {vr}.") from None
    return value_to_json(vr, text.encode("utf-8"), ("ISO_IR 192",))


def _binary(vr: str, text: str) -> dict[str, Any]:
    """Read numbers, as a dump shows them; words in little endian."""
    import base64

    size = _WORD.get(vr)
    if size is None:
        raise BadRequest(f"Values of VR {vr} cannot be typed.")
    data = b"".join(int(part, 0).to_bytes(size, "little") for part in text.split("\\"))
    return {"vr": vr, "InlineBinary": base64.b64encode(data).decode("ascii")}


def assign(attributes: Attributes, assignments: Iterable[Assignment]) -> None:
    """Put the values into the attributes, making sequences and items that are missing; an empty one for no value.

    Raises:
        BadRequest: a text does not fit its VR.
    """
    for assignment in assignments:
        target = _inside(attributes, assignment.path, create=True)
        assert target is not None
        last = assignment.path[-1]
        target[last.name] = {"vr": "SQ"} if last.vr == "SQ" else entry_of(last.vr, assignment.value)


def erase(attributes: Attributes, path: tuple[Step, ...]) -> bool:
    """Take an attribute out; say whether it was there."""
    target = _inside(attributes, path, create=False)
    return target is not None and target.pop(path[-1].name, None) is not None


def find(attributes: Attributes, path: tuple[Step, ...]) -> dict[str, Any] | None:
    """Return the entry that a path leads to, or None."""
    target = _inside(attributes, path, create=False)
    return None if target is None else target.get(path[-1].name)


def _inside(attributes: Attributes, path: tuple[Step, ...], *, create: bool) -> Attributes | None:
    """Return the set that holds the last attribute of the path."""
    here = attributes
    for step in path[:-1]:
        entry = here.get(step.name)
        if entry is None:
            if not create:
                return None
            entry = here[step.name] = {"vr": "SQ"}
        items: list[Attributes] = entry.setdefault("Value", []) if create else entry.get("Value", [])
        while create and len(items) <= step.item:
            items.append({})
        if step.item >= len(items):
            return None
        here = items[step.item]
    return here


def from_texts(texts: Iterable[str]) -> Attributes:
    """Return the attributes that several `path=value` say.

    Raises:
        BadRequest: see parse and entry_of.
    """
    found: Attributes = {}
    assign(found, [parse(text) for text in texts])
    return found
