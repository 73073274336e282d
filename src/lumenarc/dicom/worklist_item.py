"""What may somebody write into a worklist item, and what is wrong with it? (PS3.4 Table K.6-1)"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lumenarc.dicom.mpps import items, text
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

STEPS = "00400100"
STATUS, STEP_ID = "00400020", "00400009"
ACCESSION, STUDY_UID = "00080050", "0020000D"

# Tag, keyword, VR, whether it belongs to the patient, the request or the scheduled step.
_TABLE = """\
00100010 PatientName PN patient
00100020 PatientID LO patient
00100021 IssuerOfPatientID LO patient
00100030 PatientBirthDate DA patient
00100040 PatientSex CS patient
00080050 AccessionNumber SH request
00080090 ReferringPhysicianName PN request
00102000 MedicalAlerts LO request
00321032 RequestingPhysician PN request
00321060 RequestedProcedureDescription LO request
00380010 AdmissionID LO request
00380300 CurrentPatientLocation LO request
0020000D StudyInstanceUID UI request
00401001 RequestedProcedureID SH request
00401002 ReasonForTheRequestedProcedure LO request
00401003 RequestedProcedurePriority SH request
00402016 PlacerOrderNumberImagingServiceRequest LO request
00402017 FillerOrderNumberImagingServiceRequest LO request
00080060 Modality CS step
00400001 ScheduledStationAETitle AE step
00400002 ScheduledProcedureStepStartDate DA step
00400003 ScheduledProcedureStepStartTime TM step
00400006 ScheduledPerformingPhysicianName PN step
00400007 ScheduledProcedureStepDescription LO step
00400009 ScheduledProcedureStepID SH step
00400010 ScheduledStationName SH step
00400011 ScheduledProcedureStepLocation SH step
00400020 ScheduledProcedureStepStatus CS step
"""
_FORMS = {
    "AE": r"[\x20-\x5b\x5d-\x7e]{0,16}",
    "CS": r"[A-Z0-9 _]{0,16}",
    "DA": r"(?:[0-9]{8})?",
    "LO": r"[^\\\x00-\x1f]{0,64}",
    "SH": r"[^\\\x00-\x1f]{0,16}",
    "TM": r"(?:[0-9]{4}(?:[0-9]{2}(?:\.[0-9]{1,6})?)?)?",
    "UI": r"(?:(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+)?",
    "PN": r"[^\\\x00-\x1f]{0,194}",
}


class Field(NamedTuple):
    """One line of the table."""

    name: str
    keyword: str
    vr: str
    part: str


FIELDS = {field.name: field for field in (Field(*line.split()) for line in _TABLE.splitlines())}


class Written(NamedTuple):
    """A worklist item in its parts; {} for an attribute that shall be empty."""

    patient: Attributes
    request: Attributes
    step: Attributes


def written(given: object) -> Written:
    """Read an item in the DICOM JSON Model with one scheduled step; raise BadRequest that names what does not fit."""
    if not isinstance(given, dict):
        raise BadRequest("The body is no JSON object.")
    steps = given.get(STEPS, {})
    values = steps.get("Value", [{}]) if isinstance(steps, dict) else None
    if not isinstance(values, list) or len(values) != 1 or not isinstance(values[0], dict):
        raise BadRequest("A worklist item has one scheduled procedure step.")
    parts: dict[str, Attributes] = {"patient": {}, "request": {}, "step": {}}
    for whole, where in ((given, ("patient", "request")), (values[0], ("step",))):
        for name, value in whole.items():
            if name == STEPS and where != ("step",):
                continue
            field = FIELDS.get(name)
            if field is None or field.part not in where:
                raise BadRequest(f"{str(name)[:64]} cannot be written into a worklist item.")
            parts[field.part][name] = _entry(field, value)
    return Written(**parts)


def _entry(field: Field, value: object) -> dict[str, Any]:
    listed = value.get("Value", []) if isinstance(value, dict) else None
    if not isinstance(listed, list) or len(listed) > 1:
        raise BadRequest(f"{field.keyword} has one value at most.")
    one = listed[0] if listed else ""
    if field.vr == "PN" and isinstance(one, dict):
        groups = {key: one[key] for key in ("Alphabetic", "Ideographic", "Phonetic") if one.get(key)}
        if not groups:
            return {}
        if all(isinstance(group, str) and _fits("PN", group) for group in groups.values()):
            return {"vr": "PN", "Value": [groups]}
    elif isinstance(one, str) and _fits(field.vr, one.strip()):
        plain: Any = {"Alphabetic": one.strip()} if field.vr == "PN" else one.strip()
        return {"vr": field.vr, "Value": [plain]} if one.strip() else {}
    raise BadRequest(f"{field.keyword} does not have the form of {field.vr}.")


def _fits(vr: str, value: str) -> bool:
    return re.fullmatch(_FORMS[vr], value) is not None and len(value) <= (64 if vr == "UI" else 200)


def merged(before: Attributes, after: Attributes) -> Attributes:
    """Return attributes with others laid over them; {} removes one."""
    return {name: value for name, value in (before | after).items() if value}


def step_of(item: Attributes) -> Attributes:
    """Return the scheduled step of an item."""
    return next(iter(items(item, STEPS)), {})


def start_of(item: Attributes) -> str:
    """Return date and time of the scheduled step as text that sorts."""
    step = step_of(item)
    return text(step, "00400002") + text(step, "00400003")
