"""How do single-frame images become one enhanced multi-frame object? (PS3.3 C.7.6.16, C.7.6.17, A.70 … A.72)

Every attribute of a frame finds one of four places: the top level (a module of the target IOD has it, and all frames
agree), a functional group, shared or per frame, and, for what the target has no place for, the Unassigned Converted
Attributes macros, so that nothing is lost on the way back. Works on the JSON model; pixel data are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lumenarc.dicom import iods
from lumenarc.dicom.dictionary import keyword_of
from lumenarc.dicom.enhance_tables import ALIKE, NOT_MADE, OTHER_NAMES, REGIONS, REQUIRED, Target
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.stacks import arrange
from lumenarc.errors import BadRequest

_SHARED_REST, _FRAME_REST, _CONVERTED_FROM, _CONTENT = "00209170", "00209171", "00209172", "00209111"
_TRANSFORMATION, _ANATOMY, _REGION = "00289145", "00209071", "00082218"
_IMAGE_TYPE, _FRAME_TYPE = "00080008", "00089007"
# Not of a frame, or said anew: SOP class and instance, character set, date of creation, what only pixel data say.
_DROPPED = frozenset("00080005 00080016 00080018 00280008 00280009 7FE00001 7FE00002 7FE00003".split())
# Of the single frame, whatever the target has under this name: kept for the way back, and never shared.
_OF_A_FRAME = frozenset((_IMAGE_TYPE, "00200013"))
# What enhanced objects say by functional groups, or not at all: kept for the way back (PS3.3 C.7.6.3.3).
_SAID_OTHERWISE = frozenset(("00280034", "00280006"))
# Type 1 in the target and often empty in single frames: Content Date and Time.
_FILLED = frozenset(("00080023", "00080033"))
# Value 4 of Frame Type (PS3.3 C.8.16.1.4): an Image Type that ends so was made for an enhanced object.
_CONTRASTS = frozenset(
    "NONE ADDITION DIVISION ENERGY_PROP_WT FILTERED MAXIMUM MEAN MINIMUM MULTIPLICATION RESAMPLED SUBTRACTION "
    "MEDIAN MIXED QUANTITY MOTION_CORR".split()
)

UidOf = Callable[[str], str]
"""Makes a UID out of a text: the same for the same text."""


@dataclass(slots=True)
class _Placed:
    """The attributes of one frame, by their place."""

    top: Attributes = field(default_factory=dict)
    groups: dict[str, Attributes] = field(default_factory=dict)
    rest: Attributes = field(default_factory=dict)


def entry(vr: str, *values: Any) -> dict[str, Any]:
    """Return an entry of the JSON model."""
    return {"vr": vr, "Value": list(values)} if values else {"vr": vr}


def text(attributes: Attributes, name: str, position: int = 0) -> str:
    """Return a value as text, "" for none."""
    values = attributes.get(name, {}).get("Value") or []
    value = values[position] if position < len(values) else None
    return "" if value is None else str(value)


def likeness(attributes: Attributes) -> tuple[str, ...]:
    """Return what frames of one object have in common."""
    return tuple(repr(attributes.get(name, {}).get("Value")) for name in ALIKE)


def enhanced(frames: Sequence[Attributes], target: Target, uid_of: UidOf) -> tuple[Attributes, list[int]]:
    """Return the attributes of the multi-frame object, without pixel data, and the order of the frames in it.

    Raises:
        BadRequest: the frames lack what the target needs; the message names it.
    """
    arrangement = arrange(frames, is_legacy=target.is_legacy)
    ordered = [frames[number] for number in arrangement.order]
    frame_groups = iods.functional_groups(target.iod)
    placed = [_place(frame, target, frame_groups) for frame in ordered]
    for number, each in enumerate(placed):
        each.groups[_CONTENT] = _content(ordered[number], frame_groups[_CONTENT]) | arrangement.content(number)
        each.groups[_CONVERTED_FROM] = {
            "00081150": ordered[number]["00080016"],
            "00081155": ordered[number]["00080018"],
        }
    found = _joined_top(placed, target)
    shared, per_frame = _joined_groups(placed)
    shared_rest, frame_rests = _joined_rest([each.rest for each in placed])
    if shared_rest:
        shared[_SHARED_REST] = entry("SQ", shared_rest)
    for groups, rest in zip(per_frame, frame_rests, strict=True):
        if rest:
            groups[_FRAME_REST] = entry("SQ", rest)
    found |= _own(ordered, target, uid_of) | arrangement.dimensions(uid_of(text(ordered[0], "0020000E") + " stack"))
    found[iods.SHARED_GROUPS], found[iods.PER_FRAME_GROUPS] = entry("SQ", shared), entry("SQ", *per_frame)
    _complete(found, target)
    return found, arrangement.order


def _place(frame: Attributes, target: Target, macros: dict[str, dict[str, str]]) -> _Placed:
    """Find the place of every attribute of one frame."""
    top_level, found = iods.top_level(target.iod), _Placed()
    macro_of = {name: macro for macro, names in macros.items() if macro not in NOT_MADE for name in names}
    said = _with_other_names(frame, target)
    for name, given in said.items():
        macro = macro_of.get(name)
        if name in _DROPPED or name in macros[_CONTENT] or name.startswith("0002"):
            continue
        if name in macros and name not in macro_of:
            found.groups[name] = given
        elif macro is not None:
            found.groups.setdefault(macro, {})[name] = given
        elif _is_of_the_whole(name, given, top_level):
            found.top[name] = given
        else:
            found.rest[name] = given
    _complete_groups(found, frame, target, macros)
    for macro in [macro for macro in found.groups if macro in macros and macro in set(macro_of.values())]:
        missing = [name for name, kind in macros[macro].items() if kind == "1" and name not in found.groups[macro]]
        if missing:
            found.rest |= {name: given for name, given in found.groups.pop(macro).items() if name in frame}
    return found


def _is_of_the_whole(name: str, given: dict[str, Any], top_level: dict[str, str]) -> bool:
    """Say whether an attribute of a frame may stand at the top of the target."""
    if name not in top_level or name in _OF_A_FRAME or name in _SAID_OTHERWISE:
        return False
    is_empty = len(given) == 1
    return not is_empty or (top_level[name][0] == "2" and name not in _FILLED)


def _with_other_names(frame: Attributes, target: Target) -> Attributes:
    """Add what the enhanced IODs call by another name, or say by code."""
    said = dict(frame)
    for new, old in OTHER_NAMES:
        if not target.is_legacy and new not in said and frame.get(old, {}).get("Value"):
            said[new] = entry("FD", *(float(value) for value in frame[old]["Value"]))
    region = REGIONS.get(text(frame, "00180015").replace(" ", ""))
    if _REGION not in said and region is not None:
        code = {"00080100": entry("SH", region[0]), "00080102": entry("SH", "SCT"), "00080104": entry("LO", region[1])}
        said[_REGION] = entry("SQ", code)
    return said


def _complete_groups(found: _Placed, frame: Attributes, target: Target, macros: dict[str, dict[str, str]]) -> None:
    """Add what functional groups need and single frames leave to their class: frame type, rescale type, laterality."""
    image_type = frame.get(_IMAGE_TYPE, {}).get("Value") or ["ORIGINAL", "PRIMARY"]
    kind = found.groups.setdefault(target.frame_type, {})
    kind[_FRAME_TYPE] = entry("CS", *frame_type(image_type))
    for name, value in (("00089205", "MONOCHROME"), ("00089206", "VOLUME"), ("00089207", "NONE")):
        kind.setdefault(name, entry("CS", value))
    if "00089208" in macros[target.frame_type]:
        component = {"P": "PHASE", "R": "REAL", "I": "IMAGINARY"}.get((*image_type, "", "", "")[2] or "", "MAGNITUDE")
        kind.setdefault("00089208", entry("CS", component))
        kind.setdefault("00089209", entry("CS", "UNKNOWN"))
    transformation = found.groups.get(_TRANSFORMATION)
    if transformation is None and target.iod.startswith("enhanced-mr"):
        transformation = found.groups[_TRANSFORMATION] = {"00281052": entry("DS", "0"), "00281053": entry("DS", "1")}
    if transformation is not None:
        units = {"00189329": "HU", "00189751": text(frame, "00541001") or "US"}.get(target.frame_type, "US")
        transformation.setdefault("00281054", entry("LO", units))
    anatomy = found.groups.get(_ANATOMY)
    if anatomy is not None:
        side = text(frame, "00200062") or text(frame, "00200060") or "U"
        anatomy.setdefault("00209072", entry("CS", side))


def frame_type(image_type: Sequence[str | None]) -> tuple[str, str, str, str]:
    """Return the four values of Frame Type for the Image Type of a single frame (PS3.3 C.8.16.1)."""
    values = [str(value or "") for value in image_type]
    if len(values) == 4 and values[3] in _CONTRASTS:
        return values[0], values[1], values[2], values[3]
    flavour = values[2] if len(values) > 2 and values[2] not in ("", "AXIAL", "OTHER", "SECONDARY") else "VOLUME"
    origin = values[0] if values and values[0] in ("ORIGINAL", "DERIVED") else "DERIVED"
    return origin, "PRIMARY", flavour, "NONE"


def _content(frame: Attributes, names: dict[str, str]) -> Attributes:
    """Return what the Frame Content of a frame says but for its place (PS3.3 C.7.6.16.2.2)."""
    found: Attributes = {name: frame[name] for name in names if name in frame}
    when = text(frame, "00189074") or _acquired(frame)
    if when:
        found["00189074"] = entry("DT", when)
        found["00189151"] = entry("DT", text(frame, "00189151") or when)
    duration = text(frame, "00189220") or text(frame, "00181150") or text(frame, "00181242")
    if duration:
        found["00189220"] = entry("FD", float(duration))
    acquisition = text(frame, "00200012")
    if acquisition.isdigit() and 0 < int(acquisition) < 65536:
        found["00209156"] = entry("US", int(acquisition))
    return found


def _joined_top(placed: list[_Placed], target: Target) -> Attributes:
    """Put at the top what all frames agree on; the rest keeps what they do not."""
    types, found = iods.top_level(target.iod), {}
    for name in sorted({name for each in placed for name in each.top}):
        values = [each.top.get(name) for each in placed]
        if all(value == values[0] for value in values):
            found[name] = values[0] or {}
            continue
        if types[name] in ("1", "2"):
            found[name] = next(value for value in values if value is not None)
        for each, value in zip(placed, values, strict=True):
            if value is not None:
                each.rest[name] = value
    return found


def _joined_groups(placed: list[_Placed]) -> tuple[Attributes, list[Attributes]]:
    """Divide the functional groups into those that are the same in all frames, and the others (PS3.3 C.7.6.16.1.1)."""
    shared: Attributes = {}
    per_frame: list[Attributes] = [{} for _ in placed]
    for macro in sorted({macro for each in placed for macro in each.groups}):
        groups = [each.groups.get(macro) for each in placed]
        items = [None if group is None else group if "vr" in group else entry("SQ", group) for group in groups]
        if macro not in (_CONTENT, _CONVERTED_FROM) and all(item == items[0] for item in items):
            shared[macro] = items[0] or {}
            continue
        for target, item in zip(per_frame, items, strict=True):
            if item is not None:
                target[macro] = item
    return shared, per_frame


def _joined_rest(rests: list[Attributes]) -> tuple[Attributes, list[Attributes]]:
    """Divide what has no other place; a private attribute takes its creator with it."""
    names = sorted({name for rest in rests for name in rest})
    same = (name for name in names if all(rest.get(name) == rests[0].get(name) for rest in rests))
    shared = {name: rests[0][name] for name in same if name not in _OF_A_FRAME}
    own = [{name: given for name, given in rest.items() if name not in shared} for rest in rests]
    for kept, rest in zip(own, rests, strict=True):
        for name in list(kept):
            creator = f"{name[:4]}00{name[4:6]}"
            if int(name[:4], 16) & 1 and int(name[4:], 16) >= 0x1000 and creator in rest:
                kept[creator] = rest[creator]
    return shared, own


def _own(ordered: list[Attributes], target: Target, uid_of: UidOf) -> Attributes:
    """Return what the new object says of itself."""
    uids = " ".join(text(frame, "00080018") for frame in ordered)
    types = {text(frame, _IMAGE_TYPE) for frame in ordered}
    whole = [frame_type(frame.get(_IMAGE_TYPE, {}).get("Value") or ["ORIGINAL"]) for frame in ordered]
    mixed = ["MIXED" if len(types_) > 1 else next(iter(types_)) for types_ in map(set, zip(*whole, strict=True))]
    first = ordered[0]
    moments = sorted(moment for moment in map(_acquired, ordered) if moment)
    found: Attributes = {
        _IMAGE_TYPE: entry("CS", *mixed),
        "00080016": entry("UI", target.sop_class_uid),
        "00080018": entry("UI", uid_of(f"{target.sop_class_uid} {uids}")),
        "00080023": entry("DA", text(first, "00080023") or text(first, "00080020") or "19000101"),
        "00080033": entry("TM", text(first, "00080033") or text(first, "00080030") or "000000"),
        "00200013": entry("IS", 1),
        "00280008": entry("IS", len(ordered)),
    }
    if moments and types != {"DERIVED"}:
        found["0008002A"] = entry("DT", moments[0])
    return found


def _acquired(frame: Attributes) -> str:
    """Return when the acquisition began: Acquisition DateTime, or Date and Time as one."""
    date, clock = text(frame, "00080022"), text(frame, "00080032")
    return text(frame, "0008002A") or (date + clock if date and clock else "")


def _complete(found: Attributes, target: Target) -> None:
    """Add what the modules need; refuse when a frame's maker had to say it and did not.

    Raises:
        BadRequest: see enhanced.
    """
    is_inverse = text(found, "00280004") == "MONOCHROME1"
    defaults = {
        "00089205": entry("CS", "MONOCHROME"), "00089206": entry("CS", "VOLUME"), "00089207": entry("CS", "NONE"),
        "00282110": entry("CS", "00"), "00280301": entry("CS", "NO"), "00189004": entry("CS", "PRODUCT"),
        "20500020": entry("CS", "INVERSE" if is_inverse else "IDENTITY"), "00400555": {"vr": "SQ"},
        "00201040": {"vr": "LO"},
    }  # fmt: skip
    for name, default in defaults.items():
        if not found.get(name, {}).get("Value") and name in iods.top_level(target.iod):
            found[name] = default
    kind = (found[iods.SHARED_GROUPS]["Value"][0].get(target.frame_type) or {}).get("Value")
    for name in ("00089208", "00089209"):
        if kind and name in kind[0]:
            found.setdefault(name, kind[0][name])
    wanted = REQUIRED.get(target.iod, ())
    if target.is_legacy or text(found, _IMAGE_TYPE) == "DERIVED":
        return
    given = set(found) | _inside(found)
    missing = [keyword_of(int(name, 16)) for name in wanted if name not in given]
    if missing:
        raise BadRequest(f"the frames lack what the IOD {target.iod} needs: {', '.join(missing)}")


def _inside(found: Attributes) -> set[str]:
    """Return the names of what the functional groups of the first frame hold."""
    groups = (found[iods.SHARED_GROUPS]["Value"][0], found[iods.PER_FRAME_GROUPS]["Value"][0])
    return {name for group in groups for given in group.values() for item in given.get("Value", ()) for name in item}
