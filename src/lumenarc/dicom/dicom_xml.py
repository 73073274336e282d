"""How are attributes written as, and read from, the Native DICOM Model? (PS3.19 A.1, used by PS3.18 F.3)

The reader is safe on hostile text: a document type, entities and processing instructions are refused, nesting and size
are bounded, and nothing outside the text is ever opened.
"""

from __future__ import annotations

import re
import xml.parsers.expat
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lumenarc.dicom.dictionary import keyword_of
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
MAX_DEPTH = 64
MAX_ELEMENTS = 1_000_000
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_COMPONENTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_INTEGERS = frozenset(("US", "SS", "UL", "SL", "IS"))
_FLOATS = frozenset(("FL", "FD", "DS"))
# What XML 1.0 cannot hold, not even escaped; such characters in DICOM text are mistakes.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(attributes: Attributes) -> bytes:
    """Return a whole document in UTF-8."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xml:space="preserve" xmlns="', NAMESPACE, '">']
    _write_set(out, attributes, 0)
    out.append("</NativeDicomModel>")
    return "".join(out).encode("utf-8")


def _clean(value: Any) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", str(value)), {"\r": "&#13;"})


def _write_set(out: list[str], attributes: Attributes, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadDataSet("Sequences are nested too deeply.")
    for name in sorted(attributes):
        entry = attributes[name]
        keyword = keyword_of(int(name, 16))
        out.append(f'<DicomAttribute tag="{name}" vr={quoteattr(str(entry.get("vr", "UN")))}')
        out.append(f' keyword="{keyword}">' if keyword else ">")
        if "InlineBinary" in entry:
            out.append(f"<InlineBinary>{_clean(entry['InlineBinary'])}</InlineBinary>")
        elif "BulkDataURI" in entry:
            uri = quoteattr(_FORBIDDEN.sub("\ufffd", str(entry["BulkDataURI"])))
            out.append(f"<BulkData uri={uri}/>")
        for number, piece in enumerate(entry.get("DataFragment", ()), 1):  # encapsulated pixel data, as dcm4che's
            out.append(f'<DataFragment number="{number}">')
            if "InlineBinary" in piece:
                out.append(f"<InlineBinary>{_clean(piece['InlineBinary'])}</InlineBinary>")
            elif "BulkDataURI" in piece:
                out.append(f"<BulkData uri={quoteattr(_FORBIDDEN.sub(chr(0xFFFD), str(piece['BulkDataURI'])))}/>")
            out.append("</DataFragment>")
        values, vr = entry.get("Value", ()), entry.get("vr", "UN")
        for number, value in enumerate(values, 1):
            # Values that are empty are left out, but for the last: nothing else would say that it is there.
            is_last_of_many = 1 < number == len(values) and vr not in ("SQ", "PN")
            _write_value(out, vr, number, "" if value is None and is_last_of_many else value, depth)
        out.append("</DicomAttribute>")


def _write_value(out: list[str], vr: str, number: int, value: Any, depth: int) -> None:
    if vr == "SQ":
        out.append(f'<Item number="{number}">')
        _write_set(out, value or {}, depth + 1)
        out.append("</Item>")
    elif vr == "PN":
        if value:
            out.append(f'<PersonName number="{number}">')
            _write_name(out, value if isinstance(value, dict) else {"Alphabetic": str(value)})
            out.append("</PersonName>")
    elif value is not None:
        out.append(f'<Value number="{number}">{_clean(_finite(value))}</Value>')


def _finite(value: Any) -> Any:
    """Return xs:double's spelling of infinity."""
    return {"Infinity": "INF", "-Infinity": "-INF"}.get(value, value) if isinstance(value, str) else value


def _write_name(out: list[str], groups: dict[str, str]) -> None:
    for group in _GROUPS:
        text = groups.get(group)
        if not text:
            continue
        out.append(f"<{group}>")
        for component, part in zip(_COMPONENTS, text.split("^", 4), strict=False):
            if part:
                out.append(f"<{component}>{_clean(part)}</{component}>")
        out.append(f"</{group}>")


class _Reader:
    """Builds attributes from the parser's events; a stack of open data sets and one open attribute per level."""

    def __init__(self, keep_spelling: bool) -> None:
        self.keep_spelling = keep_spelling
        self.sets: list[Attributes] = [{}]
        self.open: list[tuple[str, dict[str, Any]]] = []
        self.name: dict[str, dict[str, str]] = {}
        self.group = ""
        self.number = 1
        self.fragment: dict[str, Any] | None = None
        self.text: list[str] | None = None
        self.n_elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        self.n_elements += 1
        tag = tag.rpartition(" ")[2]
        if self.n_elements > MAX_ELEMENTS or len(self.sets) > MAX_DEPTH:
            raise BadDataSet("The XML document is nested too deeply or too large.")
        if tag == "DicomAttribute":
            name = attrs.get("tag", "").upper()
            if not re.fullmatch("[0-9A-F]{8}", name):
                raise BadDataSet("A DicomAttribute has no tag.")
            self.open.append((name, {"vr": attrs.get("vr", "UN")}))
        elif tag in ("Item", "Value", "PersonName", "InlineBinary", "BulkData", "DataFragment"):
            if not self.open:
                raise BadDataSet("A value stands outside a DicomAttribute.")
            self._start_value(tag, attrs)
        elif tag in _GROUPS:
            self.group = tag
            self.name[tag] = {}
        elif tag in _COMPONENTS:
            self.text = []

    def _start_value(self, tag: str, attrs: dict[str, str]) -> None:
        number = attrs.get("number", "1")
        self.number = int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 1
        if tag == "Item":
            self.sets.append({})
        elif tag == "PersonName":
            self.name = {}
        elif tag == "DataFragment":
            self.fragment = {}
        elif tag == "BulkData":
            self._binary()["BulkDataURI"] = attrs.get("uri", attrs.get("uuid", ""))
        else:
            self.text = []

    def end(self, tag: str) -> None:
        tag = tag.rpartition(" ")[2]
        text = "".join(self.text or ())
        if tag == "DicomAttribute":
            name, entry = self.open.pop()
            values = entry.get("Value", [None])
            while values and values[-1] is None and (entry["vr"] == "PN" or all(each is None for each in values)):
                values.pop()
            if not values:
                entry.pop("Value", None)
            self.sets[-1][name] = entry
        elif tag == "Item":
            self._add(self.sets.pop(), pad=False)
        elif tag == "Value":
            vr = self.open[-1][1]["vr"]
            spelled = text.strip() if self.keep_spelling and vr in ("IS", "DS") else _value(vr, text)
            self._add(spelled if text else None, pad=True)
        elif tag == "InlineBinary":
            self._binary()["InlineBinary"] = "".join(text.split())
        elif tag == "DataFragment" and self.open:
            self.open[-1][1].setdefault("DataFragment", []).append(self.fragment or {})
            self.fragment = None
        elif tag == "PersonName":
            groups = {group: _joined(parts) for group, parts in self.name.items()}
            self._add({group: whole for group, whole in groups.items() if whole} or None, pad=True)
        elif tag in _COMPONENTS and self.group in self.name:
            self.name[self.group][tag] = text
        if tag not in _GROUPS:
            self.text = None

    def _binary(self) -> dict[str, Any]:
        """Return what a binary value belongs to: the open fragment, or the open attribute."""
        return self.open[-1][1] if self.fragment is None else self.fragment

    def _add(self, value: Any, *, pad: bool) -> None:
        values = self.open[-1][1].setdefault("Value", [])
        while pad and len(values) < min(self.number - 1, 1 << 16):
            values.append(None)
        values.append(value)

    def characters(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)


def _joined(parts: dict[str, str]) -> str:
    return "^".join(parts.get(component, "") for component in _COMPONENTS).rstrip("^")


def _value(vr: str, text: str) -> Any:
    """Return numbers as numbers; text that is none stays text."""
    spelled = text.strip()
    try:
        if vr in _INTEGERS:
            return int(spelled)
        if vr in _FLOATS:
            if spelled in ("NaN", "INF", "-INF"):
                return {"NaN": "NaN", "INF": "Infinity", "-INF": "-Infinity"}[spelled]
            return float(spelled) if not spelled.lstrip("+-").isdigit() else int(spelled)
    except ValueError:
        return text
    return text


def _refuse(*_ignored: object) -> int:
    raise BadDataSet("The XML document declares a document type or entities, which are not allowed.")


def from_xml(data: bytes, *, keep_spelling: bool = False) -> Attributes:
    """Read a Native DICOM Model document; raise BadDataSet when it is none. `keep_spelling`: IS and DS stay strings."""
    reader = _Reader(keep_spelling)
    parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except xml.parsers.expat.ExpatError as error:
        raise BadDataSet("The XML document is not well-formed.") from error
    if len(reader.sets) != 1 or reader.open:
        raise BadDataSet("The XML document is not complete.")
    return reader.sets[0]
