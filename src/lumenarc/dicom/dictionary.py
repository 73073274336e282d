"""Which VR and keyword every tag of PS3.6 has, as two flat tables made once from pydicom's dictionary data."""

from __future__ import annotations

from functools import cache

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary


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
