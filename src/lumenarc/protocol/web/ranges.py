"""Which bytes of a representation are wanted, and does the caller have it already? (RFC 9110 13.1, 14.1.2)"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"[^"]*"')


class Unsatisfiable(Exception):
    """The range begins behind the end."""


def byte_range(header: str, total: int) -> tuple[int, int] | None:
    """Return first byte and the one behind the last; None when all is to be sent.

    Several ranges, and what is no range, are passed over, as the standard allows. Raises Unsatisfiable.
    """
    found = _ONE_RANGE.fullmatch(header)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), total)
        if length == 0:
            raise Unsatisfiable
        return total - length, total
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= total:
        raise Unsatisfiable
    return start, min(int(last) + 1, total) if last else total


def names(header: Sequence[str], etag: str) -> bool:
    """Say whether If-None-Match names this entity tag, compared weakly."""
    text = ",".join(header)
    if text.strip() == "*":
        return True
    return etag.removeprefix("W/") in (tag.removeprefix("W/") for tag in _TAG.findall(text))
