"""What a caller searches for: one Query for C-FIND, QIDO-RS and rules (PS3.4 C.2.2.2, PS3.18 8.3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lumenarc.dicom.attributes import Level

Attributes = dict[str, dict[str, Any]]
"""A data set in the DICOM JSON Model (PS3.18 F.2): {"00100020": {"vr": "LO", "Value": ["1"]}}."""


@dataclass(frozen=True, slots=True)
class Universal:
    """Zero length key: matches everything, asks for the attribute (PS3.4 C.2.2.2.3)."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Single Value, List of UID and multi-valued matching (C.2.2.2.1, C.2.2.2.2): any of these values."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Text with * and ? (C.2.2.2.4); several patterns match when one does."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person name key: component groups (alphabetic, ideographic, phonetic), each with wildcards or ""

    A single group is tried against all three stored groups (C.2.2.2.1.1); `fuzzy` compares by sound.
    """

    groups: tuple[str, str, str]
    any_group: bool
    fuzzy: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Date, time or date-time range, each end inclusive and normalised, None = open (C.2.2.2.5).

    A time range whose low end is above its high end crosses midnight.
    """

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """Sequence matching (C.2.2.2.6): one item of the sequence satisfies every key."""

    keys: tuple[Key, ...]


Matcher = Universal | OneOf | Wildcard | PersonName | Range | Item


@dataclass(frozen=True, slots=True)
class Key:
    """One matching or return key of the identifier."""

    tag: int
    vr: str
    matcher: Matcher


@dataclass(frozen=True, slots=True)
class CombinedDateTime:
    """A date key and a time key that are one point in time (C.2.2.2.5, extended negotiation)."""

    date_tag: int
    time_tag: int
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by a top-level attribute."""

    tag: int
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Everything that defines a search.

    `keys` hold matching keys of this level and, when relational, of the levels above or below. `returns` are the
    top-level tags to return, None = the defaults of the level; `include_all` asks for every stored attribute.
    `limit` None = no limit. `words` are free-text words that must all occur (lower-cased, folded).
    """

    level: Level
    keys: tuple[Key, ...] = ()
    returns: frozenset[int] | None = None
    include_all: bool = False
    combined: tuple[CombinedDateTime, ...] = ()
    words: tuple[str, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    timezone_offset: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
