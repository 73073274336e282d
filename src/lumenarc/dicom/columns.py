"""How values and keys are normalised so that matching is comparison (PS3.4 C.2.2.2, PS3.5 6.2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from lumenarc.dicom.attributes import Indexed, Kind
from lumenarc.dicom.query import Attributes

Column = str | int | None
_GROUPS = (("a", "Alphabetic"), ("i", "Ideographic"), ("p", "Phonetic"))
_NO_DIGIT = re.compile(r"\D")


def fold(text: str) -> str:
    """Return text without case, accents and differences of width: what names and free text are compared by."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in decomposed if not unicodedata.combining(c) or c in "゙゚"))


def fold_name(group: str) -> str:
    """Fold one component group; spaces around components and trailing empty components do not count."""
    return "^".join(part.strip() for part in fold(group).split("^")).rstrip("^")


def first_value(attributes: Attributes, tag: int) -> Any:
    """Return the first value of a top-level attribute, or None."""
    values = attributes.get(f"{tag:08X}", {}).get("Value")
    return values[0] if values else None


def normal_date(text: str) -> str:
    """Return YYYYMMDD; the old YYYY.MM.DD is understood, anything else gives ""."""
    digits = text.replace(".", "").replace("-", "").strip()
    return digits if len(digits) == 8 and digits.isascii() and digits.isdigit() else ""


def normal_time(text: str) -> str:
    """Return HHMMSS.FFFFFF; missing parts count as zero, the old HH:MM:SS is understood, else ""."""
    whole, _, fraction = text.replace(":", "").strip().partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) not in (2, 4, 6):
        return ""
    return f"{whole:0<6}.{_NO_DIGIT.sub('', fraction)[:6]:0<6}"


def column_values(line: Indexed, attributes: Attributes) -> dict[str, Column]:
    """Return the columns of one indexed attribute for a data set."""
    value = first_value(attributes, line.tag)
    if line.kind is Kind.NAME:
        groups = value if isinstance(value, dict) else {}
        return {f"{line.column}_{suffix}": fold_name(groups.get(group, "")) for suffix, group in _GROUPS}
    if line.kind is Kind.MULTI:
        values = attributes.get(f"{line.tag:08X}", {}).get("Value", ())
        return {line.column: joined(str(v) for v in values if v not in (None, ""))}
    if line.kind is Kind.INTEGER:
        return {line.column: value if isinstance(value, int) and abs(value) < 1 << 62 else None}
    text = "" if value is None else str(value)
    if line.kind is Kind.DATE:
        text = normal_date(text)
    elif line.kind is Kind.TIME:
        text = normal_time(text)
    return {line.column: text.replace("\0", "")}


def joined(values: Iterable[str]) -> str:
    r"""Write several values the way multi-valued columns keep them: \A\B\, or nothing."""
    text = "\\".join(values)
    return f"\\{text}\\" if text else ""


def search_words(values: Iterable[str]) -> str:
    """Return the folded text that free-text search looks into."""
    return " ".join(fold(value).replace("^", " ").replace("=", " ") for value in values if value)
