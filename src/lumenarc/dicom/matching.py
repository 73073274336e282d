"""Does a data set answer a query? The reference meaning of PS3.4 C.2.2.2, in memory; the SQL must agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from lumenarc.dicom.attributes import BY_TAG, Kind
from lumenarc.dicom.columns import column_values, fold, fold_name, normal_date, normal_time
from lumenarc.dicom.query import (
    Attributes,
    CombinedDateTime,
    Item,
    Key,
    OneOf,
    PersonName,
    Query,
    Range,
    Universal,
    Wildcard,
)
from lumenarc.dicom.soundex import soundex

PATIENT_ID, ISSUER = 0x00100020, 0x00100021
OTHER_IDS, OTHER_IDS_SEQUENCE = "00101000", "00101002"
# Value multiplicity 1-n although the index keeps one value: matched on the stored attributes instead.
SEVERAL_VALUES = frozenset({0x00081050})
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
MIDNIGHT = "000000.000000"


def matches(query: Query, attributes: Attributes) -> bool:
    """Say whether every key, date-time pair and free-text word of the query is met by one data set.

    `attributes` holds the level of the query and all above it.
    """
    ids = [key for key in query.keys if key.tag in (PATIENT_ID, ISSUER)]
    others = (key for key in query.keys if key.tag not in (PATIENT_ID, ISSUER))
    return (
        all(key_matches(key, attributes) for key in others)
        and (not ids or _identifier_matches(ids, attributes))
        and all(_combined_matches(pair, attributes) for pair in query.combined)
    )


def key_matches(key: Key, attributes: Attributes) -> bool:
    """Say whether one top-level key is met."""
    matcher = key.matcher
    if isinstance(matcher, Universal):
        return True
    element = attributes.get(f"{key.tag:08X}", {})
    if isinstance(matcher, Item):
        items = element.get("Value", ())
        return any(all(key_matches(part, item) for part in matcher.keys) for item in items if isinstance(item, dict))
    line = BY_TAG.get(key.tag)
    if line is not None and line.kind is not Kind.MULTI and key.tag not in SEVERAL_VALUES:
        columns = column_values(line, attributes)
        if isinstance(matcher, PersonName):
            a, i, p = (str(columns[f"{line.column}_{suffix}"]) for suffix in "aip")
            return name_matches(matcher, (a, i, p))
        value = columns[line.column] if line.kind is not Kind.NAME else columns[f"{line.column}_a"]
        return _value_matches(matcher, "" if value is None else str(value))
    values: list[Any] = [v for v in element.get("Value", ()) if v is not None] or [""]
    if isinstance(matcher, PersonName):
        return any(name_matches(matcher, folded_groups(value)) for value in values)
    return any(_value_matches(matcher, _normal(key.vr, value)) for value in values)


def folded_groups(value: Any) -> tuple[str, str, str]:
    """Return the three component groups of a person name, folded."""
    groups = value if isinstance(value, dict) else {"Alphabetic": str(value)}
    a, i, p = (fold_name(str(groups.get(group, ""))) for group in GROUPS)
    return a, i, p


def _normal(vr: str, value: Any) -> str:
    if vr == "DA":
        return normal_date(str(value))
    if vr == "TM":
        return normal_time(str(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _value_matches(matcher: OneOf | Wildcard | Range | PersonName, value: str) -> bool:
    if isinstance(matcher, OneOf):
        return value in matcher.values
    if isinstance(matcher, Wildcard):
        return any(glob(pattern).fullmatch(value) is not None for pattern in matcher.patterns)
    if isinstance(matcher, Range):
        return in_range(matcher, value)
    return name_matches(matcher, folded_groups(value))


def in_range(matcher: Range, value: str) -> bool:
    """Say whether a normalised value lies in the range; a low end above the high end crosses midnight."""
    low, high = matcher.low, matcher.high
    if not value:
        return False
    if low is not None and high is not None and low > high:
        return value >= low or value <= high
    return (low is None or value >= low) and (high is None or value <= high)


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """Compile text with * and ? (PS3.4 C.2.2.2.4); neighbouring stars count once, so that no key makes it slow."""
    parts = re.split(r"(\*+|\?)", pattern)
    regex = "".join(".*" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in parts)
    return re.compile(regex, re.DOTALL)


def name_patterns(group: str) -> tuple[str, ...]:
    """Return the patterns that one folded component group of a key stands for: DOE also finds DOE^JANE."""
    return (group,) if group.endswith("*") or not group else (group, f"{group}^*")


def name_matches(matcher: PersonName, stored: tuple[str, str, str]) -> bool:
    """Compare a name key with folded component groups (PS3.4 C.2.2.2.1.1)."""
    compare = _sounds_like if matcher.fuzzy else _group_matches
    if not any(matcher.groups):
        return not any(stored)
    if matcher.any_group:
        return any(compare(matcher.groups[0], group) for group in stored)
    return all(compare(key, group) for key, group in zip(matcher.groups, stored, strict=True) if key)


def _group_matches(key: str, stored: str) -> bool:
    return any(glob(pattern).fullmatch(stored) is not None for pattern in name_patterns(key))


def _words(group: str) -> list[str]:
    return re.split(r"[\^\s,.-]+", group.strip("^ "))


def _sounds_like(key: str, stored: str) -> bool:
    """Every word of the key sounds like a word of the name, in any order; a star asks for a beginning."""
    words = _words(stored)
    for part in _words(key):
        literal = part.rstrip("*")
        if not literal:
            continue
        if not any(
            word.startswith(literal) if literal != part else word and soundex(word) == soundex(part) for word in words
        ):
            return False
    return True


def _identifier_matches(keys: list[Key], attributes: Attributes) -> bool:
    """Patient ID and issuer have to be met by one pair, be it the main one or another ID of the patient."""
    return any(all(key_matches(key, pair) for key in keys) for pair in identifier_pairs(attributes))


def identifier_pairs(attributes: Attributes) -> Iterable[Attributes]:
    """Yield every ID of a patient with its issuer, as attributes."""
    yield attributes
    for value in attributes.get(OTHER_IDS, {}).get("Value", ()):
        if value:
            yield {"00100020": {"vr": "LO", "Value": [value]}}
    for item in attributes.get(OTHER_IDS_SEQUENCE, {}).get("Value", ()):
        if isinstance(item, dict) and item.get("00100020", {}).get("Value"):
            yield item


def _combined_matches(pair: CombinedDateTime, attributes: Attributes) -> bool:
    date = normal_date(_first(attributes, pair.date_tag))
    if not date:
        return False
    value = date + (normal_time(_first(attributes, pair.time_tag)) or MIDNIGHT)
    return (pair.low is None or value >= pair.low) and (pair.high is None or value <= pair.high)


def _first(attributes: Attributes, tag: int) -> str:
    values = attributes.get(f"{tag:08X}", {}).get("Value")
    return str(values[0]) if values and values[0] is not None else ""


def words_match(words: tuple[str, ...], search_text: str) -> bool:
    """Say whether all free-text words occur in the folded search text of a study."""
    return all(fold(word) in search_text for word in words)


def returned(asked: Attributes, item: Attributes) -> Attributes:
    """Return what the caller asked for: every key is there, sequences with the keys of their items (PS3.4 K.2.2.1)."""
    found: Attributes = {}
    for name, key in asked.items():
        held = item.get(name, {"vr": key.get("vr", "UN")})
        inside = key.get("Value") or []
        if held.get("vr") == "SQ" and inside and isinstance(inside[0], dict) and inside[0]:
            values = [returned(inside[0], each or {}) for each in held.get("Value", ())]
            held = {"vr": "SQ", "Value": values} if values else {"vr": "SQ"}
        found[name] = held
    return found
