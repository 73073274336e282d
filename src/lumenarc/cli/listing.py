"""How are the attributes of an answer printed for people? One line each, sequences indented."""

from __future__ import annotations

from collections.abc import Iterator

from lumenarc.cli.frame import printable
from lumenarc.dicom.dictionary import keyword_of
from lumenarc.dicom.query import Attributes


def lines(attributes: Attributes, indent: str = "  ") -> Iterator[str]:
    """Yield keyword and values of each attribute."""
    for name in sorted(attributes):
        entry = attributes[name]
        label = keyword_of(int(name, 16)) or name
        values = entry.get("Value", [])
        if entry.get("vr") == "SQ":
            yield f"{indent}{label}:"
            for item in values:
                yield from lines(item, indent + "  > ")
            continue
        texts = ("=".join(map(str, value.values())) if isinstance(value, dict) else str(value) for value in values)
        yield f"{indent}{label}: {printable(chr(92).join(texts))}"
