"""What does a data set lack that a service requires of it? (PS3.7 C.5: the Attribute Identifier List)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lumenarc.dicom.query import Attributes

INVALID_VALUE, MISSING, MISSING_VALUE = 0x0106, 0x0120, 0x0121


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not done: a DIMSE status, the attributes it is about as tags, a sentence and an Error ID."""

    status: int
    tags: tuple[int, ...] = ()
    comment: str = ""
    error_id: int = 0


def lack_of(given: Attributes, required: Iterable[str], present: Iterable[str] = ()) -> Refusal | None:
    """Return what is missing: `required` need a value (type 1), `present` may be empty (type 2)."""
    needed = tuple(required)
    absent = [name for name in (*needed, *present) if name not in given]
    if absent:
        return lack(MISSING, absent)
    empty = [name for name in needed if not given[name].get("Value")]
    return lack(MISSING_VALUE, empty) if empty else None


def lack(status: int, names: Iterable[str]) -> Refusal:
    """Say that these attributes are wrong."""
    return Refusal(status, tuple(int(name, 16) for name in names))
