"""How does a pattern with attributes in braces become text? (dcm4che's AttributesFormat, so that patterns carry over)

`{00100020}` or `{PatientID}` is a value, `{00100020[2]}` the second, `{00400100.00080060}` one inside a sequence. After
a comma: `hash` (8 hexadecimal digits), `md5`, `upper`, `lower`, `date,PATTERN`, `time,PATTERN`, `number,0000`,
`slice,START[,END]`, `urlencoded`. `{now,date,PATTERN}`, `{rnd,uuid}`. Date patterns are Java's: yyyy MM dd HH mm ss.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from lumenarc.dicom.assignments import find, parse_path
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

_PART = re.compile(r"\{([^{}]*)\}")
_VALUE = re.compile(r"(.*?)(?:\[(\d{1,4})\])?")
_DATE = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"), ("SSS", "%f"))
Field = Callable[[Attributes], str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a pattern may ask for that is in no data set: the time, and names nobody has used."""

    now: Callable[[], datetime]
    uuid: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern taken apart: text and fields in turn."""

    parts: tuple[str | Field, ...]

    def fill(self, attributes: Attributes) -> str:
        """Return the text for a data set."""
        return "".join(part if isinstance(part, str) else part(attributes) for part in self.parts)

    def fill_path(self, attributes: Attributes) -> str:
        """Return the text as a relative path: no value can lead out of the folder, hide a file or make a new level."""
        filled = (part if isinstance(part, str) else _harmless(part(attributes)) for part in self.parts)
        steps = [step.strip() for step in "".join(filled).split("/")]
        return "/".join("_" if step in ("", ".", "..") else step[:200].lstrip(".") or "_" for step in steps)


def parse(text: str, surroundings: Surroundings) -> Pattern:
    """Take a pattern apart.

    Raises:
        BadRequest: an attribute or a format that does not exist.
    """
    parts: list[str | Field] = []
    end = 0
    for found in _PART.finditer(text):
        parts.append(text[end : found.start()])
        parts.append(_field(found[1], surroundings))
        end = found.end()
    parts.append(text[end:])
    if any("{" in part or "}" in part for part in parts if isinstance(part, str)):
        raise BadRequest("A brace in the pattern has no partner.")
    return Pattern(tuple(part for part in parts if part != ""))


def _field(text: str, surroundings: Surroundings) -> Field:
    name, _, rest = text.partition(",")
    kind, _, detail = rest.partition(",")
    if name == "now":
        return lambda _: surroundings.now().strftime(_strftime(detail or "yyyyMMddHHmmss"))
    if name == "rnd":
        return lambda _: surroundings.uuid()
    found = _VALUE.fullmatch(name)
    assert found is not None
    path, index = parse_path(found[1]), int(found[2] or 1) - 1
    shape = _shape(kind, detail)
    return lambda attributes: shape(_text(find(attributes, path), index))


def _text(entry: dict[str, Any] | None, index: int) -> str:
    values = (entry or {}).get("Value") or []
    value = values[index] if index < len(values) else None
    if isinstance(value, dict):
        return str(value.get("Alphabetic") or value.get("Ideographic") or "")
    return "" if value is None else str(value)


def _shape(kind: str, detail: str) -> Callable[[str], str]:
    plain: dict[str, Callable[[str], str]] = {
        "": str,
        "hash": lambda text: hashlib.sha256(text.encode()).hexdigest()[:8],
        "md5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "upper": str.upper,
        "lower": str.lower,
        "urlencoded": partial(quote, safe=""),
    }
    if kind in plain:
        return plain[kind]
    if kind in ("date", "time"):
        return partial(_moment, form=_strftime(detail or ("yyyyMMdd" if kind == "date" else "HHmmss")), kind=kind)
    try:
        if kind == "number":
            return lambda text: text.strip().zfill(len(detail)) if text.strip().lstrip("-").isdigit() else text
        if kind == "slice":
            start, _, end = detail.partition(",")
            part = slice(int(start or 0), int(end) if end else None)
            return lambda text: text[part]
    except ValueError:
        pass
    raise BadRequest(f"There is no format {kind!r}.")


def _strftime(pattern: str) -> str:
    for theirs, ours in _DATE:
        pattern = pattern.replace(theirs, ours)
    return pattern


def _moment(text: str, form: str, kind: str) -> str:
    """Write a DA, TM or DT in another form; what is none gives nothing."""
    digits = re.sub(r"\D", "", text.partition(".")[0])
    try:
        if kind == "time" and len(digits) <= 6:
            return datetime.strptime(digits.ljust(6, "0"), "%H%M%S").strftime(form)
        return datetime.strptime(digits[:14].ljust(14, "0"), "%Y%m%d%H%M%S").strftime(form)
    except ValueError:
        return ""


def _harmless(text: str) -> str:
    return re.sub(r"[^\w.^=+,-]", "_", text).strip("._ ") or "_"
