"""What is said about Unified Procedure Steps? Objects, actions and events in words of the standard (PS3.4 CC.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lumenarc.dicom.query import Attributes

_ROOT = "1.2.840.10008.5.1.4.34."
PUSH, WATCH, PULL, EVENT, QUERY = (f"{_ROOT}6.{number}" for number in range(1, 6))
"""Whatever SOP class is negotiated: messages about a step name UPS Push (PS3.4 CC.3.1.1)."""
GLOBAL, FILTERED_GLOBAL = f"{_ROOT}5", f"{_ROOT}5.1"
CHANGE_STATE, REQUEST_CANCEL, SUBSCRIBE, UNSUBSCRIBE, SUSPEND_GLOBAL = 1, 2, 3, 4, 5
EVENTS = {1: "state", 2: "cancel requested", 3: "progress", 4: "SCP status change", 5: "assigned"}
STATES = ("SCHEDULED", "IN PROGRESS", "COMPLETED", "CANCELED")
STATE, TRANSACTION = "00741000", "00081195"
STATUSES = {
    0xB300: "procedure step created with modifications", 0xB301: "deletion lock not granted",
    0xB304: "procedure step is CANCELED already", 0xB305: "invalid values were coerced",
    0xB306: "procedure step is COMPLETED already", 0xC300: "procedure step may no longer be updated",
    0xC301: "not the right Transaction UID", 0xC302: "procedure step is IN PROGRESS already",
    0xC303: "procedure steps become SCHEDULED by N-CREATE only", 0xC304: "requirements of the final state are not met",
    0xC307: "no such procedure step", 0xC308: "receiving AE title unknown",
    0xC309: "a new procedure step has to be SCHEDULED", 0xC310: "procedure step is not IN PROGRESS",
    0xC311: "procedure step is COMPLETED", 0xC312: "performer cannot be contacted",
    0xC313: "performer does not cancel", 0xC314: "action does not fit the instance",
    0xC315: "event reports are not supported",
}  # fmt: skip
"""The statuses of this service (PS3.4 CC.2)."""
# Attributes that have to be there on creation, if empty (Table CC.2.5-3, type 2 of N-CREATE).
_EMPTY = {
    "00100010": "PN", "00100020": "LO", "00100024": "SQ", "00100030": "DA", "00100040": "CS", "0020000D": "UI",
    "00380010": "LO", "00380014": "SQ", "00081080": "LO", "00081084": "SQ", "0040A370": "SQ", "00404018": "SQ",
    "00404021": "SQ", "00404025": "SQ", "00404026": "SQ", "00404027": "SQ", "00741002": "SQ", "00741202": "LO",
    "00741210": "SQ", "00741216": "SQ", TRANSACTION: "UI",
}  # fmt: skip


def created(given: Attributes, now: str) -> Attributes:
    """Return what an N-CREATE needs: `given`, and where it says nothing a scheduled step that may start `now` (DT)."""
    found: Attributes = {name: {"vr": vr} for name, vr in _EMPTY.items()}
    found |= {
        STATE: _one("CS", "SCHEDULED"), "00741200": _one("CS", "MEDIUM"), "00741204": _one("LO", "Procedure step"),
        "00404005": _one("DT", now), "00404041": _one("CS", "READY"),
    }  # fmt: skip
    own = {name: entry for name, entry in given.items() if name not in ("00080016", "00080018")}
    return found | own


def state_change(state: str, transaction_uid: str) -> Attributes:
    """Return what Change UPS State says (PS3.4 Table CC.2.1-1)."""
    return {STATE: _one("CS", state), TRANSACTION: _one("UI", transaction_uid)}


def cancel_request(
    requestor: str, reason: str = "", code: tuple[str, str, str] | None = None, contact: tuple[str, str] = ("", "")
) -> Attributes:
    """Return what Request UPS Cancel says: a reason, its code (value, scheme, meaning), URI and name of a contact."""
    found: Attributes = {"00741236": _one("AE", requestor)} if requestor else {}
    if reason:
        found["00741238"] = _one("LT", reason)
    if code is not None:
        item = {"00080100": _one("SH", code[0]), "00080102": _one("SH", code[1]), "00080104": _one("LO", code[2])}
        found["0074100E"] = {"vr": "SQ", "Value": [item]}
    if contact[0]:
        found["0074100A"] = _one("UR", contact[0])
    if contact[1]:
        found["0074100C"] = _one("LO", contact[1])
    return found


def subscription(receiver: str, *, lock: bool | None = None, matching: Iterable[Attributes] = ()) -> Attributes:
    """Return what Subscribe, Unsubscribe and Suspend Global say; `matching` are the keys of a filtered subscription."""
    found: Attributes = {}
    for keys in matching:
        found |= keys
    found["00741234"] = _one("AE", receiver)
    if lock is not None:
        found["00741230"] = _one("LO", "TRUE" if lock else "FALSE")
    return found


def event_text(event_type: int, uid: str, information: Attributes) -> str:
    """Say an event in one line."""
    said = [
        str(value) for name in (STATE, "00741004", "00741238") for value in information.get(name, {}).get("Value", ())
    ]
    for item in information.get("00741002", {}).get("Value", ()):
        said += [f"{value}%" for value in (item or {}).get("00741004", {}).get("Value", ())]
    return " ".join([f"{uid}:", EVENTS.get(event_type, f"event {event_type}"), *said])


def _one(vr: str, value: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]}
