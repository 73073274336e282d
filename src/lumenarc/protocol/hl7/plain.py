"""How does an HL7 message look as plain lists that can be written as JSON, and become the same bytes again?

A message is {"charset", "end", "segments"}; a segment is a list of its name and fields (MSH-1, the separator, is one of
them). A field without delimiters is its text, else a list of repetitions; a repetition is text or a list of components,
a component text or a list of subcomponents. Escapes stay as they are written, for not all of them can be undone.
"""

from __future__ import annotations

import re
from typing import Any

from lumenarc.protocol.hl7.message import Delimiters, charset_of
from lumenarc.protocol.hl7.mllp import BadFrame

_ENDS = re.compile(r"(\r\n|\r|\n)")
_BYTES = "latin-1"


def to_plain(data: bytes) -> dict[str, Any]:
    """Take a message apart; raise BadFrame when it does not begin with MSH."""
    charset = charset_of(data)
    try:
        text = data.decode(charset)
        if text.encode(charset) != data:
            raise ValueError
    except ValueError:
        charset, text = _BYTES, data.decode(_BYTES)
    delimiters = Delimiters.of(text)
    parts = _ENDS.split(text)
    lines, ends = parts[::2], parts[1::2]
    if lines[-1]:
        ends.append("")
    else:
        lines.pop()
    plain: dict[str, Any] = {"charset": charset}
    plain |= {"end": ends[0]} if len(set(ends)) == 1 else {"ends": ends}
    return plain | {"segments": [_segment(line, delimiters) for line in lines]}


def _segment(line: str, delimiters: Delimiters) -> list[Any]:
    fields = line.split(delimiters.field)
    if fields[0] == "MSH":
        return ["MSH", delimiters.field, *fields[1:2], *(_nested(field, delimiters) for field in fields[2:])]
    return [fields[0], *(_nested(field, delimiters) for field in fields[1:])]


def _nested(text: str, delimiters: Delimiters) -> Any:
    inner = (delimiters.component, delimiters.sub)
    if not any(mark in text for mark in (delimiters.repetition, *inner)):
        return text
    found: list[Any] = []
    for repetition in text.split(delimiters.repetition):
        if not any(mark in repetition for mark in inner):
            found.append(repetition)
            continue
        components = repetition.split(delimiters.component)
        found.append([part.split(delimiters.sub) if delimiters.sub in part else part for part in components])
    return found


def from_plain(plain: Any) -> bytes:
    """Put a message together; raise BadFrame for what is none."""
    try:
        segments = plain["segments"]
        separator, marks = str(segments[0][1]), str(segments[0][2])
        if segments[0][0] != "MSH" or len(separator) != 1:
            raise BadFrame("The first segment is no MSH.")
        delimiters = Delimiters.of(f"MSH{separator}{marks}{separator}")
        ends = plain.get("ends") or [plain.get("end", "\r")] * len(segments)
        lines = [_line(segment, delimiters) + end for segment, end in zip(segments, ends, strict=True)]
        return "".join(lines).encode(plain.get("charset", "utf-8"))
    except (KeyError, IndexError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise BadFrame("This is no HL7 message as hl72json writes it.") from error


def _line(segment: list[Any], delimiters: Delimiters) -> str:
    if segment[0] == "MSH":
        return "MSH" + delimiters.field.join(["", *(_text(field, delimiters) for field in segment[2:])])
    return delimiters.field.join([segment[0], *(_text(field, delimiters) for field in segment[1:])])


def _text(field: Any, delimiters: Delimiters) -> str:
    if isinstance(field, str):
        return field
    repetitions = []
    for repetition in field:
        if isinstance(repetition, str):
            repetitions.append(repetition)
            continue
        parts = (part if isinstance(part, str) else delimiters.sub.join(part) for part in repetition)
        repetitions.append(delimiters.component.join(parts))
    return delimiters.repetition.join(repetitions)
