"""How is one key of a query matched? Its VR and value decide (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lumenarc.dicom.columns import fold, normal_date, normal_time
from lumenarc.dicom.query import Attributes, Item, Key, Matcher, OneOf, PersonName, Range, Universal, Wildcard
from lumenarc.dicom.time_zone import OFFSET
from lumenarc.errors import BadQuery

EMPTY = '""'  # Empty Value Matching, PS3.4 C.2.2.2.7
MAX_VALUES = 10_000
_WILDCARD_VRS = frozenset("AE CS LO LT SH ST UC UR UT UN".split())
_NUMBER_VRS = frozenset("IS DS US SS UL SL SV UV FL FD".split())


def strings(element: Mapping[str, Any]) -> list[str]:
    return [str(value) for value in element.get("Value", ()) if value is not None]


def matcher_of(vr: str, element: Mapping[str, Any], *, fuzzy: bool = False) -> Matcher:
    """Return how the value of a key is matched (PS3.4 C.2.2.2); raise BadQuery when it makes no sense."""
    raw = element.get("Value", ())
    if len(raw) > MAX_VALUES:
        raise BadQuery("A key has too many values.")
    if vr == "SQ":
        items = [item for item in raw if isinstance(item, dict)]
        return item_of(items[0], fuzzy=fuzzy) if items else Universal()
    if vr == "PN":
        return name_matcher(next((value for value in raw if value is not None), ""), fuzzy=fuzzy)
    values = tuple(text for text in (str(v).replace("\0", "").strip(" ") for v in raw if v is not None) if text)
    if not values or any(value.strip("*") == "" for value in values):
        return Universal()
    if values == (EMPTY,):
        return OneOf(("",))
    if vr in ("DA", "TM", "DT"):
        return range_matcher(vr, values)
    if vr in _NUMBER_VRS:
        return OneOf(tuple(_number(value) for value in values))
    if vr in _WILDCARD_VRS and any("*" in value or "?" in value for value in values):
        return Wildcard(tuple(re.sub(r"\*+", "*", value) for value in values))
    return OneOf(values)


def item_of(item: Attributes, *, fuzzy: bool = False) -> Matcher:
    """Return the matcher of a sequence from the one item that its key has."""
    keys = []
    for name, element in item.items():
        matcher = matcher_of(element.get("vr", "UN"), element, fuzzy=fuzzy)
        if not isinstance(matcher, Universal):
            keys.append(Key(int(name, 16), element.get("vr", "UN"), matcher))
    return Item(tuple(keys)) if keys else Universal()


def _number(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        raise BadQuery("A numeric key is no number.") from None
    if number.is_integer() and abs(number) < 1 << 53:
        return str(int(number))
    return str(number)


def name_matcher(value: Any, *, fuzzy: bool) -> Matcher:
    """Return the matcher of a person name key, given as text with = or as DICOM JSON."""
    groups = [value.get(g, "") for g in ("Alphabetic", "Ideographic", "Phonetic")] if isinstance(value, dict) else []
    parts = [str(group) for group in groups] or str(value).split("=")[:3]
    if [part for part in parts if part] == [EMPTY]:
        return PersonName(("", "", ""), False)
    a, i, p = (re.sub(r"\*+", "*", _fold_key(part)) for part in (*parts, "", "", "")[:3])
    wanted = tuple("" if part == "*" else part for part in (a, i, p))
    if not any(wanted):
        return Universal()
    single = not i and not p
    return PersonName((wanted[0], wanted[1], wanted[2]), single, fuzzy)


def _fold_key(group: str) -> str:
    """Fold a component group of a key; DOE^* and DOE^ mean what DOE does."""
    group = group.replace("\0", "")
    folded = "^".join(part.strip() for part in fold(group).split("^"))
    while folded.endswith(("^", "^*")):
        folded = folded.removesuffix("*").rstrip("^")
    return folded


def range_matcher(vr: str, values: tuple[str, ...]) -> Matcher:
    """Return the range of a date, time or date-time key; a single time of less precision is the time it covers."""
    if len(values) > 1:
        if vr != "DA":
            raise BadQuery("A time key has several values.")
        dates = tuple(normal_date(value) for value in values)
        if not all(dates):
            raise BadQuery("A date key is no date.")
        return OneOf(dates)
    text = values[0]
    low, dash, high = (part.strip() for part in text.partition("-"))
    if vr == "DT":
        low, dash, high = _split_datetime(text)
    elif vr == "DA" and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        low, dash, high = text.replace("-", ""), "", ""
    if dash and not low and not high:
        return Universal()
    if not dash:
        high = low
    return Range(_end(vr, low, last=False), _end(vr, high, last=True))


def _split_datetime(text: str) -> tuple[str, str, str]:
    """Split a DT range at the dash that is not the sign of an offset (PS3.5 6.2 Table, DT)."""
    match = re.fullmatch(r"([\d.]*(?:[+-]\d{4})?)-([\d.]*(?:[+-]\d{4})?)", text)
    if match and not (match[2] and len(match[2]) == 4 and len(match[1]) > 8 and OFFSET.fullmatch("-" + match[2])):
        return match[1], "-", match[2]
    return text, "", ""


def _end(vr: str, text: str, *, last: bool) -> str | None:
    if not text:
        return None
    if vr == "DA":
        found = normal_date(text)
    elif vr == "TM":
        found = _padded_time(text, last=last)
    else:
        digits = re.sub(r"[+-]\d{4}$", "", text)
        found = digits + "99991231235959.999999"[len(digits) :] if last else digits
        found = found if re.fullmatch(r"\d{4,14}(\.\d{0,6})?", digits) else ""
    if not found:
        raise BadQuery("A date or time key is no date or time.")
    return found


def _padded_time(text: str, *, last: bool) -> str:
    whole, _, fraction = text.replace(":", "").partition(".")
    if not normal_time(text) or (fraction and (len(whole) != 6 or not fraction.isdigit())):
        return ""
    if not last:
        return normal_time(text)
    return whole + "235959"[len(whole) :] + "." + f"{fraction[:6]:9<6}"
