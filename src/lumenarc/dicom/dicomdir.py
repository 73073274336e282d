"""What does a DICOMDIR say, and how is one written? (PS3.3 F, PS3.10 8, PS3.11 General Purpose profiles)

Reading gives the referenced files in stored order; a file ID that could leave its folder is refused, and whoever opens
the files still must not follow links. Writing makes the tree patient, study, series, object from attributes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lumenarc.dicom import charset, part10, sop_classes
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode, texts
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

SOP_CLASS_UID = "1.2.840.10008.1.3.10"
MAX_COMPONENTS = 32
_LEVEL_KEYS = {
    "PATIENT": "00100010 00100020",
    "STUDY": "00080020 00080030 00080050 00081030 0020000D 00200010",
    "SERIES": "00080060 0020000E 00200011",
}
# Record type → keys of PS3.3 F.5 beyond Instance Number.
_OBJECT_KEYS = {
    "IMAGE": "",
    "RT DOSE": "3004000A",
    "RT STRUCTURE SET": "30060002 30060008 30060009",
    "RT PLAN": "300A0002 300A0006 300A0007",
    "RT TREAT RECORD": "30080250 30080251",
    "PRESENTATION": "00700080 00700081 00700082 00700083 00700084 00081115",
    "WAVEFORM": "00080023 00080033",
    "SR DOCUMENT": "00080023 00080033 0040A032 0040A043 0040A491 0040A493",
    "KEY OBJECT DOC": "00080023 00080033 0040A043",
    "SPECTROSCOPY": "00080008 00080023 00080033 00280008 00280010 00280011 00189058 00189200",
    "RAW DATA": "00080023 00080033",
    "REGISTRATION": "00080023 00080033 00700080 00700081 00700084",
    "FIDUCIAL": "00080023 00080033 00700080 00700081 00700084",
    "VALUE MAP": "00080023 00080033 00700080 00700081 00700084",
    "ENCAP DOC": "00080023 00080033 00420010 0040A043 00420012",
    "STEREOMETRIC": "",
    "SURFACE": "00080023 00080033 00700080 00700081 00700084",
    "MEASUREMENT": "00080023 00080033",
    "PLAN": "",
    "ASSESSMENT": "00080023 00080033",
}
_BY_KEYWORD = (
    ("RTDose", "RT DOSE"), ("RTStructureSet", "RT STRUCTURE SET"), ("RTPlan", "RT PLAN"), ("RTIonPlan", "RT PLAN"),
    ("TreatmentRecord", "RT TREAT RECORD"), ("TreatmentSummaryRecord", "RT TREAT RECORD"),
    ("Spectroscopy", "SPECTROSCOPY"), ("RawData", "RAW DATA"), ("RealWorldValueMapping", "VALUE MAP"),
    ("Fiducials", "FIDUCIAL"), ("Registration", "REGISTRATION"), ("Stereometric", "STEREOMETRIC"),
    ("SurfaceSegmentation", "SURFACE"), ("Measurements", "MEASUREMENT"), ("ContentAssessment", "ASSESSMENT"),
    ("Encapsulated", "ENCAP DOC"), ("KeyObject", "KEY OBJECT DOC"),
)  # fmt: skip
_BY_CONTENT = {"sr": "SR DOCUMENT", "pr": "PRESENTATION", "waveform": "WAVEFORM", "document": "ENCAP DOC"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that a DICOMDIR names: the path's components, what it is, and the attributes of its record."""

    components: tuple[str, ...]
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    record: Attributes


@dataclass(frozen=True, slots=True)
class Entry:
    """An object for a new DICOMDIR: its path's components (A-Z 0-9 _, 8 each), transfer syntax and attributes."""

    components: tuple[str, ...]
    transfer_syntax_uid: str
    attributes: Attributes


@dataclass(slots=True)
class _Node:
    kind: str
    record: Attributes
    below: dict[str, _Node] = field(default_factory=dict)
    offset: int = 0


def read(data: bytes) -> list[Reference]:
    """Return the files a DICOMDIR refers to; raise BadDataSet when it is none or names a path outside its folder."""
    meta = part10.parse_meta(data)
    attributes = to_attributes(data[meta.header_bytes :], meta.transfer_syntax_uid)
    if "00041220" not in attributes:
        raise BadDataSet("This is no DICOMDIR.")
    found = []
    for record in attributes["00041220"].get("Value", ()):
        components = record.get("00041500", {}).get("Value")
        if not components or record.get("00041410", {}).get("Value") == [0]:
            continue
        found.append(
            Reference(
                safe_components(components),
                _first(record, "00041510"),
                _first(record, "00041511"),
                _first(record, "00041512"),
                record,
            )
        )
    return found


def safe_components(components: Iterable[object]) -> tuple[str, ...]:
    """Return file ID components that stay below their folder, or raise BadDataSet."""
    found = tuple(str(component or "") for component in components)
    if not 0 < len(found) <= MAX_COMPONENTS:
        raise BadDataSet("A DICOMDIR has a file ID of wrong length.")
    for component in found:
        if component in ("", ".", "..") or re.search(r"[/\\:\x00-\x1f]", component):
            raise BadDataSet("A DICOMDIR has a file ID that leaves its folder.")
    return found


def record_type(sop_class_uid: str) -> str:
    """Return the directory record type for objects of a SOP class (PS3.3 F.4)."""
    keyword = sop_classes.name_of(sop_class_uid)
    for part, kind in _BY_KEYWORD:
        if part in keyword:
            return kind
    return _BY_CONTENT.get(sop_classes.content_of(sop_class_uid), "IMAGE")


def build(entries: Iterable[Entry], sop_instance_uid: str, file_set_id: str = "") -> bytes:
    """Return a whole DICOMDIR file for these objects."""
    root = _tree(entries)
    order: list[_Node] = []
    _flatten(root, order)
    head = {
        "00041130": {"vr": "CS", "Value": [file_set_id]} if file_set_id else {"vr": "CS"},
        "00041200": _ul(0),
        "00041202": _ul(0),
        "00041212": {"vr": "US", "Value": [0]},
    }
    lead = len(part10.build_meta(SOP_CLASS_UID, sop_instance_uid, part10.EXPLICIT_LE, None, bytes(32), 0))
    position = lead + len(encode(head, part10.EXPLICIT_LE, "")) + 12
    for node in order:
        node.offset = position
        position += 8 + len(encode(node.record, part10.EXPLICIT_LE, _own_charset(node.record)))
    if position > 0xFFFFFFFF:
        raise BadDataSet("The DICOMDIR would be too large.")
    _link(root)
    first = list(root.below.values())
    head["00041200"], head["00041202"] = _ul(first[0].offset if first else 0), _ul(first[-1].offset if first else 0)
    records = [(encode(node.record, part10.EXPLICIT_LE, _own_charset(node.record))) for node in order]
    body = b"".join(b"\xfe\xff\x00\xe0" + len(record).to_bytes(4, "little") + record for record in records)
    sequence = b"\x04\x00\x20\x12SQ\0\0" + len(body).to_bytes(4, "little") + body
    data_set = encode(head, part10.EXPLICIT_LE, "") + sequence
    digest = hashlib.sha256(data_set).digest()
    meta = part10.build_meta(SOP_CLASS_UID, sop_instance_uid, part10.EXPLICIT_LE, None, digest, len(data_set))
    return meta + data_set


def _tree(entries: Iterable[Entry]) -> _Node:
    root = _Node("", {})
    for entry in entries:
        attributes = entry.attributes
        node = root
        for kind, key in (("PATIENT", "00100020"), ("STUDY", "0020000D"), ("SERIES", "0020000E")):
            name = _first(attributes, key) or "UNKNOWN"
            if name not in node.below:
                node.below[name] = _Node(kind, _record(kind, attributes, _LEVEL_KEYS[kind]))
            node = node.below[name]
        sop_class_uid, sop_instance_uid = _first(attributes, "00080016"), _first(attributes, "00080018")
        kind = record_type(sop_class_uid)
        record = _record(kind, attributes, f"00200013 {_OBJECT_KEYS[kind]}")
        record["00041500"] = {"vr": "CS", "Value": list(safe_components(entry.components))}
        record["00041510"] = {"vr": "UI", "Value": [sop_class_uid]}
        record["00041511"] = {"vr": "UI", "Value": [sop_instance_uid]}
        record["00041512"] = {"vr": "UI", "Value": [entry.transfer_syntax_uid]}
        node.below[sop_instance_uid] = _Node(kind, record)
    return root


def _record(kind: str, attributes: Attributes, keys: str) -> Attributes:
    """Return a record with its keys; those of type 1 get a value when the object has none."""
    record: Attributes = {name: attributes[name] for name in keys.split() if name in attributes}
    for name, vr, value in _REQUIRED.get(kind, ()):
        if not record.get(name, {}).get("Value"):
            record[name] = {"vr": vr, "Value": [value]} if value is not None else {"vr": vr}
    if kind not in _LEVEL_KEYS and not record.get("00200013", {}).get("Value"):
        record["00200013"] = {"vr": "IS", "Value": [1]}
    record |= {"00041400": _ul(0), "00041410": {"vr": "US", "Value": [0xFFFF]}, "00041420": _ul(0)}
    record["00041430"] = {"vr": "CS", "Value": [kind]}
    return record


_REQUIRED: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "PATIENT": (("00100010", "PN", None), ("00100020", "LO", "UNKNOWN")),
    "STUDY": (
        ("00080020", "DA", "19000101"), ("00080030", "TM", "000000"), ("00080050", "SH", None),
        ("00081030", "LO", None), ("00200010", "SH", "1"),
    ),
    "SERIES": (("00080060", "CS", "OT"), ("00200011", "IS", 1)),
}  # fmt: skip


def _own_charset(record: Attributes) -> str:
    return charset.choose(texts(record), "")


def _flatten(node: _Node, order: list[_Node]) -> None:
    """List the nodes depth first: the tree has four levels."""
    for child in node.below.values():
        order.append(child)
        _flatten(child, order)


def _link(node: _Node) -> None:
    children = list(node.below.values())
    for index, child in enumerate(children):
        following = children[index + 1].offset if index + 1 < len(children) else 0
        child.record["00041400"] = _ul(following)
        below = next(iter(child.below.values()), None)
        child.record["00041420"] = _ul(below.offset if below is not None else 0)
        _link(child)


def _ul(value: int) -> dict[str, Any]:
    return {"vr": "UL", "Value": [value]}


def _first(attributes: Attributes, name: str) -> str:
    values = attributes.get(name, {}).get("Value") or [""]
    return str(values[0] or "")
