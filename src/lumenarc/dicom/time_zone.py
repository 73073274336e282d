"""How do dates and times get into another time zone? (PS3.4 C.2.2.2: Timezone Offset From UTC in identifiers)

A date with its time is a point in time and moves as one; a date or a time alone says nothing of one and stays.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadQuery

OFFSET_TAG = "00080201"
OFFSET = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")
# The time of each date.
TIME_OF = {
    0x00080020: 0x00080030,
    0x00080021: 0x00080031,
    0x00080022: 0x00080032,
    0x00080023: 0x00080033,
    0x00100030: 0x00100032,
    0x00400244: 0x00400245,
}
_PAIRS = {f"{date:08X}": f"{time:08X}" for date, time in TIME_OF.items()}
_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2}(?:\.\d{1,6})?)?")
_DATE_TIME = re.compile(r"(\d{8})(\d{2})(\d{2})?(\d{2}(?:\.\d{1,6})?)?")


@cache
def zone_of(name: str) -> tzinfo | None:
    """Return a zone by its IANA name or as an offset like +0100; None, the zone of this machine, for "".

    Raises ValueError for a name that is neither.
    """
    if not name:
        return None
    if OFFSET.fullmatch(name):
        return offset_zone(name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone") from error


def offset_zone(offset: str) -> timezone:
    """Return the zone of a Timezone Offset From UTC; raise BadQuery when it is none."""
    if not OFFSET.fullmatch(offset):
        raise BadQuery("The Timezone Offset From UTC is invalid.")
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def moved(when: datetime, source: tzinfo | None, target: tzinfo | None) -> datetime:
    """Return the same moment on the clock of another zone; None is the zone of this machine."""
    aware = when.astimezone() if source is None else when.replace(tzinfo=source)
    return aware.astimezone(target).replace(tzinfo=None)


def in_zone(attributes: Attributes, stored: tzinfo | None, offset: str) -> Attributes:
    """Return attributes with all points in time in the zone of `offset`, which they then name.

    An object that names its own offset is taken at its word; the others are of the zone `stored`.
    """
    own = next((str(value) for value in attributes.get(OFFSET_TAG, {}).get("Value", ()) if value), "")
    source = offset_zone(own) if OFFSET.fullmatch(own) else stored
    found = _moved_set(attributes, source, offset_zone(offset))
    return found | {OFFSET_TAG: {"vr": "SH", "Value": [offset]}}


def _moved_set(attributes: Attributes, source: tzinfo | None, target: tzinfo) -> Attributes:
    found: Attributes = {}
    for name, entry in attributes.items():
        if entry.get("vr") == "SQ":
            items = [_moved_set(item, source, target) for item in entry.get("Value", ()) if isinstance(item, dict)]
            found[name] = entry | {"Value": items}
        elif entry.get("vr") == "DT" and entry.get("Value"):
            found[name] = entry | {"Value": [_moved_date_time(value, source, target) for value in entry["Value"]]}
        else:
            found.setdefault(name, entry)
    for date_name, time_name in _PAIRS.items():
        pair = _moved_pair(_only(found.get(date_name)), _only(found.get(time_name)), source, target)
        if pair is not None:
            found[date_name] = found[date_name] | {"Value": [pair[0]]}
            found[time_name] = found[time_name] | {"Value": [pair[1]]}
    return found


def _only(entry: dict[str, Any] | None) -> str:
    values = (entry or {}).get("Value", ())
    return str(values[0]) if len(values) == 1 else ""


def _moved_pair(date: str, time: str, source: tzinfo | None, target: tzinfo) -> tuple[str, str] | None:
    """Move a date and its time, as precise as they are; None when they are no point in time."""
    day, clock = _DATE.fullmatch(date), _TIME.fullmatch(time)
    if day is None or clock is None or clock[2] is None:
        return None
    try:
        when = datetime(int(day[1]), int(day[2]), int(day[3]), int(clock[1]), int(clock[2]))
        there = moved(when, source, target)
    except (ValueError, OverflowError):
        return None
    return there.strftime("%Y%m%d"), there.strftime("%H%M") + (clock[3] or "")


def _moved_date_time(value: Any, source: tzinfo | None, target: tzinfo) -> Any:
    """Move a DT value that has no offset of its own."""
    found = _DATE_TIME.fullmatch(str(value))
    pair = _moved_pair(found[1], "".join(part or "" for part in found.groups()[1:]), source, target) if found else None
    return value if pair is None else pair[0] + pair[1]
