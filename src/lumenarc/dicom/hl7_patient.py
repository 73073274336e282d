"""Which attributes of a patient does an HL7 message give? (HL7 v2.8.1 3.4.2 PID, 3.4.9 MRG; IHE RAD TF-2 B)

A field that is empty says nothing; one that is "" (two quotes) takes the value away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet
from lumenarc.protocol.hl7.message import NULL, Message, Segment

_SEX = {"M": "M", "F": "F", "O": "O", "A": "O", "N": "O"}
_MAX_TEXT = {"LO": 64, "SH": 16, "PN": 64, "CS": 16}


@dataclass(frozen=True, slots=True)
class PatientId:
    """An identifier with the authority that gave it, "" when none is said (CX)."""

    value: str
    issuer: str = ""
    universal: tuple[str, str] = ("", "")
    """Universal ID and its type."""


def identifiers(segment: Segment, number: int) -> list[PatientId]:
    """Return the identifiers of a CX field."""
    found = []
    for at in range(segment.n_repetitions(number)):
        value = segment.get(number, 1, repetition=at)[:64]
        if value and value != NULL:
            namespace, universal, kind = (segment.get(number, 4, sub, at)[:64] for sub in (1, 2, 3))
            found.append(PatientId(value, namespace or universal, (universal, kind)))
    return found


def person_name(segment: Segment, number: int) -> dict[str, str]:
    """Return the component groups of a name: repetitions of an XPN or XCN by their representation code.

    XPN has family, given, middle, suffix, prefix; DICOM has the prefix before the suffix (PS3.5 6.2.1.1).
    """
    groups: dict[str, str] = {}
    for at in range(segment.n_repetitions(number)):
        family, given, middle, suffix, prefix, degree = (segment.get(number, part, 1, at) for part in range(1, 7))
        code = segment.get(number, 8, 1, at).upper()
        group = {"I": "Ideographic", "P": "Phonetic"}.get(code, "Alphabetic")
        parts = (family, given, middle, prefix, " ".join(filter(None, (suffix, degree))))
        text = "^".join(re.sub(r"[\^=\\]", " ", part) for part in parts).rstrip("^")[:64]
        if text and text != NULL:
            groups.setdefault(group, text)
    return groups


def provider_name(segment: Segment, number: int) -> dict[str, str]:
    """Return the name of a provider: an XCN has an ID before the name."""
    family, given, middle, suffix, prefix = (segment.get(number, part) for part in range(2, 7))
    parts = (family, given, middle, prefix, suffix)
    text = "^".join(re.sub(r"[\^=\\]", " ", part) for part in parts).rstrip("^")[:64]
    return {"Alphabetic": text} if text else {}


def entry(vr: str, *values: Any) -> dict[str, Any]:
    """Return an attribute in the JSON model, without value when there is none."""
    kept = [value[: _MAX_TEXT.get(vr, len(value))] if isinstance(value, str) else value for value in values if value]
    return {"vr": vr, "Value": kept} if kept else {"vr": vr}


def date(text: str) -> str:
    """Return the date of a time stamp, "" when it is none."""
    return text[:8] if re.fullmatch(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", text[:8]) else ""


def time(text: str) -> str:
    """Return the time of a time stamp as HHMMSS or shorter, "" when it has none."""
    found = re.fullmatch(r"\d{8}(([01]\d|2[0-3])([0-5]\d([0-5]\d)?)?)(\.\d+)?([+-]\d{4})?", text)
    return found.group(1) if found else ""


def patient_ids(message: Message) -> list[PatientId]:
    """Return the identifiers of the patient, the first is the one it is known by; raise BadDataSet for none."""
    pid = message.first("PID")
    found = identifiers(pid, 3) if pid is not None else []
    if pid is not None and not found:
        found = identifiers(pid, 2)
    if not found:
        raise BadDataSet("The message does not say which patient is meant: PID-3 is empty.")
    return found


def prior_ids(message: Message) -> list[PatientId]:
    """Return the identifiers that MRG gives up; raise BadDataSet for none."""
    mrg = message.first("MRG")
    found = identifiers(mrg, 1) if mrg is not None else []
    if not found:
        raise BadDataSet("The message does not say which identifier is given up: MRG-1 is empty.")
    return found


def id_attributes(ids: list[PatientId]) -> Attributes:
    """Return Patient ID, its issuer, and the other identifiers (PS3.3 C.2.2)."""
    main = ids[0]
    found: Attributes = {"00100020": entry("LO", main.value)}
    if main.issuer:
        found["00100021"] = entry("LO", main.issuer)
    if all(main.universal):
        qualifiers = {"00400032": entry("UT", main.universal[0]), "00400033": entry("CS", main.universal[1])}
        found["00100024"] = {"vr": "SQ", "Value": [qualifiers]}
    others = [_other(one) for one in ids[1:]]
    if others:
        found["00101002"] = {"vr": "SQ", "Value": others}
    return found


def _other(one: PatientId) -> Attributes:
    item = {"00100020": entry("LO", one.value), "00100022": entry("CS", "TEXT")}
    return item | ({"00100021": entry("LO", one.issuer)} if one.issuer else {})


def demographics(message: Message) -> Attributes:
    """Return what PID says of a patient beside its identifiers; {} for what shall be removed."""
    pid = message.first("PID")
    if pid is None:
        return {}
    found: Attributes = {}

    def put(name: str, vr: str, number: int, values: Iterable[Any]) -> None:
        kept = [value for value in values if value and value != NULL]
        if pid.is_null(number):
            found[name] = {}
        elif kept:
            found[name] = entry(vr, *kept)

    put("00100010", "PN", 5, [person_name(pid, 5)])
    put("00101060", "PN", 6, [person_name(pid, 6)])
    put("00100030", "DA", 7, [date(pid.get(7))])
    put("00100032", "TM", 7, [time(pid.get(7))])
    put("00100040", "CS", 8, [_SEX.get(pid.get(8)[:1].upper(), "")])
    put("00102160", "SH", 10, [pid.get(10, 2) or pid.get(10, 1)])
    address = " ".join(filter(None, (pid.get(11, part) for part in (1, 2, 3, 4, 5, 6))))
    put("00101040", "LO", 11, [re.sub(r"\\", " ", address)])
    put("00102154", "SH", 13, [pid.get(13, 1) or pid.get(13, 12)])
    put("00102201", "LO", 35, [pid.get(35, 2) or pid.get(35, 1)])
    put("00102292", "LO", 36, [pid.get(36, 2) or pid.get(36, 1)])
    return found
