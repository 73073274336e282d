"""Which VR and keyword every tag of PS3.6 has, as two flat tables made once from pydicom's dictionary data.

The data are loaded from their file, not by importing the package: that takes a tenth of the time, and a command-line
tool that needs no more of pydicom starts so much faster.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType


def _load() -> ModuleType:
    package = importlib.util.find_spec("pydicom")
    assert package is not None and package.origin is not None
    spec = importlib.util.spec_from_file_location(
        "_lumenarc_dicom_dict", Path(package.origin).with_name("_dicom_dict.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_data = _load()
DicomDictionary: dict[int, tuple[str, str, str, str, str]] = _data.DicomDictionary
RepeatersDictionary: dict[str, tuple[str, str, str, str, str]] = _data.RepeatersDictionary


@cache
def _tables() -> tuple[dict[int, str], dict[str, int]]:
    vrs: dict[int, str] = {}
    keywords: dict[str, int] = {}
    for tag, (vr, _vm, _name, _retired, keyword) in DicomDictionary.items():
        vrs[tag] = vr
        if keyword:
            keywords[keyword] = tag
    return vrs, keywords


@cache
def _repeaters() -> tuple[tuple[int, int, str], ...]:
    found = []
    for pattern, (vr, *_rest) in RepeatersDictionary.items():
        mask = int("".join("0" if c == "x" else "F" for c in pattern), 16)
        found.append((mask, int(pattern.replace("x", "0"), 16), vr))
    return tuple(found)


@cache
def vr_of(tag: int) -> str:
    """Return the VR of a tag; "UN" when nobody knows it, the first choice where PS3.6 leaves one.

    US or SS becomes "US", OB or OW becomes "OW".
    """
    vr = _tables()[0].get(tag)
    if vr is None:
        if tag & 0xFFFF == 0:
            return "UL"
        if tag >> 16 & 1:
            return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
        vr = next((found for mask, value, found in _repeaters() if tag & mask == value), "UN")
    if " or " in vr:
        return "OW" if "OW" in vr and "US" not in vr else "US"
    return vr


def tag_of(keyword: str) -> int | None:
    """Return the tag of a keyword of PS3.6, or None."""
    return _tables()[1].get(keyword)


@cache
def keyword_of(tag: int) -> str:
    """Return the keyword of a tag, or ""."""
    entry = DicomDictionary.get(tag)
    return entry[4] if entry else ""


@cache
def depends_on_sign(tag: int) -> bool:
    """Say whether PS3.6 leaves US or SS to the Pixel Representation (PS3.5 A.1)."""
    entry = DicomDictionary.get(tag)
    return entry is not None and entry[0].startswith("US or SS")


@cache
def multiplicity_of(tag: int) -> str:
    """Return the value multiplicity as PS3.6 writes it ("1", "2-n", "1-8"), or ""."""
    entry = DicomDictionary.get(tag)
    return entry[1] if entry else ""


@cache
def is_retired(tag: int) -> bool:
    """Say whether PS3.6 marks the attribute as retired."""
    entry = DicomDictionary.get(tag)
    return entry is not None and entry[3] == "Retired"
