"""Which worklist items does an HL7 order make? (HL7 v2.8.1 4.4, 4.22; IHE RAD TF-2 4.2, 4.4; PS3.4 K.6)

An OMI has one IPC segment for each scheduled procedure step; an ORM or OMG has one step for each OBR, and ZDS-1 is the
Study Instance UID. Attributes of the patient are not here: an item has those that its patient has now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lumenarc.dicom.hl7_patient import date, entry, provider_name, time
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet, Refused
from lumenarc.protocol.hl7.message import Message, Segment

SCHEDULED, STARTED, COMPLETED = "SCHEDULED", "STARTED", "COMPLETED"
CANCELED, DISCONTINUED = "CANCELED", "DISCONTINUED"
_STATES = {"CA": CANCELED, "OC": CANCELED, "DC": DISCONTINUED, "OD": DISCONTINUED}
_NEW = frozenset(("NW", "XO", "SC", "SN", "RP", "PA", "CH", "OK", ""))
_PRIORITIES = {"S": "STAT", "A": "HIGH", "P": "HIGH", "C": "HIGH", "R": "ROUTINE", "T": "MEDIUM"}
_UID = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+")


@dataclass(frozen=True, slots=True)
class Order:
    """One scheduled procedure step of an order; what the message does not say is ""."""

    number: str
    """The number of the order: the filler's, else the placer's, else the accession number."""
    state: str
    step_id: str
    place: int
    """Which step of the order it is in the message, from 1: names it when `step_id` does not."""
    study_uid: str
    accession: str
    procedure_id: str
    attributes: Attributes = field(default_factory=dict)
    step: Attributes = field(default_factory=dict)


def orders(message: Message) -> Iterator[Order]:
    """Yield every step that a message schedules, changes or cancels; raise BadDataSet, Refused."""
    groups: list[list[Segment]] = []
    for segment in message.segments:
        if segment.name == "ORC":
            groups.append([segment])
        elif groups:
            groups[-1].append(segment)
    if not groups:
        raise BadDataSet("The message holds no order: ORC is missing.")
    zds = message.first("ZDS")
    pv1 = message.first("PV1")
    for group in groups:
        yield from _of_group(group, zds, pv1)


def _of_group(group: list[Segment], zds: Segment | None, pv1: Segment | None) -> Iterator[Order]:
    orc = group[0]
    empty = Segment(orc.delimiters, ("OBR",))
    obrs = [segment for segment in group if segment.name == "OBR"] or [empty]
    ipcs: list[Segment | None] = [segment for segment in group if segment.name == "IPC"]
    timing = next((segment for segment in group if segment.name == "TQ1"), None)
    steps = [(obrs[0], ipc) for ipc in ipcs] or [(obr, None) for obr in obrs]
    for place, (obr, ipc) in enumerate(steps, 1):
        ours = ipc or Segment(orc.delimiters, ("IPC",))
        accession = (ours.get(1) or obr.get(18))[:16]
        number = orc.get(3) or obr.get(3) or orc.get(2) or obr.get(2) or accession
        if not number:
            raise BadDataSet("The order has no number: ORC-2, ORC-3 and the accession number are empty.")
        study_uid = ours.get(3) or (zds.get(1) if zds is not None else "")
        if study_uid and not (_UID.fullmatch(study_uid) and len(study_uid) <= 64):
            raise BadDataSet("The Study Instance UID of the order is no UID.")
        yield Order(
            number[:64], _state(orc), (ours.get(4) or obr.get(20))[:16], place, study_uid,
            accession or number[:16], (ours.get(2) or obr.get(19))[:16],
            _request(orc, obr, pv1), _step(orc, obr, ours, timing),
        )  # fmt: skip


def _state(orc: Segment) -> str:
    control, status = orc.get(1).upper(), orc.get(5).upper()
    if control in _STATES:
        return _STATES[control]
    if control not in _NEW:
        raise Refused("The order control code ORC-1 is not understood here.")
    return {"CM": COMPLETED, "A": COMPLETED, "CA": CANCELED, "DC": DISCONTINUED}.get(status, SCHEDULED)


def _request(orc: Segment, obr: Segment, pv1: Segment | None) -> Attributes:
    """Return the attributes of the requested procedure, the service request and the visit."""
    found: Attributes = {}
    _put(found, "00321060", "LO", obr.get(44, 2) or obr.get(4, 2) or obr.get(4, 5))
    _code(found, "00321064", obr, 44 if obr.get(44) else 4, 1)
    _put(found, "00401003", "SH", _priority(orc, obr))
    _put(found, "00402016", "LO", orc.get(2) or obr.get(2))
    _put(found, "00402017", "LO", orc.get(3) or obr.get(3))
    _put(found, "00401002", "LO", obr.get(31, 2) or obr.get(31, 1))
    _put(found, "00102000", "LO", obr.get(13))
    requester = provider_name(obr, 16) or provider_name(orc, 12)
    if requester:
        found["00321032"] = entry("PN", requester)
    if pv1 is not None:
        _put(found, "00380010", "LO", pv1.get(19))
        _put(found, "00380300", "LO", pv1.get(3, 4, 1) or pv1.get(3, 1))
        referring = provider_name(pv1, 8)
        if referring:
            found["00080090"] = entry("PN", referring)
    return found


def _step(orc: Segment, obr: Segment, ipc: Segment, timing: Segment | None) -> Attributes:
    """Return the attributes of the scheduled procedure step, but its ID and state."""
    found: Attributes = {}
    start = orc.get(7, 4) or (timing.get(7) if timing is not None else "") or obr.get(27, 4) or obr.get(36)
    _put(found, "00400002", "DA", date(start))
    _put(found, "00400003", "TM", time(start))
    _put(found, "00080060", "CS", (ipc.get(5) or obr.get(24)).upper())
    _put(found, "00400007", "LO", ipc.get(6, 2) or obr.get(4, 5) or obr.get(4, 2))
    _code(found, "00400008", ipc if ipc.get(6) else obr, 6 if ipc.get(6) else 4, 1 if ipc.get(6) else 4)
    _put(found, "00400010", "SH", ipc.get(7))
    _put(found, "00400011", "SH", ipc.get(8))
    _put(found, "00400001", "AE", ipc.get(9)[:16])
    return found


def _priority(orc: Segment, obr: Segment) -> str:
    return _PRIORITIES.get((orc.get(7, 6) or obr.get(27, 6))[:1].upper(), "")


def _put(found: Attributes, name: str, vr: str, text: str) -> None:
    if text and text != '""':
        found[name] = entry(vr, re.sub(r"[\\\x00-\x1f]", " ", text))


def _code(found: Attributes, name: str, segment: Segment, number: int, first: int) -> None:
    """Add a code sequence: value, meaning and scheme of a CE are neighbours (PS3.3 8.8)."""
    value, meaning, scheme = (segment.get(number, first + part) for part in range(3))
    if value and meaning and scheme:
        item = {"00080100": entry("SH", value), "00080102": entry("SH", scheme), "00080104": entry("LO", meaning)}
        found[name] = {"vr": "SQ", "Value": [item]}
