"""Is a data set what its IOD and PS3.5 say it must be? Modules and types, values and their representation.

Modules of an IOD that are mandatory are checked; of the others, those of which the data set has an attribute that no
mandatory module has. Conditions (1C, 2C) are prose in the standard and are not judged: what is there must not be empty
when it is 1C. Functional groups that are there are checked; which of them have to be is not (PS3.3 A, C; PS3.5 6.2,
7.4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom import iods
from lumenarc.dicom.dictionary import DicomDictionary, is_retired, keyword_of, multiplicity_of, tag_of
from lumenarc.dicom.query import Attributes

MAX_DEPTH = 64
_LENGTHS = {"AE": 16, "CS": 16, "SH": 16, "LO": 64, "IS": 12, "DS": 16, "UI": 64, "AS": 4, "ST": 1024, "LT": 10240}
_UNCOUNTED = frozenset("SQ OB OW OF OD OL OV UN LT ST UT UR".split())
# What is required inside depends on which content item it is: the tables cannot say.
_CONTENT = "0040A730"
# Of their items only the macros that are there are looked into: the tables do not say when one has to be.
_GROUPS = frozenset((iods.SHARED_GROUPS, iods.PER_FRAME_GROUPS))
_ANY_FRAME = re.compile(rf"^{iods.PER_FRAME_GROUPS}/\d+")
_CONTENT_ITEM = frozenset(
    "TextValue DateTime Date Time PersonName UID ConceptCodeSequence MeasuredValueSequence ReferencedSOPSequence "
    "GraphicData GraphicType ReferencedFrameOfReferenceUID TabulatedValuesSequence TemporalRangeType "
    "PixelOriginInterpretation ContentSequence".split()
)
_FORMS = {
    "CS": re.compile(r"[A-Z0-9 _]*"),
    "UI": re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*"),
    "DA": re.compile(r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"),
    "TM": re.compile(r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9](?:(?:[0-5][0-9]|60)(?:\.[0-9]{1,6})?)?)?"),
    "DT": re.compile(r"[0-9]{4,14}(?:\.[0-9]{1,6})?(?:[+-][0-9]{4})?"),
    "AS": re.compile(r"[0-9]{3}[DWMY]"),
    "IS": re.compile(r" *[+-]?[0-9]+ *"),
    "DS": re.compile(r" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? *"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be; `path` are tags and item numbers (from 1): "00400275/1.00400009"."""

    is_error: bool
    path: str
    text: str

    @property
    def place(self) -> str:
        """The path by keywords."""
        steps = re.findall(r"([0-9A-F]{8})(?:/(\d+))?", self.path)
        return ".".join((keyword_of(int(tag, 16)) or tag) + (f"[{item}]" if item else "") for tag, item in steps)


def check(attributes: Attributes, iod: str = "") -> Iterator[Finding]:
    """Yield what is wrong with a data set, whose IS and DS are strings (`keep_spelling`).

    `iod` "" takes that of its SOP Class UID.
    """
    sop_class_uid = str((attributes.get("00080016", {}).get("Value") or [""])[0] or "")
    name = iod or iods.iod_of(sop_class_uid)
    if name:
        yield from _modules(attributes, name)
    else:
        yield Finding(False, "00080016", "the SOP class is not in the tables: only values are checked")
    yield from _values(attributes, "", 0)


def _modules(attributes: Attributes, iod: str) -> Iterator[Finding]:
    parts = iods.modules_of(iod)
    mandatory = [module for module, usage in parts if usage == "M"]
    common = {keyword for module in mandatory for keyword, _, _ in iods.node_of(module)}
    reported: set[tuple[str, str]] = set()
    for module, usage in parts:
        if usage != "M" and not _is_used(attributes, module, common):
            continue
        node = iods.node_of(module)
        if module == "sr-document-content":
            node = [part for part in node if part[0] not in _CONTENT_ITEM]
        for finding in _level(attributes, node, f"{module} module ({usage})", "", 0):
            # What is wrong in every frame is said once, with the number of the first.
            key = (_ANY_FRAME.sub("", finding.path), finding.text.split(" of the ")[0])
            if key not in reported:
                reported.add(key)
                yield finding


def _is_used(attributes: Attributes, module: str, common: set[str]) -> bool:
    own = (keyword for keyword, _, _ in iods.node_of(module) if keyword not in common)
    return any(f"{tag_of(keyword) or 0:08X}" in attributes for keyword in own)


def _level(attributes: Attributes, node: list[list[Any]], where: str, path: str, depth: int) -> Iterator[Finding]:
    """Check one level of a module: the types of its attributes, and the items of its sequences."""
    if depth > MAX_DEPTH:
        return
    for keyword, kind, inside in node:
        tag = tag_of(keyword)
        if tag is None or (tag >> 24 == 0x7F and tag & 0xFFFF == 0x0010):
            continue
        name = f"{tag:08X}"
        entry = attributes.get(name)
        here = f"{path}{name}"
        if entry is None:
            if kind in ("1", "2"):
                yield Finding(True, here, f"type {kind} attribute of the {where} is missing")
            continue
        has_value = bool(entry.get("Value")) or "InlineBinary" in entry or "BulkDataURI" in entry
        if not has_value and kind in ("1", "1C") and entry.get("vr") not in ("OB", "OW", "UN"):
            yield Finding(True, here, f"type {kind} attribute of the {where} is empty")
        if inside >= 0 and entry.get("vr") == "SQ" and name != _CONTENT:
            for number, item in enumerate(entry.get("Value", ()), 1):
                below = iods.inside(inside)
                if name in _GROUPS:
                    below = [part for part in below if f"{tag_of(part[0]) or 0:08X}" in (item or {})]
                yield from _level(item or {}, below, where, f"{here}/{number}.", depth + 1)


def _values(attributes: Attributes, path: str, depth: int) -> Iterator[Finding]:
    """Check every value by its VR, its multiplicity and the dictionary."""
    if depth > MAX_DEPTH:
        return
    for name, entry in attributes.items():
        tag, here = int(name, 16), f"{path}{name}"
        vr, values = str(entry.get("vr", "UN")), entry.get("Value", [])
        if tag >> 16 & 1:
            block = f"{name[:4]}00{name[4:6]}"
            if tag & 0xFFFF >= 0x1000 and block not in attributes:
                yield Finding(True, here, "private attribute without a Private Creator")
        else:
            yield from _by_dictionary(tag, here, vr, values)
        if vr == "SQ":
            for number, item in enumerate(values, 1):
                yield from _values(item or {}, f"{here}/{number}.", depth + 1)
        else:
            yield from _by_vr(vr, here, values)


def _by_dictionary(tag: int, here: str, vr: str, values: list[Any]) -> Iterator[Finding]:
    known = DicomDictionary.get(tag)
    if known is None:
        if not 0x50 <= tag >> 24 < 0x70:
            yield Finding(False, here, "attribute that the dictionary does not have")
        return
    if vr != "UN" and vr not in known[0].replace(" or ", " ").split():
        yield Finding(True, here, f"VR {vr}, the dictionary says {known[0]}")
    if is_retired(tag):
        yield Finding(False, here, "the attribute is retired")
    wanted = multiplicity_of(tag)
    if values and vr not in _UNCOUNTED and not _fits(len(values), wanted):
        yield Finding(True, here, f"{len(values)} values, the dictionary allows {wanted}")


def _fits(count: int, wanted: str) -> bool:
    low, _, high = wanted.replace(" or ", "-").partition("-")
    if not low.isdigit():
        return True
    if not high:
        return count == int(low)
    if high == "n":
        return count >= int(low)
    if high.endswith("n"):
        step = int(high[:-1] or 1)
        return count >= int(low) and count % step == 0
    return int(low) <= count <= int(high)


def _by_vr(vr: str, here: str, values: list[Any]) -> Iterator[Finding]:
    longest, form = _LENGTHS.get(vr), _FORMS.get(vr)
    judge = _JUDGES.get(vr)
    for value in values:
        if value is None:
            continue
        text = value if isinstance(value, str) else str(value)
        if judge is not None and isinstance(value, dict):
            reason = judge(value)
            if reason:
                yield Finding(True, here, reason)
            continue
        if longest is not None and len(text) > longest:
            yield Finding(True, here, f"{len(text)} characters, VR {vr} has at most {longest}")
        elif form is not None and not form.fullmatch(text):
            yield Finding(True, here, f"the value is no {vr}")


def _name(value: dict[str, str]) -> str:
    for group in value.values():
        if len(group) > 64:
            return f"{len(group)} characters in a group of a person's name, 64 are allowed"
        if group.count("^") > 4:
            return "a person's name has at most five components"
    return ""


_JUDGES: dict[str, Callable[[dict[str, str]], str]] = {"PN": _name}
