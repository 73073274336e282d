"""How patients, studies and series are corrected: edited, moved, merged; what was received stays as it is.

A correction changes the rows that are searched and an overlay that is laid over the objects when they leave
(`leaving.py`), with the Original Attributes Sequence saying what they were (PS3.3 C.12.1.1.9). Every correction has
a reason and a line in the history. Objects that come later, still with the old attributes, follow it.
"""

from __future__ import annotations

import re
from typing import TypeVar

from sqlalchemy import Connection

from lumenarc.archive import Archive
from lumenarc.dicom.attributes import PATIENT_TAGS, SERIES_TAGS, STUDY_TAGS
from lumenarc.dicom.dictionary import keyword_of, tag_of, vr_of
from lumenarc.dicom.encode import encode
from lumenarc.dicom.part10 import EXPLICIT_LE
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.received import identity, patient_key
from lumenarc.errors import BadDataSet, BadRequest, NotFound, Refused
from lumenarc.events import StudyChanged
from lumenarc.index import corrections
from lumenarc.index.corrections import Correction as Correction
from lumenarc.index.corrections import Patient as Patient

T = TypeVar("T")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
# What tells objects apart or how their values are to be read is no matter of opinion.
_FIXED = frozenset((0x0020000D, 0x0020000E, 0x00080060, 0x00280108, 0x00280109, 0x00120062, 0x00120063, 0x00120064))
EDITABLE = {"PATIENT": PATIENT_TAGS - _FIXED, "STUDY": STUDY_TAGS - _FIXED, "SERIES": SERIES_TAGS - _FIXED}
_MAX_REASON_CHARACTERS = 1000


def checked(level: str, changes: dict[str, object]) -> Attributes:
    """Return changes, named by tag or keyword, as they are kept; null or {} removes an attribute.

    Raises BadRequest naming the attribute that is not of this level or does not fit its VR (PS3.5 6.2).
    """
    found: Attributes = {}
    for name, entry in changes.items():
        tag = int(name, 16) if _TAG.fullmatch(name) else tag_of(name)
        if tag is None or tag not in EDITABLE[level]:
            raise BadRequest(f"{name[:64]} is no attribute of a {level.lower()} that can be changed.")
        found[f"{tag:08X}"] = _entry(tag, entry)
    if not found:
        raise BadRequest("Nothing is to be changed.")
    return found


def _entry(tag: int, entry: object) -> dict[str, object]:
    if entry is None or entry == {}:
        return {}
    vr = vr_of(tag)
    values = entry.get("Value") if isinstance(entry, dict) else None
    if not isinstance(values, list) or not values:
        raise BadRequest(f"{keyword_of(tag)} needs a list of values.")
    from pydicom import config as pydicom_config  # takes as long as half the start of the program
    from pydicom.valuerep import validate_value

    whole: dict[str, object] = {"vr": vr, "Value": values}
    try:
        encode({f"{tag:08X}": whole}, EXPLICIT_LE)
        for value in values if vr not in ("SQ", "PN") else ():
            validate_value(vr, str(value), pydicom_config.RAISE)
        for group in (part for name in values if vr == "PN" for part in name.values()):
            validate_value("PN", group, pydicom_config.RAISE)
    except (BadDataSet, ValueError, TypeError, AttributeError, OverflowError):
        raise BadRequest(f"{keyword_of(tag)} does not fit the value representation {vr}.") from None
    return whole


def find_patients(archive: Archive, text: str, limit: int, offset: int) -> tuple[int, list[Patient]]:
    """Return how many patients have this ID or beginning of a name, and a page of them by name."""
    with archive.index.read() as connection:
        return corrections.find_patients(connection, text, limit, offset)


def get_patient(archive: Archive, patient_pk: int) -> Patient:
    """Return a patient; raise NotFound."""
    with archive.index.read() as connection:
        return _found(corrections.get_patient(connection, patient_pk))


def patient_of(archive: Archive, study_uid: str) -> Patient:
    """Return the patient of a study; raise NotFound."""
    with archive.index.read() as connection:
        pk = _found(corrections.patient_of(connection, study_uid))
        return _found(corrections.get_patient(connection, pk))


def history(archive: Archive, study_uid: str) -> list[Correction]:
    """Return what was corrected of a study, its series and its patient, the newest first."""
    with archive.index.read() as connection:
        return corrections.history(connection, study_uid)


def edit_patient(archive: Archive, patient_pk: int, changes: Attributes, *, by: str, reason: str) -> list[str]:
    """Change attributes of a patient; return the UIDs of its studies.

    Raises NotFound; Refused when that makes it another known patient, which is a matter of merging.
    """
    reason, now = _reason(reason), archive.now_ms()

    def change(connection: Connection) -> list[str]:
        held = _found(corrections.get_patient(connection, patient_pk, hold=True))
        becomes = _identity(archive, corrections.merged(held.attrs, changes))
        if becomes and becomes != held.identity:
            known = corrections.by_identity(connection, becomes)
            if known not in (None, patient_pk):
                raise Refused("Another patient has these identifiers; merge the two instead.")
            corrections.add_alias(connection, becomes, patient_pk)
        studies = corrections.edit_patient(connection, held, changes, now)
        before = {name: held.attrs.get(name, {}) for name in changes}
        line = Correction("edit", "PATIENT", patient_pk, "", "", before, changes, reason, by, now)
        corrections.record(connection, line)
        return studies

    return _told(archive, archive.index.write(change))


def _identity(archive: Archive, attrs: Attributes) -> str:
    """Return the identity that objects with these attributes have, "" without a Patient ID (nobody's alias)."""
    patient_id, issuer, name, birth_date = patient_key(attrs)
    by_id_only = archive.settings.patient_identity == "id"
    return identity(patient_id, issuer, name, birth_date, "", by_id_only=by_id_only) if patient_id else ""


def edit_study(archive: Archive, study_uid: str, changes: Attributes, *, by: str, reason: str) -> None:
    """Change attributes of a study; raise NotFound."""
    reason, now = _reason(reason), archive.now_ms()

    def change(connection: Connection) -> None:
        patient = _hold_patient_of(connection, study_uid)
        before = corrections.edit_study(connection, study_uid, changes, now)
        line = Correction("edit", "STUDY", patient.pk, study_uid, "", before, changes, reason, by, now)
        corrections.record(connection, line)

    archive.index.write(change)
    _told(archive, [study_uid])


def edit_series(
    archive: Archive, study_uid: str, series_uid: str, changes: Attributes, *, by: str, reason: str
) -> None:
    """Change attributes of a series; raise NotFound."""
    reason, now = _reason(reason), archive.now_ms()

    def change(connection: Connection) -> None:
        patient = _hold_patient_of(connection, study_uid)
        before = _found(corrections.edit_series(connection, study_uid, series_uid, changes, now))
        line = Correction("edit", "SERIES", patient.pk, study_uid, series_uid, before, changes, reason, by, now)
        corrections.record(connection, line)

    archive.index.write(change)
    _told(archive, [study_uid])


def move_study(archive: Archive, study_uid: str, target: int | Attributes, *, by: str, reason: str) -> int:
    """Let a study belong to another patient, known by its key or made from attributes; return the patient's key.

    Raises NotFound; Refused when it is that patient's already; BadRequest for a new patient without Patient ID.
    """
    reason, now = _reason(reason), archive.now_ms()

    def change(connection: Connection) -> int:
        key = target if isinstance(target, int) else _known_or_new(archive, connection, target, now)
        source = _hold_patient_of(connection, study_uid)
        if source.pk == key:
            raise Refused("The study belongs to this patient already.")
        other = _found(corrections.get_patient(connection, key, hold=True))
        corrections.move_study(connection, study_uid, source, other, now)
        before, after = corrections.who(source.attrs), corrections.who(other.attrs)
        line = Correction("move", "STUDY", other.pk, study_uid, "", before, after, reason, by, now)
        corrections.record(connection, line)
        return key

    key = archive.index.write(change)
    _told(archive, [study_uid])
    return key


def _known_or_new(archive: Archive, connection: Connection, attrs: Attributes, now_ms: int) -> int:
    # What a form leaves empty is no attribute of somebody new.
    attrs = {name: entry for name, entry in attrs.items() if entry}
    becomes = _identity(archive, attrs)
    if not becomes:
        raise BadRequest("A new patient needs a Patient ID.")
    known = corrections.by_identity(connection, becomes)
    return corrections.add_patient(connection, becomes, attrs, now_ms) if known is None else known


def merge_patients(archive: Archive, source_pk: int, target_pk: int, *, by: str, reason: str) -> list[str]:
    """Let all studies of one patient, and those still to come, belong to another; return their UIDs.

    Raises NotFound, or BadRequest for a patient and itself.
    """
    reason, now = _reason(reason), archive.now_ms()
    if source_pk == target_pk:
        raise BadRequest("A patient cannot be merged with itself.")

    def change(connection: Connection) -> list[str]:
        held = {pk: _found(corrections.get_patient(connection, pk, hold=True)) for pk in sorted((source_pk, target_pk))}
        source, target = held[source_pk], held[target_pk]
        moved = corrections.merge(connection, source, target, now)
        before, after = corrections.who(source.attrs), corrections.who(target.attrs)
        line = Correction("merge", "PATIENT", target_pk, "", "", before, after, reason, by, now)
        corrections.record(connection, line)
        return moved

    return _told(archive, archive.index.write(change))


def _hold_patient_of(connection: Connection, study_uid: str) -> Patient:
    """Hold the patient of a study, even if the study is moved while we wait for it."""
    while True:
        pk = _found(corrections.patient_of(connection, study_uid))
        held = corrections.get_patient(connection, pk, hold=True)
        if held is not None and corrections.patient_of(connection, study_uid) == pk:
            return held


def _found(what: T | None) -> T:
    if what is None:
        raise NotFound("There is no such patient, study or series.")
    return what


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > _MAX_REASON_CHARACTERS:
        raise BadRequest("A correction needs a reason of up to 1000 characters.")
    return reason


def _told(archive: Archive, study_uids: list[str]) -> list[str]:
    for study_uid in study_uids:
        archive.changes.publish(StudyChanged(study_uid))
    return study_uids
