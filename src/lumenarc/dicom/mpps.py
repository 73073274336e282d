"""What is required of a modality performed procedure step, when it begins, changes and ends? (PS3.4 Table F.7.2-1)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lumenarc.dicom.lacking import INVALID_VALUE, Refusal, lack, lack_of
from lumenarc.dicom.query import Attributes

MPPS = "1.2.840.10008.3.1.2.3.3"
RETRIEVE = "1.2.840.10008.3.1.2.3.4"
IN_PROGRESS, COMPLETED, DISCONTINUED = "IN PROGRESS", "COMPLETED", "DISCONTINUED"
FINAL = (COMPLETED, DISCONTINUED)
STATE, SCHEDULED, SERIES = "00400252", "00400270", "00400340"
IS_OVER = Refusal(0x0110, (), "Performed Procedure Step Object may no longer be updated", 0xA710)
"""What a step that is over answers to a change, in the words of PS3.4 F.7.2.2.2."""

# Tag, keyword, type when it is created, type when it is changed (- not allowed), type when the step is over.
_TABLE = """\
00400270 ScheduledStepAttributesSequence 1 - 1
00100010 PatientName 2 - 2
00100020 PatientID 2 - 2
00100030 PatientBirthDate 2 - 2
00100040 PatientSex 2 - 2
00081120 ReferencedPatientSequence 2 - 2
00400253 PerformedProcedureStepID 1 - 1
00400241 PerformedStationAETitle 1 - 1
00400242 PerformedStationName 2 - 2
00400243 PerformedLocation 2 - 2
00400244 PerformedProcedureStepStartDate 1 - 1
00400245 PerformedProcedureStepStartTime 1 - 1
00400252 PerformedProcedureStepStatus 1 3 1
00400254 PerformedProcedureStepDescription 2 3 2
00400255 PerformedProcedureTypeDescription 2 3 2
00081032 ProcedureCodeSequence 2 3 2
00400250 PerformedProcedureStepEndDate 2 3 1
00400251 PerformedProcedureStepEndTime 2 3 1
00080060 Modality 1 - 1
00200010 StudyID 2 - 2
00400260 PerformedProtocolCodeSequence 2 3 2
00400340 PerformedSeriesSequence 2 3 1
"""
_STEP_TYPE_1 = ("0020000D",)
_STEP_TYPE_2 = ("00081110", "00080050", "00401001", "00321060", "00400009", "00400007", "00400008")
_SERIES_TYPE_1 = ("0020000E", "00181030")
_SERIES_TYPE_2 = ("00081050", "00081070", "0008103E", "00080054", "00081140", "00400220")
_IMAGES, _OTHERS = "00081140", "00400220"


class Rule(NamedTuple):
    """One line of the table."""

    name: str
    keyword: str
    created: str
    changed: str
    ended: str


RULES = tuple(Rule(*line.split()) for line in _TABLE.splitlines())
_FIXED = frozenset(rule.name for rule in RULES if rule.changed == "-")


def create_lack(given: Attributes, *, strict: bool) -> Refusal | None:
    """Return why a step cannot begin with these attributes, None if it can.

    Not strict, only what makes sense of a step is required: type 1, but for the contents of codes.
    """
    present = [rule.name for rule in RULES if rule.created == "2"] if strict else []
    found = lack_of(given, [rule.name for rule in RULES if rule.created == "1"], present)
    for item in items(given, SCHEDULED):
        found = found or lack_of(item, _STEP_TYPE_1, _STEP_TYPE_2 if strict else ())
    if found is None and text(given, STATE) != IN_PROGRESS:
        found = lack(INVALID_VALUE, [STATE])
    return found


def change_lack(before: Attributes, given: Attributes, *, strict: bool) -> Refusal | None:
    """Return why a step cannot change like this, None if it can (see `changed`)."""
    if STATE in given and text(given, STATE) not in (IN_PROGRESS, *FINAL):
        return lack(INVALID_VALUE, [STATE])
    if not strict:
        return None
    moved = [name for name in given if name in _FIXED and given[name] != before.get(name)]
    if moved:
        return lack(INVALID_VALUE, moved)
    after = changed(before, given)
    found = None
    for item in items(after, SERIES):
        found = found or lack_of(item, _SERIES_TYPE_1, _SERIES_TYPE_2)
    if found is None and text(after, STATE) in FINAL:
        found = lack_of(after, [rule.name for rule in RULES if rule.ended == "1"])
    return found


def changed(before: Attributes, given: Attributes) -> Attributes:
    """Return the step after an N-SET: what may not change stays as it was created."""
    return before | {name: value for name, value in given.items() if name not in _FIXED}


def created_part(step: Attributes) -> Attributes:
    """Return what an N-CREATE says of a step that may be further by now: it begins."""
    later = {rule.name for rule in RULES if rule.created == "2" and rule.changed == "3"}
    begun = {name: {"vr": value["vr"]} if name in later else value for name, value in step.items()}
    return begun | {STATE: {"vr": "CS", "Value": [IN_PROGRESS]}}


def changed_part(step: Attributes) -> Attributes:
    """Return what an N-SET says of a step to who has seen it begin."""
    of_patient = ("0010", "0038")
    return {name: value for name, value in step.items() if name not in _FIXED and name[:4] not in of_patient}


class Made(NamedTuple):
    """An instance that a step says it has made."""

    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str


def made(step: Attributes) -> Iterator[Made]:
    """Yield the instances of the Performed Series Sequence."""
    for series in items(step, SERIES):
        for item in (*items(series, _IMAGES), *items(series, _OTHERS)):
            uid = text(item, "00081155")
            if uid:
                yield Made(text(series, "0020000E"), text(item, "00081150"), uid)


def study_uids(step: Attributes) -> tuple[str, ...]:
    """Return the studies that a step belongs to, in the order of its scheduled steps."""
    found = (text(item, "0020000D") for item in items(step, SCHEDULED))
    return tuple(dict.fromkeys(uid for uid in found if uid))


def items(attributes: Attributes, name: str) -> list[Attributes]:
    """Return the items of a sequence."""
    return [item for item in attributes.get(name, {}).get("Value", []) if isinstance(item, dict)]


def text(attributes: Attributes, name: str) -> str:
    """Return the first value as text, "" for none."""
    value: Any = (attributes.get(name, {}).get("Value") or [""])[0]
    return str("" if value is None else value).strip()
