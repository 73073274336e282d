"""What is asked and answered when somebody wants to know that instances are safe? (storage commitment, PS3.4 J.3)"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadDataSet

MODEL = "1.2.840.10008.1.20.1"
INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST = 1
"""The action type of a request."""
ALL_SAFE, SOME_FAILED = 1, 2
# Failure Reason (0008,1197), PS3.3 C.14.1.1.
PROCESSING_FAILURE, NO_SUCH_INSTANCE, CLASS_CONFLICT = 0x0110, 0x0112, 0x0119
_TRANSACTION, _REFERENCED, _FAILED = "00081195", "00081199", "00081198"
_CLASS, _UID, _REASON, _RETRIEVE_AET = "00081150", "00081155", "00081197", "00080054"
_UID_FORM = re.compile(r"[0-9]+(?:\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Reference:
    """An instance that somebody believes to be stored."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Request:
    """Which instances the requestor wants to be sure of, under the name that it gave the question."""

    transaction_uid: str
    references: tuple[Reference, ...]


def request_of(information: Attributes) -> Request:
    """Read the information of an N-ACTION (PS3.4 Table J.3-1); raise BadDataSet."""
    transaction = value_of(information, _TRANSACTION)
    if len(transaction) > 64 or not _UID_FORM.fullmatch(transaction):
        raise BadDataSet("The Transaction UID is missing or no UID.")
    items = information.get(_REFERENCED, {}).get("Value", [])
    references = tuple(Reference(value_of(item, _CLASS), value_of(item, _UID)) for item in items)
    if not references or not all(one.sop_class_uid and one.sop_instance_uid for one in references):
        raise BadDataSet("The Referenced SOP Sequence is empty or names no instances.")
    return Request(transaction, references)


def report(request: Request, failures: dict[str, int], retrieve_aet: str = "") -> tuple[int, Attributes]:
    """Return event type and information of the N-EVENT-REPORT (PS3.4 Table J.3-2).

    `failures` are reasons by SOP Instance UID; `retrieve_aet` is where the others can be had from.
    """
    safe = [one for one in request.references if one.sop_instance_uid not in failures]
    failed = [one for one in request.references if one.sop_instance_uid in failures]
    information: Attributes = {_TRANSACTION: {"vr": "UI", "Value": [request.transaction_uid]}}
    if safe:
        information[_REFERENCED] = {"vr": "SQ", "Value": [_item(one) for one in safe]}
        if retrieve_aet:
            information[_RETRIEVE_AET] = {"vr": "AE", "Value": [retrieve_aet]}
    if failed:
        items = [_item(one) | {_REASON: {"vr": "US", "Value": [failures[one.sop_instance_uid]]}} for one in failed]
        information[_FAILED] = {"vr": "SQ", "Value": items}
    return (SOME_FAILED if failed else ALL_SAFE), information


def value_of(attributes: Attributes, name: str) -> str:
    """Return the first value of an attribute as text, "" for none."""
    return str((attributes.get(name, {}).get("Value") or [""])[0] or "")


def _item(one: Reference) -> Attributes:
    return {
        _CLASS: {"vr": "UI", "Value": [one.sop_class_uid]},
        _UID: {"vr": "UI", "Value": [one.sop_instance_uid]},
    }
